import { type Day, dayOf } from '../model/days.ts';
import { type DayRange, holds, lastOf } from '../model/ranges.ts';

/** The records of one day that were taken out of some pages. */
export interface SpooledDay {
  day: Day;
  records: number;
  /** One record a line, each line ended. */
  text: Buffer[];
}

/**
 * Gathers records by their day, in the order in which they came. A record that begins outside the range, or that does not
 * say when, is kept with the range's nearest day: the transform of that day counts it, and it touches no other.
 */
export class RecordSpool {
  /** Bytes of text that are held. */
  bytes = 0;
  private readonly range: DayRange;
  private readonly days = new Map<Day, SpooledDay>();

  constructor(range: DayRange) {
    this.range = range;
  }

  /** Takes the records of a page. */
  add(records: readonly string[], instantOf: (record: string) => number | undefined): void {
    const lines = new Map<Day, string[]>();
    for (const record of records) {
      const day = this.dayFor(instantOf(record));
      const known = lines.get(day);
      if (known === undefined) lines.set(day, [record]);
      else known.push(record);
    }
    for (const [day, texts] of lines) this.keep(day, texts);
  }

  /** What was gathered, by day. */
  taken(): SpooledDay[] {
    return [...this.days.values()].toSorted((left, right) => (left.day < right.day ? -1 : 1));
  }

  private keep(day: Day, texts: readonly string[]): void {
    const text = Buffer.from(`${texts.join('\n')}\n`);
    this.bytes += text.length;
    const known = this.days.get(day);
    if (known === undefined) this.days.set(day, { day, records: texts.length, text: [text] });
    else {
      known.records += texts.length;
      known.text.push(text);
    }
  }

  private dayFor(instant: number | undefined): Day {
    const { from } = this.range;
    const day = instant === undefined ? from : dayOf(instant);
    if (holds(this.range, day)) return day;
    return day < from ? from : lastOf(this.range);
  }
}
