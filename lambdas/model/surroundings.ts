import { tmpdir } from 'node:os';
import type { Clock } from './ports.ts';

/** What a handler may know of the world it runs in: read through here, never from the process, so that one machine can run many. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Between 0, inclusive, and 1: for jitter. The embedded platform gives numbers that are the same in every run where it is told to. */
  random: () => number;
  /** Headers added to every call to CXone. Empty on AWS; the embedded platform tells a simulator its time through them. */
  headers(): Record<string, string>;
  /** A folder on local disk. What an earlier invocation left in it may still be there; two invocations at once have two. */
  temporaryFolder: string;
}

/** The name under which the embedded platform leaves its `() => Surroundings` on `globalThis`. */
export const SURROUNDINGS = Symbol.for('cxone-export.surroundings');

const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, milliseconds);
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    }),
};

const lambda: Surroundings = {
  env: process.env,
  clock: systemClock,
  random: Math.random,
  headers: () => ({}),
  temporaryFolder: tmpdir(),
};

/** The surroundings of the invocation that is running: the embedded platform's where it set them, else Lambda's own. */
export function surroundings(): Surroundings {
  const provider: unknown = Reflect.get(globalThis, SURROUNDINGS);
  return typeof provider === 'function' ? (provider() as Surroundings) : lambda;
}
