import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionsNamedTwice, DateUpdate } from '../../../lambdas/model/date-updates.ts';
import { problemsOf } from '../../../lambdas/model/refusal.ts';
import { readTimestamp, truncated } from '../../../lambdas/model/timestamps.ts';

const UPDATE = {
  action: 'Production_Date_Processor',
  timestamp: '2024-02-29T12:30:00Z',
  zone: 'America/New_York',
  operation: 'ADD_OFFSET',
  offsetMinutes: 60,
};

function pathsOf(update: unknown): string[] {
  const parsed = DateUpdate.safeParse(update);
  return parsed.success ? [] : problemsOf(parsed.error, update).map(({ path }) => path);
}

describe('ACT-01 a timestamp', () => {
  it.each([
    '2024-02-29T12:30:00Z',
    '2000-02-29T23:59:59.999999999Z',
    '0001-01-04T00:00:00Z',
    '2024-02-29T12:30:00.1+05:45',
    '2024-02-29T12:30:00-09:30',
    '2024-02-29T12:30:00+00:00',
    '2024-02-29T12:30:00.123456789+14:00',
  ])('%s is taken', (timestamp) => {
    expect(pathsOf({ ...UPDATE, timestamp })).toEqual([]);
  });

  it.each([
    ['29 February of a common year', '2023-02-29T12:30:00Z'],
    ['29 February of 1900', '1900-02-29T12:30:00Z'],
    ['30 February', '2024-02-30T12:30:00Z'],
    ['31 April', '2024-04-31T12:30:00Z'],
    ['month 13', '2024-13-01T12:30:00Z'],
    ['day 0', '2024-01-00T12:30:00Z'],
    ['24 hours', '2024-02-29T24:00:00Z'],
    ['minute 60', '2024-02-29T12:60:00Z'],
    ['second 60', '2016-12-31T23:59:60Z'],
    ['year 0', '0000-02-29T12:30:00Z'],
    ['ten decimals', '2024-02-29T12:30:00.1234567890Z'],
    ['a point without decimals', '2024-02-29T12:30:00.Z'],
    ['a comma', '2024-02-29T12:30:00,5Z'],
    ['no seconds', '2024-02-29T12:30Z'],
    ['no time', '2024-02-29'],
    ['a space for T', '2024-02-29 12:30:00Z'],
    ['lower case', '2024-02-29t12:30:00z'],
    ['basic form', '20240229T123000Z'],
    ['a week', '2024-W09-4T12:30:00Z'],
    ['an expanded year', '+002024-02-29T12:30:00Z'],
    ['an offset without minutes', '2024-02-29T12:30:00+05'],
    ['an offset without colon', '2024-02-29T12:30:00+0545'],
    ['an offset with seconds', '2024-02-29T12:30:00-04:56:02'],
    ['an offset of 24 hours', '2024-02-29T12:30:00+24:00'],
    ['minus zero', '2024-02-29T12:30:00-00:00'],
    ['a zone in brackets', '2024-02-29T12:30:00-05:00[America/New_York]'],
    ['white space', ' 2024-02-29T12:30:00Z'],
    ['nothing', ''],
    ['a number', 1_709_209_800_000],
  ])('with %s is refused', (_, timestamp) => {
    expect(pathsOf({ ...UPDATE, timestamp })).toEqual(['timestamp']);
  });

  it('is cut off, never rounded, at each precision and before 1970 too', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5_000_000_000_000, max: 5_000_000_000_000 }),
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.integer({ min: 0, max: 3 }),
        (at, nanoseconds, precision) => {
          const second = Math.floor(at / 1_000) * 1_000;
          const decimals = String(nanoseconds).padStart(9, '0');
          const read = readTimestamp(`${new Date(second).toISOString().slice(0, 19)}.${decimals}Z`);
          const kept = read === undefined ? Number.NaN : truncated(read, precision);

          const lost = nanoseconds - (kept - second) * 1_000_000;

          expect(lost).toBeGreaterThanOrEqual(0);
          expect(lost).toBeLessThan(10 ** (9 - precision));
        },
      ),
    );
  });
});

describe('ACT-01 an update', () => {
  it('is completed with what it leaves out', () => {
    const parsed = DateUpdate.parse(UPDATE);

    expect(parsed).toEqual({
      ...UPDATE,
      arithmetic: 'instant',
      precision: 3,
      assumeUtc: false,
      sendLocalValue: false,
    });
  });

  it('may leave the zone and the offset of its timestamp out with assumeUtc alone', () => {
    const { zone: _, ...without } = { ...UPDATE, timestamp: '2024-02-29T12:30:00' };

    const assumed = DateUpdate.parse({ ...without, assumeUtc: true });

    expect(assumed.zone).toBe('UTC');
    expect(pathsOf(without)).toEqual(['timestamp', 'zone']);
  });

  it.each([
    ['an unknown key', { colour: 'red' }, ['colour']],
    ['no name', { action: '' }, ['action']],
    ['an unknown zone', { zone: 'Mars/Olympus' }, ['zone']],
    ['an offset as zone', { zone: '+05:45' }, ['zone']],
    ['a zone in lower case', { zone: 'america/new_york' }, ['zone']],
    ['an unknown operation', { operation: 'ADD' }, ['operation']],
    ['half a minute', { offsetMinutes: 0.5 }, ['offsetMinutes']],
    ['an unsafe number', { offsetMinutes: 2 ** 53 }, ['offsetMinutes']],
    ['a number as text', { offsetMinutes: '60' }, ['offsetMinutes']],
    ['no offset to add', { offsetMinutes: undefined }, ['offsetMinutes']],
    ['an offset to convert by', { operation: 'CONVERT' }, ['offsetMinutes']],
    ['a result after the year 9999', { offsetMinutes: 4_300_000_000 }, ['offsetMinutes']],
    [
      'a result before the year 1',
      { operation: 'SUBTRACT_OFFSET', offsetMinutes: 1_100_000_000 },
      ['offsetMinutes'],
    ],
    ['a source at the end of time', { timestamp: '9999-12-31T00:00:00Z' }, ['offsetMinutes']],
    ['four decimals', { precision: 4 }, ['precision']],
    ['another arithmetic', { arithmetic: 'wall' }, ['arithmetic']],
    ['an empty field', { sourceField: '' }, ['sourceField']],
    ['everything wrong', { action: 1, zone: 2, operation: 3, x: 4 }, ['action', 'zone', 'operation', 'x']],
  ])('with %s is refused', (_, more, paths) => {
    expect(pathsOf({ ...UPDATE, ...more })).toEqual(paths);
  });

  it.each([[null], [5], ['text'], [[UPDATE]]])('that is %j is refused', (update) => {
    expect(pathsOf(update)).toContain('(whole)');
  });

  it('may name its data action once in a list', () => {
    const twice = actionsNamedTwice([UPDATE, { action: 'other' }, null, UPDATE, { action: 5 }, UPDATE]);

    expect(twice).toEqual([3, 5]);
  });
});
