import { describe, expect, it } from 'vitest';
import { backOffMilliseconds, instantOfRetryAfter } from '../../../lambdas/cxone/throttling.ts';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');

describe('Retry-After', () => {
  it.each([
    ['7', NOW + 7_000],
    ['0', NOW],
    ['1.5', NOW + 1_500],
    ['  30 ', NOW + 30_000],
    ['90000', NOW + 90_000_000],
    ['Sun, 01 Mar 2026 10:02:05 GMT', NOW + 125_000],
    ['Sunday, 01-Mar-26 10:02:05 GMT', NOW + 125_000],
    ['Sun, 01 Mar 2026 09:00:00 GMT', NOW],
  ])('ALL-08 obeys %j in full', (header, expected) => {
    const instant = instantOfRetryAfter(header, NOW);

    expect(instant).toBe(expected);
  });

  it.each([undefined, '', 'soon', '-5', 'Sun, not a date', '1e9', 'NaN'])(
    'ALL-08 holds %j to say nothing',
    (header) => {
      const instant = instantOfRetryAfter(header, NOW);

      expect(instant).toBeUndefined();
    },
  );
});

describe('back-off without Retry-After', () => {
  it('ALL-08 waits up to 5 s, doubling, at most 120 s', () => {
    const highest = [0, 1, 2, 3, 4, 5, 6, 1_000].map((throttles) =>
      backOffMilliseconds(throttles, () => 0.999_999_9),
    );

    expect(highest).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000, 120_000]);
  });

  it('ALL-08 spreads the wait over its whole span', () => {
    const spread = [0, 0.25, 0.5].map((random) => backOffMilliseconds(2, () => random));

    expect(spread).toEqual([0, 5_000, 10_000]);
  });
});
