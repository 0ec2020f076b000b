import type { Clock } from '../../lambdas/model/ports.ts';

/** A clock that stands still until it is set, or until somebody sleeps by it. */
export interface FakeClock extends Clock {
  set(instant: number | string): void;
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: readonly number[];
}

/** Makes a clock that stands at an instant: ISO 8601 or epoch milliseconds. */
export function fakeClock(start: number | string): FakeClock {
  let now = instantOf(start);
  const sleeps: number[] = [];
  return {
    now: () => now,
    set(instant) {
      now = instantOf(instant);
    },
    sleeps,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      sleeps.push(milliseconds);
      now += milliseconds;
    },
  };
}

function instantOf(instant: number | string): number {
  return typeof instant === 'number' ? instant : Date.parse(instant);
}
