import { Readable } from 'node:stream';
import { fastGzipMember } from '../dataset/gzip.ts';
import type { PageInPlace } from '../dataset/page.ts';
import { rawPartKey } from '../lake/keys.ts';
import type { DayPart } from '../ledger/pages.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { DAY_MILLISECONDS, type Day, startOf } from '../model/days.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { ClaimedRange } from '../model/range-payloads.ts';
import { type DayRange, daysOf } from '../model/ranges.ts';
import type { RecordInstants } from './record-instants.ts';

/** Bytes of records that become a part at most, but for the last page. */
export const SPOOLED_BYTES = 64 * 1_048_576;
/** Bytes of a day's records that are compressed at once, at least. */
const MEMBER_BYTES = 1_048_576;
/** Blocks that are being compressed while more is taken. */
const MEMBERS_AT_ONCE = 3;
/** Objects of a part that are stored side by side. */
const OBJECTS_AT_ONCE = 4;

/** The records of one day that were taken out of some pages. */
export interface SpooledDay {
  day: Day;
  records: number;
  /** One record a line, each line ended: gzip. */
  members: AsyncIterable<Buffer>;
}

/** A day's records: those not yet compressed, and the gzip members of the rest. */
interface OpenDay {
  records: number;
  open: Buffer[];
  openBytes: number;
  members: Promise<Buffer>[];
}

/**
 * Gathers records by their day, in the order in which they came, and compresses them as they come: what is held is a page, a block of
 * each day that is open, and what is compressed. A record that begins outside the range, or that does not
 * say when, is kept with the range's nearest day: the transform of that day counts it, and it touches no other.
 */
export class RecordSpool {
  /** Bytes of text that were taken. */
  bytes = 0;
  private readonly begins: number;
  private readonly ofRange: readonly Day[];
  private readonly first: Day;
  private readonly days = new Map<Day, OpenDay>();
  private inFlight: Promise<Buffer>[] = [];

  constructor(range: DayRange) {
    this.begins = startOf(range.from);
    this.ofRange = daysOf(range);
    this.first = range.from;
  }

  /** Takes the records of a page. */
  async addPage(page: PageInPlace, instants: RecordInstants): Promise<void> {
    const { body, bounds, records } = page;
    const numbers = new Map<Day, number[]>();
    for (let record = 0; record < records; record++) {
      const day = this.dayFor(instants.ofPage(page, record));
      const known = numbers.get(day);
      if (known === undefined) numbers.set(day, [record]);
      else known.push(record);
    }
    for (const [day, ofDay] of numbers) {
      const text = linesOf(body, bounds, ofDay);
      this.keep(day, text, ofDay.length);
    }
    await this.relieve();
  }

  /** Takes the texts of records. */
  async addTexts(records: readonly string[], instants: RecordInstants): Promise<void> {
    const lines = new Map<Day, string[]>();
    for (const record of records) {
      const day = this.dayFor(instants.ofText(record));
      const known = lines.get(day);
      if (known === undefined) lines.set(day, [record]);
      else known.push(record);
    }
    for (const [day, texts] of lines) this.keep(day, Buffer.from(`${texts.join('\n')}\n`), texts.length);
    await this.relieve();
  }

  /** What was gathered, by day. */
  taken(): SpooledDay[] {
    for (const day of this.days.values()) if (day.openBytes > 0) this.compress(day);
    return [...this.days]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([day, { records, members }]) => ({ day, records, members: inOrder(members) }));
  }

  private keep(name: Day, text: Buffer, records: number): void {
    const day = this.days.get(name) ?? { records: 0, open: [], openBytes: 0, members: [] };
    this.days.set(name, day);
    day.records += records;
    day.open.push(text);
    day.openBytes += text.length;
    this.bytes += text.length;
    if (day.openBytes >= MEMBER_BYTES) this.compress(day);
  }

  private compress(day: OpenDay): void {
    const [only, ...more] = day.open;
    const member = fastGzipMember(only !== undefined && more.length === 0 ? only : Buffer.concat(day.open));
    // It is looked at when it is stored; until then nobody is to call it unhandled.
    member.catch(() => undefined);
    day.members.push(member);
    this.inFlight.push(member);
    day.open = [];
    day.openBytes = 0;
  }

  private async relieve(): Promise<void> {
    while (this.inFlight.length > MEMBERS_AT_ONCE) await this.inFlight.shift();
  }

  private dayFor(instant: number | undefined): Day {
    const day = instant === undefined ? 0 : Math.floor((instant - this.begins) / DAY_MILLISECONDS);
    return this.ofRange[Math.min(Math.max(day, 0), this.ofRange.length - 1)] ?? this.first;
  }
}

/** The records of these numbers as lines. Line breaks between a record's tokens become spaces: within a string they are always escaped. */
function linesOf(body: Buffer, bounds: readonly number[], records: readonly number[]): Buffer {
  let bytes = records.length;
  for (const record of records) bytes += (bounds[2 * record + 1] ?? 0) - (bounds[2 * record] ?? 0);
  const lines = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const record of records) {
    at += body.copy(lines, at, bounds[2 * record], bounds[2 * record + 1]);
    lines[at++] = LINE_FEED;
  }
  return withoutBreaks(lines, body, bounds, records);
}

/** Finds line breaks only where there are any in the page: hardly ever. */
function withoutBreaks(
  lines: Buffer,
  body: Buffer,
  bounds: readonly number[],
  records: readonly number[],
): Buffer {
  const isBroken = (byte: number) => {
    const found = body.indexOf(byte, bounds[0]);
    return found >= 0 && found < (bounds.at(-1) ?? 0);
  };
  if (!isBroken(LINE_FEED) && !isBroken(CARRIAGE_RETURN)) return lines;
  let at = 0;
  for (const record of records) {
    const end = at + (bounds[2 * record + 1] ?? 0) - (bounds[2 * record] ?? 0);
    for (; at < end; at++) if (lines[at] === LINE_FEED || lines[at] === CARRIAGE_RETURN) lines[at] = SPACE;
    at++;
  }
  return lines;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

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
        spooled.slice(at, at + OBJECTS_AT_ONCE).map(async ({ day, records, members }) => {
          const key = rawPartKey(ledger.tenant, claim.of, day, attempt, part, 'jsonl.gz');
          const body = Readable.from(members);
          return { day, key, records, ...(await objects.writeStream(key, body, 'application/gzip')) };
        }),
      )),
    );
  return days;
}

async function* inOrder(members: readonly Promise<Buffer>[]): AsyncGenerator<Buffer> {
  for (const member of members) yield await member;
}
