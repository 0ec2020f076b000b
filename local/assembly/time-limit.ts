import type { Clock } from '../../lambdas/model/ports.ts';

/** A limit on how long an invocation may take, on its own clock. */
export interface TimeLimit {
  /** The instant at which the invocation ends, epoch milliseconds. */
  readonly deadline: number;
  /** The clock for the invocation: a sleep that reaches the deadline, or an abandoned invocation's, never returns. */
  readonly clock: Clock;
  /** Resolves when the deadline has come. */
  readonly reached: Promise<void>;
  /** Aborted when the invocation is over. */
  readonly over: AbortSignal;
  /** Lets go of timers, and of what the invocation still waits for. */
  end(): void;
}

/**
 * Limits an invocation to `milliseconds` of its clock. Where the clock is virtual, time that really passes counts as far
 * as the clock lets it flow; waits count in full.
 */
export function limitTime(clock: Clock, milliseconds: number): TimeLimit {
  const deadline = clock.now() + milliseconds;
  const over = new AbortController();
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    const left = deadline - clock.now();
    if (left <= 0) resolve();
    else timer = setTimeout(watch, left);
  };
  watch();
  const sleep = async (duration: number, signal?: AbortSignal): Promise<void> => {
    const left = deadline - clock.now();
    const signals = signal ? [signal, over.signal] : [over.signal];
    await clock
      .sleep(Math.max(0, Math.min(duration, left)), AbortSignal.any(signals))
      .catch(async (error: unknown) => {
        if (!over.signal.aborted) throw error;
        await forever;
      });
    if (duration < left) return;
    resolve();
    await forever;
  };
  return {
    deadline,
    clock: { now: () => clock.now(), sleep },
    reached,
    over: over.signal,
    end() {
      clearTimeout(timer);
      over.abort();
    },
  };
}

const forever = new Promise<never>(() => {});
