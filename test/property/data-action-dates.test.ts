import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviationOf } from '../../lambdas/data-actions/accuracy.ts';
import { computeDate } from '../../lambdas/data-actions/arithmetic.ts';
import { DateUpdate } from '../../lambdas/model/date-updates.ts';

const ZONES = Intl.supportedValuesOf('timeZone');

/** Any instant of two centuries, many of them near the changes of clocks in spring and autumn. */
const instants = fc.oneof(
  fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2100, 0, 1) }),
  fc
    .tuple(
      fc.integer({ min: 1970, max: 2037 }),
      fc.constantFrom(2, 3, 8, 9, 10),
      fc.integer({ min: 0, max: 44_640 }),
    )
    .map(([year, month, minute]) => Date.UTC(year, month, 1) + minute * 60_000),
);
const zones = fc.constantFrom(...ZONES);
const minutes = fc.oneof(
  fc.integer({ min: -3_000, max: 3_000 }),
  fc.integer({ min: -10_000_000, max: 10_000_000 }),
);
const operations = fc.constantFrom('ADD_OFFSET', 'SUBTRACT_OFFSET');

function compute(update: Readonly<Record<string, unknown>>) {
  const parsed = DateUpdate.parse({ action: 'a', ...update });
  return { parsed, ...computeDate(parsed) };
}

const iso = (instant: number) => new Date(instant).toISOString();

describe('dates of data actions', () => {
  it('ACT-02 CONVERT into any zone and back is the same instant', () => {
    fc.assert(
      fc.property(instants, zones, (instant, zone) => {
        const there = compute({ operation: 'CONVERT', zone, timestamp: iso(instant) });
        fc.pre(!/[+-]\d\d:\d\d:\d\d$/.test(there.localValue));

        const back = compute({ operation: 'CONVERT', zone: 'UTC', timestamp: there.localValue });

        expect([there.computedValue, back.computedValue]).toEqual([iso(instant), iso(instant)]);
      }),
      { numRuns: 400 },
    );
  });

  it('ACT-02 ADD, then SUBTRACT of the same, is the same instant in any zone by instant arithmetic', () => {
    fc.assert(
      fc.property(instants, zones, minutes, (instant, zone, offsetMinutes) => {
        const added = compute({ operation: 'ADD_OFFSET', zone, timestamp: iso(instant), offsetMinutes });

        const back = compute({
          operation: 'SUBTRACT_OFFSET',
          zone,
          timestamp: added.computedValue,
          offsetMinutes,
        });

        expect(back.computedValue).toBe(iso(instant));
        expect(Date.parse(added.computedValue) - instant).toBe(offsetMinutes * 60_000);
      }),
      { numRuns: 400 },
    );
  });

  it('ACT-07 what the library computes is what epoch milliseconds give, by either arithmetic', () => {
    fc.assert(
      fc.property(
        instants,
        zones,
        minutes,
        operations,
        fc.constantFrom('instant', 'wall-clock'),
        fc.integer({ min: 0, max: 3 }),
        (instant, zone, offsetMinutes, operation, arithmetic, precision) => {
          const timestamp = iso(instant);
          const result = compute({ operation, zone, timestamp, offsetMinutes, arithmetic, precision });

          expect(deviationOf(result.parsed, result.computedValue)).toBe(0);
        },
      ),
      { numRuns: 800 },
    );
  });

  it('ACT-03 the two values name one instant; one ends with Z, the other never', () => {
    fc.assert(
      fc.property(instants, zones, minutes, (instant, zone, offsetMinutes) => {
        const { computedValue, localValue } = compute({
          operation: 'ADD_OFFSET',
          zone,
          timestamp: iso(instant),
          offsetMinutes,
          arithmetic: 'wall-clock',
        });

        expect(computedValue).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        expect(localValue).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d(:\d\d)?$/);
        const [, hours = '0', minutesOf = '0', seconds = '0'] =
          /[+-](\d\d):(\d\d)(?::(\d\d))?$/.exec(localValue) ?? [];
        const sign = localValue.at(23) === '-' ? -1 : 1;
        const offset = sign * ((Number(hours) * 60 + Number(minutesOf)) * 60 + Number(seconds)) * 1_000;
        expect(Date.parse(`${localValue.slice(0, 23)}Z`) - offset).toBe(Date.parse(computedValue));
      }),
      { numRuns: 400 },
    );
  });
});
