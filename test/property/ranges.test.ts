import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Day, dayOf, daysBetween, plusDays } from '../../lambdas/model/days.ts';
import {
  boundsOf,
  daysOf,
  halvesOf,
  holds,
  LONGEST_RANGE_DAYS,
  nestedRanges,
  rangeHolding,
  widenedDays,
} from '../../lambdas/model/ranges.ts';

const FIRST = Date.parse('1999-12-30T00:00:00.000Z');
const day = fc.integer({ min: 0, max: 20_000 }).map((count) => plusDays(dayOf(FIRST), count));
const length = fc.integer({ min: 1, max: 1_200 });
const longest = fc.integer({ min: 1, max: LONGEST_RANGE_DAYS });

/** All ranges that days are cut into, each once, in their order. */
function cut(from: Day, to: Day, most?: number) {
  const ranges = daysBetween(from, to).map((one) => rangeHolding(one, { from, to }, most));
  return ranges.filter((range, index) => range.from !== ranges[index - 1]?.from);
}

describe('ANA-01 ranges of days', () => {
  it('ANA-01 cover the days asked for, each once, none longer than allowed', () => {
    fc.assert(
      fc.property(day, length, longest, (from, days, most) => {
        const to = plusDays(from, days);

        const ranges = cut(from, to, most);

        expect(ranges.flatMap(daysOf)).toEqual(daysBetween(from, to));
        expect(ranges.every((range) => range.days <= most)).toBe(true);
        expect(ranges.slice(0, -1).every((range) => range.days === most)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('ANA-01 meet exactly, to the millisecond, over leap years and centuries', () => {
    fc.assert(
      fc.property(day, length, (from, days) => {
        const to = plusDays(from, days);

        const bounds = cut(from, to).map(boundsOf);

        for (const { start, end } of bounds) {
          expect(start).toMatch(/T00:00:00\.000Z$/);
          expect(end).toMatch(/T23:59:59\.999Z$/);
        }
        bounds.slice(1).forEach(({ start }, index) => {
          expect(Date.parse(start) - Date.parse(bounds[index]?.end ?? '')).toBe(1);
        });
        expect(bounds[0]?.start.slice(0, 10)).toBe(from);
        expect(Date.parse(bounds.at(-1)?.end ?? '') + 1).toBe(Date.parse(`${to}T00:00:00.000Z`));
      }),
      { numRuns: 60 },
    );
  });

  it('ANA-01 are the same whatever of the days is there already', () => {
    fc.assert(
      fc.property(day, length, fc.nat(), (from, days, at) => {
        const to = plusDays(from, days);
        const one = plusDays(from, at % days);

        const range = rangeHolding(one, { from, to });

        expect(holds(range, one)).toBe(true);
        expect(daysOf(range).every((other) => rangeHolding(other, { from, to }).from === range.from)).toBe(
          true,
        );
      }),
    );
  });

  it('ANA-01 hold every instant asked for, and no whole day more', () => {
    const instant = fc.integer({ min: FIRST, max: FIRST + 20_000 * 86_400_000 });
    fc.assert(
      fc.property(instant, fc.integer({ min: 1, max: 400 * 86_400_000 }), (from, milliseconds) => {
        const to = from + milliseconds;

        const days = widenedDays(from, to);

        expect(Date.parse(`${days.from}T00:00:00.000Z`)).toBeLessThanOrEqual(from);
        expect(Date.parse(`${days.to}T00:00:00.000Z`)).toBeGreaterThanOrEqual(to);
        expect(dayOf(from)).toBe(days.from);
        expect(dayOf(to - 1)).toBe(plusDays(days.to, -1));
      }),
    );
  });

  it('ANA-04 halve without gap or overlap, down to single days', () => {
    const range = fc.record({ from: day, days: longest });
    fc.assert(
      fc.property(range, fc.nat(), (whole, at) => {
        const one = plusDays(whole.from, at % whole.days);

        const nested = nestedRanges(whole, one);

        expect(nested.at(-1)).toEqual({ from: one, days: 1 });
        expect(nested.length).toBeLessThanOrEqual(8);
        for (const outer of nested.slice(0, -1))
          expect((halvesOf(outer) ?? []).flatMap(daysOf)).toEqual(daysOf(outer));
      }),
    );
  });

  it('ANA-01 begin with a leap day, and with the day after it', () => {
    const from = Day.parse('2024-02-29');

    const ranges = cut(from, Day.parse('2024-12-31')).map(boundsOf);

    expect(ranges[0]).toEqual({ start: '2024-02-29T00:00:00.000Z', end: '2024-05-28T23:59:59.999Z' });
    expect(ranges[1]?.start).toBe('2024-05-29T00:00:00.000Z');
  });
});
