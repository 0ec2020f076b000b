import { z } from 'zod';
import { DAY_MILLISECONDS, Day, dayOf, daysBetween, endOf, isoInstant, plusDays, startOf } from './days.ts';

/** Days that one analytics export spans at most (API notes, section 3). */
export const LONGEST_RANGE_DAYS = 90;

/** Whole UTC days that one export is asked for. */
export const DayRange = z.strictObject({
  from: Day.describe('Its first day'),
  days: z.int().min(1).max(LONGEST_RANGE_DAYS),
});
export type DayRange = z.infer<typeof DayRange>;

/** The days of a range. */
export function daysOf({ from, days }: DayRange): Day[] {
  return daysBetween(from, plusDays(from, days));
}

/** The last day of a range. */
export function lastOf({ from, days }: DayRange): Day {
  return plusDays(from, days - 1);
}

/** Whether the day is one of the range's. */
export function holds(range: DayRange, day: Day): boolean {
  return range.from <= day && day <= lastOf(range);
}

/**
 * The range as the API wants it: both ends inclusive to the millisecond, `T00:00:00.000Z` to `T23:59:59.999Z`. Ranges that
 * follow each other neither overlap nor leave a gap.
 */
export function boundsOf(range: DayRange): { start: string; end: string } {
  return { start: isoInstant(startOf(range.from)), end: isoInstant(endOf(lastOf(range)) - 1) };
}

/**
 * The range of at most `longest` days that a day falls in, when the days from `from` up to, without, `to` are cut from the
 * first one on: the same for every run that asks for the same days, whatever is loaded already.
 */
export function rangeHolding(
  day: Day,
  { from, to }: { from: Day; to: Day },
  longest: number = LONGEST_RANGE_DAYS,
): DayRange {
  const before = Math.floor(countOfDays(from, day) / longest) * longest;
  const first = plusDays(from, before);
  return { from: first, days: Math.min(longest, countOfDays(first, to)) };
}

function countOfDays(from: Day, to: Day): number {
  return (startOf(to) - startOf(from)) / DAY_MILLISECONDS;
}

/** The two halves of a range, the first the longer one where the days are odd; undefined where there is just one day. */
export function halvesOf({ from, days }: DayRange): [DayRange, DayRange] | undefined {
  if (days === 1) return undefined;
  const first = Math.ceil(days / 2);
  return [
    { from, days: first },
    { from: plusDays(from, first), days: days - first },
  ];
}

/** The half of a range that a day is in, or undefined where the range is just that day. */
export function halfHolding(range: DayRange, day: Day): DayRange | undefined {
  return halvesOf(range)?.find((half) => holds(half, day));
}

/** The ranges that a day is in when a range is halved again and again: from the widest to the day alone. */
export function nestedRanges(range: DayRange, day: Day): DayRange[] {
  const half = halfHolding(range, day);
  return half === undefined ? [range] : [range, ...nestedRanges(half, day)];
}

/** The whole days, half-open, that hold every instant from `from` up to, without, `to`; epoch milliseconds. */
export function widenedDays(from: number, to: number): { from: Day; to: Day } {
  const last = dayOf(to);
  return { from: dayOf(from), to: startOf(last) === to ? last : plusDays(last, 1) };
}
