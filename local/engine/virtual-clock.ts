import { performance } from 'node:perf_hooks';
import type { Clock } from '../../lambdas/model/ports.ts';

/** How a `VirtualClock` behaves. */
export interface ClockOptions {
  /** Sleeps pass at once when nothing real is in flight. Default false: they take their time. */
  skipWaits?: boolean;
  /** The first instant, epoch milliseconds. Default: the system's. */
  startAt?: number;
  /** Time also passes as it really does. Default true; false gives tests a clock that moves by jumps alone. */
  flow?: boolean;
  /**
   * Told of every jump before its sleepers wake. A caller that keeps `now - Date.now()` and starts the next clock at
   * `Date.now()` plus that never sees time go back.
   */
  onAdvance?: (instant: { now: number; skipped: number }) => void;
}

/** A clock that can jump over waits, and knows while it must not. */
export interface VirtualClock extends Clock {
  /**
   * Runs work that is real (a function, a request, a file): no wait is skipped while it is under way, except while the
   * work itself sleeps through the clock that it is given. Work with several strands counts as asleep while any of
   * them sleeps there.
   */
  busy<T>(work: (clock: Clock) => Promise<T>): Promise<T>;
  /** Milliseconds jumped over so far. */
  skipped(): number;
}

interface Sleeper {
  due: number;
  wake: () => void;
}

/** The longest delay that `setTimeout` takes; longer sleeps are armed again. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Makes a clock. Jumps happen only when no work is in flight and every continuation has run as far as it can, so a
 * time-out that sleeps here can never overtake work that is really going on: it fires when the work itself waits past
 * it, or, with `flow`, when that much real time has passed. Sleepers wake in the order of their instants, then of
 * their arrival.
 */
export function createClock(options: ClockOptions = {}): VirtualClock {
  const { skipWaits = false, startAt = Date.now(), flow = true, onAdvance } = options;
  const origin = performance.now();
  const sleepers: Sleeper[] = [];
  let latest = startAt;
  let skipped = 0;
  let working = 0;
  let settling = false;
  let timer: NodeJS.Timeout | undefined;

  function now(): number {
    const elapsed = flow ? performance.now() - origin : 0;
    latest = Math.max(latest, Math.floor(startAt + skipped + elapsed));
    return latest;
  }

  function arm(): void {
    clearTimeout(timer);
    const first = sleepers[0];
    if (first === undefined) return;
    if (skipWaits && working === 0) {
      if (!settling) setImmediate(settle);
      settling = true;
      return;
    }
    if (flow) timer = setTimeout(wakeDue, Math.min(Math.max(first.due - now(), 0), LONGEST_TIMER));
  }

  function settle(): void {
    settling = false;
    const first = sleepers[0];
    if (working === 0 && first !== undefined) {
      const leap = first.due - now();
      if (leap > 0) {
        skipped += leap;
        latest = Math.max(latest, first.due);
        onAdvance?.({ now: latest, skipped });
      }
    }
    wakeDue();
  }

  function wakeDue(): void {
    const instant = now();
    const due = sleepers.findIndex((sleeper) => sleeper.due > instant);
    for (const sleeper of sleepers.splice(0, due === -1 ? sleepers.length : due)) sleeper.wake();
    arm();
  }

  async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!(milliseconds > 0)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper: Sleeper = { due: now() + Math.ceil(milliseconds), wake: resolve };
    const later = sleepers.findLastIndex((other) => other.due <= sleeper.due) + 1;
    sleepers.splice(later, 0, sleeper);
    const abandon = () => {
      const place = sleepers.indexOf(sleeper);
      if (place !== -1) sleepers.splice(place, 1);
      arm();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abandon, { once: true });
    arm();
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', abandon);
    }
  }

  function enter(): void {
    working += 1;
    arm();
  }

  function leave(): void {
    working -= 1;
    arm();
  }

  async function busy<T>(work: (clock: Clock) => Promise<T>): Promise<T> {
    let asleep = 0;
    let over = false;
    const own: Clock = {
      now,
      async sleep(milliseconds, signal) {
        asleep += 1;
        if (asleep === 1 && !over) leave();
        try {
          await sleep(milliseconds, signal);
        } finally {
          asleep -= 1;
          if (asleep === 0 && !over) enter();
        }
      },
    };
    enter();
    try {
      return await work(own);
    } finally {
      over = true;
      if (asleep === 0) leave();
    }
  }

  return { now, sleep, busy, skipped: () => skipped };
}
