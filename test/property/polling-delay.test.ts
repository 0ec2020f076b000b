import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pollDelay } from '../../lambdas/export/polling.ts';

const polls = fc.nat(10_000);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the delay before a poll', () => {
  it('CDR-03 is never under 15 s and never above 120 s, in whole milliseconds', () => {
    fc.assert(
      fc.property(polls, random, (made, jitter) => {
        const delay = pollDelay(made, jitter);

        expect(delay).toBeGreaterThanOrEqual(15_000);
        expect(delay).toBeLessThanOrEqual(120_000);
        expect(Number.isSafeInteger(delay)).toBe(true);
      }),
    );
  });

  it('CDR-03 is 15 to 16.5 s after the submission', () => {
    fc.assert(
      fc.property(random, (jitter) => {
        const delay = pollDelay(0, jitter);

        expect(delay).toBeGreaterThanOrEqual(15_000);
        expect(delay).toBeLessThanOrEqual(16_500);
      }),
    );
  });

  it('CDR-03 grows by half each time, up to 120 s, and jitter only lengthens it', () => {
    fc.assert(
      fc.property(polls, random, (made, jitter) => {
        const [plain, next, jittered] = [pollDelay(made, 0), pollDelay(made + 1, 0), pollDelay(made, jitter)];

        expect(next).toBe(Math.min(120_000, Math.ceil(15_000 * 1.5 ** Math.min(20, made + 1))));
        expect(jittered).toBeGreaterThanOrEqual(plain);
        expect(jittered).toBeLessThanOrEqual(Math.ceil(plain * 1.1));
      }),
    );
  });
});
