import { compactJson } from './field-values.ts';

/*
 * Most records of a source have the same keys in the same order. A shape is a regular expression made of such a record: what stands
 * between its values is matched to the letter, and each value by the grammar of JSON, so whatever matches has been proven to be JSON of that
 * shape, in a quarter of the time that JSON.parse takes. No part of it is ambiguous: it takes time in proportion to the record.
 */

const TEXT = String.raw`[^"\\\u0000-\u001f]*`;
const STRING = String.raw`"${TEXT}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})${TEXT})*"`;
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const SCALAR = `${STRING}|${NUMBER}|true|false|null`;
const VALUE = String.raw`${SCALAR}|\[(?:(?:${SCALAR})(?:,(?:${SCALAR}))*)?\]`;

/** Values, and characters of what stands between them, above which no shape is made. */
const MOST_VALUES = 400;
const MOST_CHARACTERS = 20_000;

/** A value of a record: where its text is, and what it is for. */
export interface Leaf {
  from: number;
  to: number;
  /** Position of its column, or the path of an unknown field; undefined where the value goes nowhere. */
  target: number | string | undefined;
}

/** The records that have the same keys, in the same order and with the same white space, as one that was read. */
export class RecordShape {
  readonly #pattern: RegExp;
  /** Of each column the number of its group, 0 where the shape lacks it. */
  readonly #groups: Int16Array;
  /** Unknown fields by the numbers of their groups. */
  readonly #unknown: readonly (readonly [path: string, group: number])[];

  private constructor(pattern: RegExp, targets: readonly (number | string)[], width: number) {
    this.#pattern = pattern;
    this.#groups = new Int16Array(width);
    const unknown: (readonly [string, number])[] = [];
    targets.forEach((target, index) => {
      if (typeof target === 'number') this.#groups[target] = index + 1;
      else unknown.push([target, index + 1]);
    });
    this.#unknown = unknown;
  }

  /** The shape of a record; undefined where it is too large, or where two of its values are for the same. */
  static of(line: string, leaves: readonly Leaf[], width: number): RecordShape | undefined {
    const targets = leaves.flatMap(({ target }) => (target === undefined ? [] : [target]));
    const inside = leaves.reduce((sum, { from, to }) => sum + to - from, 0);
    if (leaves.length > MOST_VALUES || line.length - inside > MOST_CHARACTERS) return undefined;
    if (new Set(targets).size < targets.length) return undefined;
    let pattern = '^';
    let at = 0;
    for (const { from, to, target } of leaves) {
      pattern += escaped(line.slice(at, from)) + (target === undefined ? `(?:${VALUE})` : `(${VALUE})`);
      at = to;
    }
    return new RecordShape(new RegExp(`${pattern}${escaped(line.slice(at))}$`), targets, width);
  }

  /** The texts of a record's values, of the columns and of unknown fields; undefined where it is of another shape. */
  match(line: string): { texts: (string | undefined)[]; unknown: ReadonlyMap<string, string> } | undefined {
    const found = this.#pattern.exec(line);
    if (found === null) return undefined;
    const texts: (string | undefined)[] = [];
    for (const group of this.#groups) texts.push(group === 0 ? undefined : found[group]);
    if (this.#unknown.length === 0) return { texts, unknown: NOTHING };
    return {
      texts,
      unknown: new Map(this.#unknown.map(([path, group]) => [path, compactJson(found[group] ?? '')])),
    };
  }
}

const NOTHING: ReadonlyMap<string, string> = new Map();

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
