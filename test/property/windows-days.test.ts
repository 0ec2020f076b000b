import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DAY_MILLISECONDS,
  Day,
  dayOf,
  daysBetween,
  endOf,
  isoInstant,
  lastSettledDay,
  plusDays,
  startOf,
} from '../../lambdas/model/days.ts';

const EARLIEST = Date.parse('1970-01-01T00:00:00.000Z');
const LATEST = Date.parse('9000-01-01T00:00:00.000Z');
const instant = fc.integer({ min: EARLIEST, max: LATEST });
const day = instant.map(dayOf);

describe('UTC days', () => {
  it('CDR-01 hold every instant from their start to the millisecond before their end', () => {
    fc.assert(
      fc.property(instant, (at) => {
        const holder = dayOf(at);

        expect(startOf(holder)).toBeLessThanOrEqual(at);
        expect(endOf(holder)).toBeGreaterThan(at);
        expect([dayOf(startOf(holder)), dayOf(endOf(holder) - 1), endOf(holder) - startOf(holder)]).toEqual([
          holder,
          holder,
          DAY_MILLISECONDS,
        ]);
      }),
    );
  });

  it('CDR-01 are the inverse of their start, and sort as text as they do in time', () => {
    fc.assert(
      fc.property(day, day, (one, other) => {
        const read = dayOf(startOf(one));

        expect(read).toBe(one);
        expect(one < other).toBe(startOf(one) < startOf(other));
      }),
    );
  });

  it('CDR-01 are shifted there and back, and counted without gap or overlap', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -800, max: 800 }), (from, count) => {
        const to = plusDays(from, count);

        const days = daysBetween(from, to);

        expect(plusDays(to, -count)).toBe(from);
        expect(days.length).toBe(Math.max(0, count));
        days.forEach((each, index) => {
          expect(each).toBe(plusDays(from, index));
        });
        expect(days.slice(1).map(startOf)).toEqual(days.slice(0, -1).map(endOf));
      }),
      { numRuns: 50 },
    );
  });

  it('ALL-06 are settled when they ended long enough before, and the last such day is the newest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.parse('1980-01-01T00:00:00Z'), max: LATEST }),
        fc.nat(3 * DAY_MILLISECONDS),
        (at, settle) => {
          const last = lastSettledDay(at, settle);

          expect(endOf(last) + settle).toBeLessThanOrEqual(at);
          expect(endOf(plusDays(last, 1)) + settle).toBeGreaterThan(at);
        },
      ),
    );
  });

  it('ALL-02 are read when, and only when, the calendar has them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), fc.nat(13), fc.nat(32), (year, month, date) => {
        const pad = (value: number, width: number) => String(value).padStart(width, '0');
        const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
        const length = [0, 31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month] ?? 0;

        const read = Day.safeParse(`${pad(year, 4)}-${pad(month, 2)}-${pad(date, 2)}`);

        expect(read.success).toBe(month >= 1 && month <= 12 && date >= 1 && date <= length);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['2024-5-15', '2024-05-15T00:00:00Z', '20240515', ' 2024-05-15', '2024-05-15\n', '٢٠٢٤-05-15', ''])(
    'ALL-02 are not read from %j',
    (text) => {
      const read = Day.safeParse(text);

      expect(read.success).toBe(false);
    },
  );

  it('CDR-01 instants are written in UTC with milliseconds, and read back', () => {
    fc.assert(
      fc.property(instant, (at) => {
        const text = isoInstant(at);

        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        expect(Date.parse(text)).toBe(at);
      }),
    );
  });
});
