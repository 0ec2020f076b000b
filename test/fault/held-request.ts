import { type Point, requestCounter } from './crash-points.ts';
import type { RequestListener } from './living-stores.ts';

/** A run on its way to the point at which it is to be killed. */
export interface Held {
  /** Hears of the run's requests. */
  readonly listener: RequestListener | undefined;
  /** Resolves when the run has come to the point; never for a state, on whose entry the process kills itself. */
  readonly reached: Promise<void>;
}

/**
 * Holds a run's request at the point, and everything that the run asks after that, until its process is gone; then all of them
 * are cut off.
 */
export function holdAt(point: Point, gone: Promise<void>): Held {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  if ('state' in point) return { listener: undefined, reached };
  const counts = { before: requestCounter(), after: requestCounter() };
  let held = false;
  return {
    reached,
    async listener(phase, text) {
      const { request, occurrence } = counts[phase](text);
      held ||= phase === point.phase && request === point.request && occurrence === point.occurrence;
      if (!held) return;
      resolve();
      await gone;
      throw new Error('The caller is gone.');
    },
  };
}
