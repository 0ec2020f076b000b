import { lakeMapping, type Mapping } from '../model/mapping.ts';
import { pathOf } from '../model/source-path.ts';
import { compactJson, kindOfText } from './field-values.ts';
import { afterWhiteSpace, membersOf, stringValue } from './json-text.ts';
import { type PathNode, pathTree } from './record-paths.ts';
import { type Leaf, RecordShape } from './record-shape.ts';
import { RECORD_BYTES } from './records.ts';

/** Levels that a record may nest: more cannot be walked for certain. */
const DEEPEST = 250;

/** Shapes that are tried on a record, and that are made at all: records without any regularity are walked. */
const SHAPES_KEPT = 8;
const MOST_SHAPES_MADE = 200;

/** Why a line of a part is no record that could be taken apart. */
export type RecordFlaw = 'NotJson' | 'NotAnObject' | 'TooDeep' | 'RecordTooLong' | 'Ambiguous';

/** A record taken apart: of each column the text of its JSON value, undefined where the record lacks it. */
export interface ReadRecord {
  texts: readonly (string | undefined)[];
  /** Fields that the mapping does not know, by path: the JSON texts of their values, without white space between tokens. */
  unknown: ReadonlyMap<string, string>;
}

/**
 * Takes records apart by the paths of a mapping: objects are walked to their leaves, arrays and empty objects are leaves. A
 * column may come by several names, or a key twice, as long as at most one value is there or all are the same.
 */
export class RecordReader {
  readonly #tree: PathNode;
  readonly #width: number;
  readonly #nulls: ReadonlySet<string>;
  /** Shapes of records seen so far, the one that was met last first. */
  readonly #shapes: RecordShape[] = [];
  #shapesMade = 0;

  constructor(mapping: Mapping) {
    this.#tree = pathTree(mapping);
    this.#width = lakeMapping(mapping).columns.length;
    this.#nulls = new Set(mapping.nulls);
  }

  /** The record in a line of JSON Lines, or why there is none. */
  read(line: string): ReadRecord | RecordFlaw {
    const bytes = Buffer.from(line);
    // Half of a character has no bytes.
    const shape = line.isWellFormed() ? this.match(bytes, 0, bytes.length) : undefined;
    return shape === undefined
      ? this.walk(line)
      : { texts: shape.texts(bytes), unknown: shape.fields(bytes) };
  }

  /** The shape seen before that the record in these bytes has, and that now tells where its values are; what follows them is a line feed or nothing. */
  match(bytes: Uint8Array, from: number, to: number): RecordShape | undefined {
    if (to - from > RECORD_BYTES) return undefined;
    for (let index = 0; index < this.#shapes.length; index++) {
      const shape = this.#shapes[index];
      if (!shape?.matches(bytes, from, to)) continue;
      if (index > 0) this.#shapes.unshift(...this.#shapes.splice(index, 1));
      return shape;
    }
    return undefined;
  }

  /** The record by its own keys. */
  walk(line: string): ReadRecord | RecordFlaw {
    if (line.length > RECORD_BYTES) return 'RecordTooLong';
    if (!isJson(line)) return 'NotJson';
    const at = afterWhiteSpace(line, 0);
    if (kindOfText(line.slice(at, at + 1)) !== 'object') return 'NotAnObject';
    const found = new Findings(this.#width, this.#nulls);
    const flaw = walk(line, at, this.#tree, [], found) ?? found.flaw;
    if (flaw === undefined && found.isShaped) this.#remember(line, found.leaves);
    return flaw ?? found;
  }

  #remember(line: string, leaves: readonly Leaf[]): void {
    const shape = this.#shapesMade < MOST_SHAPES_MADE ? RecordShape.of(line, leaves, this.#width) : undefined;
    if (shape === undefined) return;
    this.#shapesMade++;
    this.#shapes.unshift(shape);
    if (this.#shapes.length > SHAPES_KEPT) this.#shapes.pop();
  }
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

class Findings implements ReadRecord {
  readonly texts: (string | undefined)[];
  readonly unknown = new Map<string, string>();
  /** All values, in the order of the text. */
  readonly leaves: Leaf[] = [];
  /** Whether records with other values in the same places are read alike. */
  isShaped = true;
  readonly #nulls: ReadonlySet<string>;
  flaw: RecordFlaw | undefined;

  constructor(width: number, nulls: ReadonlySet<string>) {
    this.texts = new Array(width).fill(undefined);
    this.#nulls = nulls;
  }

  column(position: number, text: string): void {
    const known = this.texts[position];
    if (known === undefined || this.isNull(known)) this.texts[position] = text;
    else if (text !== known && !this.isNull(text)) this.flaw = 'Ambiguous';
  }

  field(path: string, text: string): void {
    const known = this.unknown.get(path);
    if (known === undefined || this.isNull(known)) this.unknown.set(path, text);
    else if (text !== known && !this.isNull(text)) this.flaw = 'Ambiguous';
  }

  /** Whether a value's text is a spelling of null. */
  isNull(text: string): boolean {
    return isNullText(text, this.#nulls);
  }
}

/** Whether the text of a JSON value is null, or a string among the spellings of it. */
export function isNullText(text: string, nulls: ReadonlySet<string>): boolean {
  if (text === 'null') return true;
  return kindOfText(text) === 'string' && nulls.has(stringValue(text, 0, text.length));
}

/** Walks the object that begins at `at`. */
function walk(
  line: string,
  at: number,
  node: PathNode | undefined,
  keys: readonly string[],
  found: Findings,
): RecordFlaw | undefined {
  if (keys.length >= DEEPEST) return 'TooDeep';
  for (const { key, from, to } of membersOf(line, at)) {
    const below = node?.below.get(key);
    const text = line.slice(from, to);
    if (below?.dropped) found.leaves.push({ from, to, target: undefined });
    else if (below?.column !== undefined) {
      found.leaves.push({ from, to, target: below.column });
      found.column(below.column, text);
    } else if (isObjectWithMembers(text)) {
      const flaw = walk(line, from, below, [...keys, key], found);
      if (flaw !== undefined) return flaw;
    } else if (below === undefined || !isNothing(text, found)) {
      const path = pathOf([...keys, key]);
      // Where the mapping expects an object, what is there is a field of its own, and nothing is none.
      if (below !== undefined) found.isShaped = false;
      found.leaves.push({ from, to, target: path });
      found.field(path, compactJson(text));
    }
  }
  return undefined;
}

function isObjectWithMembers(text: string): boolean {
  return text.startsWith('{') && text.charAt(afterWhiteSpace(text, 1)) !== '}';
}

/** Whether the value says only that what the mapping expects below it is not there. */
function isNothing(text: string, found: Findings): boolean {
  return text.startsWith('{') || found.isNull(text);
}
