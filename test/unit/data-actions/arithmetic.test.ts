import { describe, expect, it } from 'vitest';
import { deviationOf } from '../../../lambdas/data-actions/accuracy.ts';
import { computeDate } from '../../../lambdas/data-actions/arithmetic.ts';
import { DateUpdate } from '../../../lambdas/model/date-updates.ts';
import { ZONE_TABLE } from './zone-table.ts';

const UPDATE = { action: 'a', operation: 'CONVERT', zone: 'UTC', timestamp: '2024-02-29T12:00:00Z' };

/** What an update comes to, and how far it is from its recomputation. */
function computed(update: Readonly<Record<string, unknown>>) {
  const parsed = DateUpdate.parse({ ...UPDATE, ...update });
  const result = computeDate(parsed);
  return { ...result, deviation: deviationOf(parsed, result.computedValue) };
}

describe('ACT-02 ACT-03 an instant in a zone', () => {
  it('is held against at least 60 instants that the system’s own programs have shown', () => {
    const zones = new Set(ZONE_TABLE.map(([zone]) => zone));

    expect(ZONE_TABLE.length).toBeGreaterThanOrEqual(60);
    expect([...zones]).toEqual(
      expect.arrayContaining([
        'America/New_York',
        'Europe/London',
        'Australia/Sydney',
        'Australia/Lord_Howe',
        'Asia/Kathmandu',
        'Pacific/Apia',
      ]),
    );
  });

  it.each(ZONE_TABLE)('%s %s is %s', (zone, utc, local) => {
    const result = computed({ zone, timestamp: utc });

    expect(result).toEqual({ computedValue: utc, localValue: local, truncated: false, deviation: 0 });
  });

  it.each(ZONE_TABLE.filter(([, , local]) => !/[+-]\d\d:\d\d:\d\d$/.test(local)))(
    '%s %s is the same instant again from %s',
    (_, utc, local) => {
      const result = computed({ zone: 'UTC', timestamp: local });

      expect(result.computedValue).toBe(utc);
    },
  );
});

/** Rows of one zone that lie whole minutes apart. */
const pairs = ZONE_TABLE.flatMap(([zone, utc, local], index) =>
  ZONE_TABLE.slice(index + 1, index + 4).flatMap(([other, later, shown]) => {
    const minutes = (Date.parse(later) - Date.parse(utc)) / 60_000;
    return other === zone && Number.isInteger(minutes) ? [{ zone, utc, local, later, shown, minutes }] : [];
  }),
);

describe('ACT-02 instant arithmetic', () => {
  it.each(pairs)('adds $minutes minutes to $utc in $zone: $later', ({ zone, utc, later, shown, minutes }) => {
    const added = computed({ zone, timestamp: utc, operation: 'ADD_OFFSET', offsetMinutes: minutes });
    const taken = computed({ zone, timestamp: later, operation: 'SUBTRACT_OFFSET', offsetMinutes: minutes });

    expect(added).toMatchObject({ computedValue: later, localValue: shown, deviation: 0 });
    expect(taken).toMatchObject({ computedValue: utc, deviation: 0 });
  });

  it.each([
    ['2024-02-28T23:30:00Z', 60, '2024-02-29T00:30:00.000Z'],
    ['2024-02-29T23:30:00Z', 60, '2024-03-01T00:30:00.000Z'],
    ['2023-02-28T23:30:00Z', 60, '2023-03-01T00:30:00.000Z'],
    ['2000-02-28T23:30:00Z', 60, '2000-02-29T00:30:00.000Z'],
    ['1900-02-28T23:30:00Z', 60, '1900-03-01T00:30:00.000Z'],
    ['2024-02-29T00:00:00Z', -1, '2024-02-28T23:59:00.000Z'],
    ['2023-12-31T23:59:00Z', 1, '2024-01-01T00:00:00.000Z'],
    ['1969-12-31T23:59:59.999Z', 0, '1969-12-31T23:59:59.999Z'],
    ['2024-02-29T12:00:00Z', 525_600, '2025-02-28T12:00:00.000Z'],
  ])('%s and %i minutes are %s', (timestamp, offsetMinutes, expected) => {
    const result = computed({ timestamp, operation: 'ADD_OFFSET', offsetMinutes });

    expect([result.computedValue, result.deviation]).toEqual([expected, 0]);
  });
});

/* Expected from the transitions that zone-table.ts holds: offsets before and after, and what is skipped or comes twice. */
describe('ACT-02 wall-clock arithmetic', () => {
  it.each([
    [
      'across spring',
      'America/New_York',
      '2024-03-09T12:00:00-05:00',
      1_440,
      '2024-03-10T12:00:00.000-04:00',
    ],
    [
      'across autumn',
      'America/New_York',
      '2024-11-02T12:00:00-04:00',
      1_440,
      '2024-11-03T12:00:00.000-05:00',
    ],
    [
      'into the skipped hour',
      'America/New_York',
      '2024-03-09T02:30:00-05:00',
      1_440,
      '2024-03-10T03:30:00.000-04:00',
    ],
    [
      'back into it',
      'America/New_York',
      '2024-03-11T02:30:00-04:00',
      -1_440,
      '2024-03-10T03:30:00.000-04:00',
    ],
    [
      'to its first minute',
      'America/New_York',
      '2024-03-10T01:00:00-05:00',
      60,
      '2024-03-10T03:00:00.000-04:00',
    ],
    [
      'into the doubled hour',
      'America/New_York',
      '2024-11-02T01:30:00-04:00',
      1_440,
      '2024-11-03T01:30:00.000-04:00',
    ],
    [
      'back into it',
      'America/New_York',
      '2024-11-04T01:30:00-05:00',
      -1_440,
      '2024-11-03T01:30:00.000-05:00',
    ],
    [
      'by nothing, in its second pass',
      'America/New_York',
      '2024-11-03T01:30:00-05:00',
      0,
      '2024-11-03T01:30:00.000-05:00',
    ],
    [
      'within its first pass',
      'America/New_York',
      '2024-11-03T01:10:00-04:00',
      20,
      '2024-11-03T01:30:00.000-04:00',
    ],
    [
      'from winter into the doubled hour of the year before',
      'America/New_York',
      '2024-11-03T12:00:00-05:00',
      -630,
      '2024-11-03T01:30:00.000-05:00',
    ],
    [
      'into London’s skipped hour',
      'Europe/London',
      '2024-03-30T01:15:00Z',
      1_440,
      '2024-03-31T02:15:00.000+01:00',
    ],
    [
      'into London’s doubled hour',
      'Europe/London',
      '2024-10-26T01:15:00+01:00',
      1_440,
      '2024-10-27T01:15:00.000+01:00',
    ],
    [
      'across Sydney’s spring',
      'Australia/Sydney',
      '2024-10-05T12:00:00+10:00',
      1_440,
      '2024-10-06T12:00:00.000+11:00',
    ],
    [
      'into Sydney’s skipped hour',
      'Australia/Sydney',
      '2024-10-05T02:45:00+10:00',
      1_440,
      '2024-10-06T03:45:00.000+11:00',
    ],
    [
      'into Lord Howe’s skipped half hour',
      'Australia/Lord_Howe',
      '2024-10-05T02:15:00+10:30',
      1_440,
      '2024-10-06T02:45:00.000+11:00',
    ],
    [
      'into Lord Howe’s doubled half hour',
      'Australia/Lord_Howe',
      '2024-04-06T01:45:00+11:00',
      1_440,
      '2024-04-07T01:45:00.000+11:00',
    ],
    [
      'back into it',
      'Australia/Lord_Howe',
      '2024-04-08T01:45:00+10:30',
      -1_440,
      '2024-04-07T01:45:00.000+10:30',
    ],
    [
      'into Apia’s skipped day',
      'Pacific/Apia',
      '2011-12-29T12:00:00-10:00',
      1_440,
      '2011-12-31T12:00:00.000+14:00',
    ],
    ['back into it', 'Pacific/Apia', '2011-12-31T12:00:00+14:00', -1_440, '2011-12-31T12:00:00.000+14:00'],
    [
      'across Kathmandu’s quarter',
      'Asia/Kathmandu',
      '1985-12-31T12:00:00+05:30',
      1_440,
      '1986-01-01T12:00:00.000+05:45',
    ],
    ['into it', 'Asia/Kathmandu', '1985-12-31T00:05:00+05:30', 1_440, '1986-01-01T00:20:00.000+05:45'],
    [
      'over a leap day',
      'America/New_York',
      '2024-02-28T12:00:00-05:00',
      2_880,
      '2024-03-01T12:00:00.000-05:00',
    ],
  ])('%s: %s, %s and %i minutes are %s', (_, zone, timestamp, minutes, local) => {
    const operation = minutes < 0 ? 'SUBTRACT_OFFSET' : 'ADD_OFFSET';

    const result = computed({
      zone,
      timestamp,
      operation,
      offsetMinutes: Math.abs(minutes),
      arithmetic: 'wall-clock',
    });

    expect(result).toMatchObject({
      localValue: local,
      computedValue: new Date(local).toISOString(),
      deviation: 0,
    });
  });

  it('takes the earlier of two where the source has the offset of neither', () => {
    // From UTC-11, before Apia changed sides, to the hour that came twice after that: UTC+14, then UTC+13.
    const result = computed({
      zone: 'Pacific/Apia',
      timestamp: '2011-06-01T03:30:00-11:00',
      operation: 'ADD_OFFSET',
      offsetMinutes: 305 * 1_440,
      arithmetic: 'wall-clock',
    });

    expect(result).toMatchObject({ localValue: '2012-04-01T03:30:00.000+14:00', deviation: 0 });
  });
});

describe('ACT-01 ACT-03 precision', () => {
  it.each([
    ['2024-02-29T17:30:00.123456789Z', 3, '2024-02-29T17:30:00.123Z', true],
    ['2024-02-29T17:30:00.999999999Z', 3, '2024-02-29T17:30:00.999Z', true],
    ['2024-02-29T17:30:00.999999999Z', 2, '2024-02-29T17:30:00.990Z', true],
    ['2024-02-29T17:30:00.999999999Z', 1, '2024-02-29T17:30:00.900Z', true],
    ['2024-02-29T23:59:59.999999999Z', 0, '2024-02-29T23:59:59.000Z', true],
    ['1960-02-29T23:59:59.999999999Z', 0, '1960-02-29T23:59:59.000Z', true],
    ['1960-02-29T23:59:59.9996Z', 3, '1960-02-29T23:59:59.999Z', true],
    ['2024-02-29T17:30:00.5Z', 3, '2024-02-29T17:30:00.500Z', false],
    ['2024-02-29T17:30:00Z', 3, '2024-02-29T17:30:00.000Z', false],
    ['2024-02-29T17:30:00.123Z', 3, '2024-02-29T17:30:00.123Z', false],
  ])('%s at %i decimals is %s', (timestamp, precision, expected, truncated) => {
    const result = computed({ timestamp, precision });

    expect(result).toMatchObject({ computedValue: expected, truncated, deviation: 0 });
  });
});
