import { compactJson } from './field-values.ts';
import { ValueScanner } from './json-bytes.ts';

/*
 * Most records of a source have the same keys in the same order. A shape is made of such a record: what stands between its values is
 * matched to the byte, and each value by the grammar of JSON, so whatever matches has been proven to be JSON of that shape, in
 * a fraction of the time that JSON.parse takes, and without making texts of its bytes.
 */

/** Values, and bytes of what stands between them, above which no shape is made. */
const MOST_VALUES = 400;
const MOST_BYTES = 20_000;

/** A value of a record: where its text is, in characters, and what it is for. */
export interface Leaf {
  from: number;
  to: number;
  /** Position of its column, or the path of an unknown field; undefined where the value goes nowhere. */
  target: number | string | undefined;
}

/** The records that have the same keys, in the same order and with the same white space, as one that was read. */
export class RecordShape {
  /** Of each column the number of its leaf, -1 where the shape lacks it. */
  readonly leafOf: Int16Array;
  /** Positions of columns that the shape lacks. */
  readonly lacking: readonly number[];
  /** Unknown fields by the numbers of their leaves. */
  readonly unknown: readonly (readonly [path: string, leaf: number])[];
  /** Where the leaves of the record that matched last begin and end, and their forms (`FORM`). */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly form: Uint8Array;
  /** What stands before each leaf, and after the last one. */
  readonly #between: readonly Uint8Array[];
  readonly #scanner = new ValueScanner();

  private constructor(between: readonly Uint8Array[], leaves: readonly Leaf[], width: number) {
    this.#between = between;
    this.leafOf = new Int16Array(width).fill(-1);
    this.from = new Int32Array(leaves.length);
    this.to = new Int32Array(leaves.length);
    this.form = new Uint8Array(leaves.length);
    const unknown: (readonly [string, number])[] = [];
    leaves.forEach(({ target }, leaf) => {
      if (typeof target === 'number') this.leafOf[target] = leaf;
      else if (target !== undefined) unknown.push([target, leaf]);
    });
    this.unknown = unknown;
    this.lacking = Array.from(this.leafOf.keys()).filter((position) => this.leafOf[position] === -1);
  }

  /** The shape of a record; undefined where it is too large, or where two of its values are for the same. */
  static of(line: string, leaves: readonly Leaf[], width: number): RecordShape | undefined {
    const targets = leaves.flatMap(({ target }) => (target === undefined ? [] : [target]));
    const ends = [0, ...leaves.map(({ to }) => to)];
    const between = ends.map((end, leaf) => Buffer.from(line.slice(end, leaves[leaf]?.from)));
    const bytes = between.reduce((sum, { length }) => sum + length, 0);
    if (leaves.length > MOST_VALUES || bytes > MOST_BYTES) return undefined;
    if (new Set(targets).size < targets.length) return undefined;
    return new RecordShape(between, leaves, width);
  }

  /** Whether the record in these bytes, all that follows them being a line feed or nothing, is of this shape. */
  matches(bytes: Uint8Array, begin: number, end: number): boolean {
    const leaves = this.from.length;
    const scanner = this.#scanner;
    let at = begin;
    for (let leaf = 0; leaf < leaves; leaf++) {
      at = afterSame(bytes, at, this.#between[leaf] ?? NOTHING);
      if (at < 0) return false;
      this.from[leaf] = at;
      at = scanner.leafEnd(bytes, at);
      if (at < 0) return false;
      this.to[leaf] = at;
      this.form[leaf] = scanner.form;
    }
    return afterSame(bytes, at, this.#between[leaves] ?? NOTHING) === end;
  }

  /** The texts of the record that matched last. */
  texts(bytes: Buffer): (string | undefined)[] {
    return Array.from(this.leafOf, (leaf) => (leaf < 0 ? undefined : this.text(bytes, leaf)));
  }

  /** The unknown fields of the record that matched last. */
  fields(bytes: Buffer): Map<string, string> {
    return new Map(this.unknown.map(([path, leaf]) => [path, compactJson(this.text(bytes, leaf))]));
  }

  /** The text of one of its leaves. */
  text(bytes: Buffer, leaf: number): string {
    return bytes.toString('utf8', this.from[leaf], this.to[leaf]);
  }
}

const NOTHING = new Uint8Array(0);

/** The position after these same bytes, below zero where there are others. */
function afterSame(bytes: Uint8Array, from: number, same: Uint8Array): number {
  const { length } = same;
  for (let at = 0; at < length; at++) if (bytes[from + at] !== same[at]) return -1;
  return from + length;
}
