import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';
import { type Json, parseJson } from './json.ts';

/** Where the functions take what differs from call to call. */
export interface FunctionSources {
  /** The instant, epoch milliseconds, for `$now` and `$millis`. */
  now: () => number;
  /** Numbers from 0 up to 1, for `$random` without a seed. */
  random: () => number;
}

/** The functions that Step Functions adds to JSONata 2.0.6 (or defines anew), by name. */
export const ADDED_FUNCTIONS = ['partition', 'range', 'hash', 'random', 'uuid', 'parse'] as const;

/** JSONata functions that Step Functions does not offer. */
export const WITHHELD_FUNCTIONS = ['eval'] as const;

/** `$range` and `$partition` make at most this many elements (AWS limit). */
const MOST_ELEMENTS = 1_000;

/** `$hash` takes at most this many characters (AWS limit). */
const MOST_HASHED = 10_000;

const ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

const format = jsonata('$fromMillis($instant, $picture, $timezone)');
const formatPlain = jsonata('$fromMillis($instant)');
const formatPicture = jsonata('$fromMillis($instant, $picture)');

/** Adds Step Functions' functions to an expression, and makes `$now` and `$millis` follow the given clock. */
export function registerFunctions(expression: jsonata.Expression, sources: FunctionSources): void {
  expression.registerFunction('partition', partition);
  expression.registerFunction('range', range);
  expression.registerFunction('hash', hash);
  expression.registerFunction('uuid', () => randomUUID());
  expression.registerFunction('parse', parse);
  expression.registerFunction('random', (seed?: unknown) =>
    seed === undefined ? sources.random() : seeded(seed),
  );
  expression.registerFunction('millis', () => sources.now());
  expression.registerFunction('now', (picture?: unknown, timezone?: unknown) => {
    const names = { instant: sources.now(), picture, timezone };
    if (picture === undefined) return formatPlain.evaluate(undefined, names);
    return (timezone === undefined ? formatPicture : format).evaluate(undefined, names);
  });
  for (const name of WITHHELD_FUNCTIONS) {
    expression.registerFunction(name, () => {
      throw new Error(`$${name} is not offered by Step Functions`);
    });
  }
}

function integer(what: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw new Error(`${what} must be an integer`);
}

function partition(array: unknown, size: unknown): Json[][] {
  const length = integer('the second argument of $partition', size);
  if (length < 1) throw new Error('the second argument of $partition must be at least 1');
  const items: Json[] = Array.isArray(array) ? array : [];
  if (!Array.isArray(array)) throw new Error('the first argument of $partition must be an array');
  const parts: Json[][] = [];
  for (let start = 0; start < items.length; start += length) parts.push(items.slice(start, start + length));
  return parts;
}

function range(first: unknown, last: unknown, step: unknown): number[] {
  const from = integer('the first argument of $range', first);
  const to = integer('the second argument of $range', last);
  const by = integer('the third argument of $range', step);
  if (by === 0) throw new Error('the third argument of $range must not be 0');
  const length = Math.max(0, Math.floor((to - from) / by) + 1);
  if (length > MOST_ELEMENTS) throw new Error(`$range makes at most ${MOST_ELEMENTS} elements`);
  return Array.from({ length }, (_, index) => from + index * by);
}

function hash(data: unknown, algorithm: unknown): string {
  const name = typeof algorithm === 'string' ? ALGORITHMS[algorithm] : undefined;
  if (name === undefined)
    throw new Error(`the second argument of $hash must be one of ${Object.keys(ALGORITHMS).join(', ')}`);
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  if (text === undefined) throw new Error('the first argument of $hash must have a value');
  if (text.length > MOST_HASHED) throw new Error(`$hash takes at most ${MOST_HASHED} characters`);
  return createHash(name).update(text).digest('hex');
}

function parse(text: unknown): Json {
  if (typeof text !== 'string') throw new Error('the argument of $parse must be a string');
  return parseJson(text);
}

/** A number from 0 up to 1 that depends on the seed alone. */
function seeded(seed: unknown): number {
  const digest = createHash('sha256')
    .update(String(integer('the argument of $random', seed)))
    .digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}
