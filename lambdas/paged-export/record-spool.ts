import { Readable } from 'node:stream';
import { fastGzipMembers } from '../dataset/gzip.ts';
import { recordInstant } from '../dataset/page.ts';
import { rawPartKey } from '../lake/keys.ts';
import type { DayPart } from '../ledger/pages.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { DAY_MILLISECONDS, type Day, startOf } from '../model/days.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { ClaimedRange } from '../model/range-payloads.ts';
import { type DayRange, daysOf } from '../model/ranges.ts';

/** Bytes of records that are held in memory before they are stored. */
export const SPOOLED_BYTES = 64 * 1_048_576;
/** Objects of a part that are stored side by side. */
const OBJECTS_AT_ONCE = 4;

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
  private readonly begins: number;
  private readonly ofRange: readonly Day[];
  private readonly days = new Map<Day, SpooledDay>();

  constructor(range: DayRange) {
    this.range = range;
    this.begins = startOf(range.from);
    this.ofRange = daysOf(range);
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
    const day = instant === undefined ? 0 : Math.floor((instant - this.begins) / DAY_MILLISECONDS);
    return this.ofRange[Math.min(Math.max(day, 0), this.ofRange.length - 1)] ?? this.range.from;
  }
}

/** When a record began, by the first path that holds an instant; undefined where none does. Throws `TimestampNotUtc`. */
export function instantOf(record: string, paths: readonly string[]): number | undefined {
  for (const path of paths) {
    const instant = recordInstant(record, path);
    if (instant !== undefined) return instant;
  }
  return undefined;
}

/** Stores what was gathered: an object a day, under the part's number. */
export async function storeDays(
  { ledger, objects }: { ledger: WindowLedger; objects: ObjectStore },
  claim: ClaimedRange,
  { attempt, part }: { attempt: number; part: number },
  spooled: readonly SpooledDay[],
): Promise<DayPart[]> {
  const days: DayPart[] = [];
  for (let at = 0; at < spooled.length; at += OBJECTS_AT_ONCE)
    days.push(
      ...(await Promise.all(
        spooled.slice(at, at + OBJECTS_AT_ONCE).map(async ({ day, records, text }) => {
          const key = rawPartKey(ledger.tenant, claim.of, day, attempt, part, 'jsonl.gz');
          const body = Readable.from(fastGzipMembers(inOrder(text)));
          return { day, key, records, ...(await objects.writeStream(key, body, 'application/gzip')) };
        }),
      )),
    );
  return days;
}

async function* inOrder(text: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* text;
}
