import { describe, expect, it } from 'vitest';
import { transformWindow } from '../../../lambdas/dataset/transform.ts';
import { isError } from '../../../lambdas/model/errors.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { lakeColumn, requestFor, stoppedClock, transform } from '../../support/window-transform.ts';

/** A part of calls of so many seconds each, whose durations are written as given. */
function calls(first: number, durations: readonly (readonly [seconds: number, written: string])[]): string {
  const start = Date.parse('2024-05-15T12:00:00.000Z');
  const rows = durations.map(([seconds, written], index) => {
    const end = seconds < 0 ? '' : new Date(start + seconds * 1_000).toISOString();
    return `c${first + index},${new Date(start).toISOString()},${end},${written}`;
  });
  return ['CallId,StartTime,EndTime,Duration', ...rows].join('\n');
}

describe('CDR-11 durations', () => {
  it('CDR-11 keeps the declared unit where it fits within a second', async () => {
    const transformed = await transform([
      calls(0, [
        [61, '60'],
        [300, '300.5'],
        [5, ''],
      ]),
    ]);

    expect(await lakeColumn(transformed, 'duration_seconds')).toEqual(['60.000000', '300.500000', null]);
    expect(transformed.result.drift.convertedParts).toEqual([]);
  });

  it('CDR-11 converts a part that is in the other unit, exactly, and reports it', async () => {
    const parts = [
      calls(0, [[60, '60']]),
      calls(10, [
        [61.234, '61234'],
        [300, '300000.125'],
        [0, '0'],
      ]),
    ];

    const transformed = await transform(parts);

    expect(await lakeColumn(transformed, 'duration_seconds')).toEqual([
      '60.000000',
      '61.234000',
      '300.000125',
      '0.000000',
    ]);
    expect(transformed.result.drift.convertedParts).toEqual([{ part: 2, unit: 'milliseconds' }]);
  });

  it('CDR-11 lets the declared unit stand where no row has start, end and duration', async () => {
    const transformed = await transform([
      calls(0, [
        [-1, '77'],
        [60, ''],
      ]),
    ]);

    expect(await lakeColumn(transformed, 'duration_seconds')).toEqual(['77.000000', null]);
  });

  it('CDR-11 bears one row of a hundred that does not fit, and not two', async () => {
    const fitting = Array.from({ length: 99 }, () => [60, '60'] as const);
    const store = memoryObjectStore();
    const request = await requestFor(store, [calls(0, [...fitting.slice(1), [60, '9'], [60, '9']])]);

    const { result } = await transform([calls(0, [...fitting, [60, '9']])]);
    const error = await transformWindow(request, { objects: store, clock: stoppedClock }).catch(
      (caught: unknown) => caught,
    );

    expect(result.counts.rowsOut).toBe(100);
    expect(isError(error, 'DurationUnitUnclear')).toBe(true);
    expect(String(error)).toContain('part 1: of 100 rows 98 fit seconds, 0 milliseconds');
    expect(store.writes).toEqual([]);
  });
});
