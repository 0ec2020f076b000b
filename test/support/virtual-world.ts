import { setImmediate } from 'node:timers/promises';
import type { Clock, Table } from '../../lambdas/model/ports.ts';

/**
 * Many machines in one process, in virtual time: each has a clock of its own that may be wrong, and calls that take as long
 * as the test says. Time moves to the next event when nothing real is in flight, so a run is the same each time.
 */
export interface VirtualWorld {
  /** True time, epoch milliseconds. */
  now(): number;
  /** Lets so many milliseconds of true time pass. */
  delay(milliseconds: number): Promise<void>;
  /** A clock that is ahead of true time by so many milliseconds. */
  clock(ahead?: number): Clock;
  /** The table, with a way to it and a way back that take as long as `latency` says each time. */
  table(real: Table, latency: () => number): Table;
  /** Lets time pass until all work is done. */
  run<Result>(work: readonly Promise<Result>[]): Promise<Result[]>;
}

interface Event {
  at: number;
  order: number;
  happen: () => void;
}

/** Makes a world at an instant. */
export function virtualWorld(start: number): VirtualWorld {
  let now = start;
  let order = 0;
  let inFlight = 0;
  const events: Event[] = [];

  const delay = (milliseconds: number) =>
    new Promise<void>((happen) => {
      order += 1;
      events.push({ at: now + Math.max(0, milliseconds), order, happen });
    });

  async function really<Result>(operation: () => Promise<Result>): Promise<Result> {
    inFlight += 1;
    try {
      return await operation();
    } finally {
      inFlight -= 1;
    }
  }

  async function away<Result>(latency: () => number, operation: () => Promise<Result>): Promise<Result> {
    await delay(latency());
    const result = await really(operation);
    await delay(latency());
    return result;
  }

  return {
    now: () => now,
    delay,
    clock: (ahead = 0) => ({ now: () => Math.floor(now + ahead), sleep: delay }),
    table: (real, latency) => ({
      get: (key) => away(latency, () => real.get(key)),
      update: (key, write) => away(latency, () => real.update(key, write)),
      query: real.query,
    }),
    async run(work) {
      let done = false;
      const results = Promise.all(work).finally(() => {
        done = true;
      });
      results.catch(() => undefined);
      while (!done) {
        await setImmediate();
        if (inFlight > 0 || done) continue;
        events.sort((a, b) => a.at - b.at || a.order - b.order);
        const next = events.shift();
        if (!next) {
          await setImmediate();
          if (!done && inFlight === 0 && events.length === 0)
            throw new Error('The world has come to a standstill.');
          continue;
        }
        now = Math.max(now, next.at);
        next.happen();
      }
      return results;
    },
  };
}
