import type { Cut, Reading, ReadRange } from '../ledger/readings.ts';
import { DAY_MILLISECONDS } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { EMPTY_BAG } from './record-bag.ts';

/** Records of a page, by a range's level. CXone takes 1000 at most and is asked for 500 (API notes, section 2). */
export const PAGE_SIZES = [500, 250, 125] as const;

/** How long a family rests after a query was cut: what made it slow may have passed by then. */
export const REST_MILLISECONDS = 5 * 60_000;

const HOUR_MILLISECONDS = 3_600_000;
/** A longer range is split in ranges of this length before it is halved. */
const LONGEST_SPLIT_MILLISECONDS = 30 * DAY_MILLISECONDS;

/** A range of which nothing has been read. */
export function freshRange(from: number, to: number, level = 0, rested = false): ReadRange {
  return {
    from,
    to,
    level,
    rested,
    phase: 'records',
    received: 0,
    inOrder: true,
    outside: 0,
    all: EMPTY_BAG,
    pages: [],
    stored: [],
  };
}

/** Records of a page that the range is asked for with. */
export function pageSizeOf({ level }: ReadRange): number {
  return PAGE_SIZES[level] ?? PAGE_SIZES[2];
}

/** What becomes of a range whose query was cut: the ranges in its place, and whether the family is to rest first. */
export interface Healing {
  ranges: ReadRange[];
  rests: boolean;
}

/**
 * The next rung for a range whose query was cut, from its beginning: after a rest with pages of 250, then with pages of 125,
 * then in parts, and a part that cannot be split once more after a rest; undefined where nothing is left to try. The rests
 * of a day are 25 at the most: two hours and five minutes.
 */
export function healing(range: ReadRange, intervalMinutes: number): Healing | undefined {
  const { from, to, level, rested } = range;
  if (level < PAGE_SIZES.length - 1) return { ranges: [freshRange(from, to, level + 1)], rests: level === 0 };
  const parts = splitRange(from, to, intervalMinutes);
  if (parts.length > 1)
    return { ranges: parts.map((part) => freshRange(part.from, part.to, level)), rests: false };
  return rested ? undefined : { ranges: [freshRange(from, to, level, true)], rests: true };
}

/**
 * Splits a range in ranges that meet: those longer than 30 days in ranges of 30 days, others in halves of whole hours, down to
 * one hour and never within an interval of the report. Gives the range itself where it cannot be split.
 */
export function splitRange(
  from: number,
  to: number,
  intervalMinutes: number,
): { from: number; to: number }[] {
  const step = Math.max(HOUR_MILLISECONDS, intervalMinutes * 60_000);
  const steps = Math.ceil((to - from) / step);
  const first =
    to - from > LONGEST_SPLIT_MILLISECONDS
      ? Math.max(1, Math.floor(LONGEST_SPLIT_MILLISECONDS / step))
      : Math.ceil(steps / 2);
  const middle = from + first * step;
  if (steps <= 1 || middle >= to) return [{ from, to }];
  const rest = { from: middle, to };
  const more =
    to - from > LONGEST_SPLIT_MILLISECONDS && to - middle > LONGEST_SPLIT_MILLISECONDS
      ? splitRange(middle, to, intervalMinutes)
      : [rest];
  return [{ from, to: middle }, ...more];
}

/** The reading after a range's query was cut. Throws `ReportTruncated` where nothing is left to try. */
export function cutShort(
  reading: Reading,
  range: ReadRange,
  why: Pick<Cut, 'reason' | 'at'>,
  intervalMinutes: number,
): { reading: Reading; rests: boolean } {
  const { from, to, received, announced } = range;
  const cut: Cut = {
    from,
    to,
    pageSize: pageSizeOf(range),
    received,
    ...(announced === undefined ? {} : { announced }),
    ...why,
  };
  const healed = healing(range, intervalMinutes);
  if (healed === undefined) throw truncated(cut);
  return {
    rests: healed.rests,
    reading: {
      ...reading,
      pauses: reading.pauses + (healed.rests ? 1 : 0),
      cuts: [...reading.cuts, cut],
      ranges: reading.ranges.flatMap((one) => (one === range ? healed.ranges : [one])),
    },
  };
}

function truncated({ from, to, received, announced, reason }: Cut) {
  return catalogued(
    'ReportTruncated',
    `CXone cut the report short also in pages of ${PAGE_SIZES[2]} and over ${(to - from) / HOUR_MILLISECONDS} h.`,
    {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      received,
      announced,
      reason,
    },
  );
}
