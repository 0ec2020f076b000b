import type { CallKind, Change, Effect, Fault, RetryAfter } from '../behaviour.ts';

/** A scenario of the table: a sentence, a parameter if it takes one, and what it changes. */
export interface Scenario {
  readonly sentence: string;
  readonly parameter: Parameter | undefined;
  readonly change: (value: number, text: string) => Change;
}

/** A parameter, as in `rows:2000`: a number within bounds, or a text. */
export type Parameter =
  | { readonly kind: 'number'; readonly meaning: string; readonly usual: number; readonly most: number }
  | { readonly kind: 'text'; readonly meaning: string; readonly usual: string };

/** Calls of the data families, all but tokens. */
export const dataCalls: readonly CallKind[] = [
  'submit',
  'status',
  'download',
  'query',
  'detail',
  'field',
  'report',
  'list',
  'read',
  'replace',
];

/** Statuses of a server in trouble. */
export const serverErrors: readonly number[] = [500, 502, 503, 504];

/** A scenario without a parameter. */
export function always(sentence: string, change: Change): Scenario {
  return { sentence, parameter: undefined, change: () => change };
}

/** A scenario with a whole number, `usual` where none is given; a share when `most` is 1. */
export function numbered(
  meaning: string,
  usual: number,
  sentence: string,
  change: (value: number) => Change,
  most = 99_999_999,
): Scenario {
  return { sentence, parameter: { kind: 'number', meaning, usual, most }, change };
}

/** A scenario with a word. */
export function worded(
  meaning: string,
  usual: string,
  sentence: string,
  change: (text: string) => Change,
): Scenario {
  return { sentence, parameter: { kind: 'text', meaning, usual }, change: (_value, text) => change(text) };
}

/** A scenario in which the first calls of each kind meet a fault; `usual` is how many. */
export function faulty(
  name: string,
  usual: number,
  on: readonly CallKind[],
  effect: Effect,
  sentence: string,
): Scenario {
  const fault = (times: number): Fault => ({ name, on, times, effect });
  return numbered('calls of each kind', usual, sentence, (times) => ({ faults: [fault(times)] }));
}

/** Throttled, with or without `Retry-After`. */
export function throttled(retryAfter: RetryAfter): Effect {
  return { act: 'answer', statuses: [429], retryAfter, page: 'json' };
}
