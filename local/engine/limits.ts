import { Buffer } from 'node:buffer';
import { StateFault } from './errors.ts';
import type { Json } from './json.ts';

/** Largest input, output, result or set of assigned variables, in bytes of UTF-8 (AWS quota, 256 KiB). */
export const PAYLOAD_LIMIT = 256 * 1024;

/** Largest total of an execution's variables, in bytes (AWS quota, 10 MiB). */
export const VARIABLES_LIMIT = 10 * 1024 * 1024;

/** Most events in a Standard execution's history (AWS quota). */
export const HISTORY_LIMIT = 25_000;

/** An execution is redrivable with fewer events than this: the redrive needs two (AWS: "less than 24,999"). */
export const REDRIVABLE_EVENTS = HISTORY_LIMIT - 1;

/** Days after its end in which an execution can be redriven, in milliseconds (AWS quota, 14 days). */
export const REDRIVE_PERIOD = 14 * 24 * 3600 * 1000;

/** Longest time from start in which an execution may be open, in milliseconds (AWS quota, one year). */
export const OPEN_PERIOD = 365 * 24 * 3600 * 1000;

/** Iterations that an inline Map runs at once where MaxConcurrency is 0 or absent (AWS quota). */
export const INLINE_CONCURRENCY = 40;

/** Children that a Map Run has under way at once where MaxConcurrency is 0 or absent (AWS quota). */
export const MAP_RUN_CONCURRENCY = 10_000;

/** Most redrives of one Map Run (AWS quota). */
export const MAP_RUN_REDRIVES = 1_000;

/** Most seconds of any wait, interval or time-out in a definition. */
export const MOST_SECONDS = 99_999_999;

/** Bytes of the value as JSON text. */
export function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * Passes a value that fits the payload quota. Throws `StateFault` `States.DataLimitExceeded`.
 *
 * @param what names the value in the cause, as in "The state's output".
 */
export function withinLimit(what: string, value: Json): Json {
  const bytes = bytesOf(value);
  if (bytes <= PAYLOAD_LIMIT) return value;
  throw new StateFault(
    'States.DataLimitExceeded',
    `${what} has ${bytes} bytes; at most ${PAYLOAD_LIMIT} are allowed.`,
  );
}
