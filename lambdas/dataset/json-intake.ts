import { catalogued } from '../model/errors.ts';
import type { PartIntake } from './parts.ts';
import { RECORD_BYTES } from './records.ts';
import { partColumn } from './sql.ts';

const BYTE = {
  lineFeed: 0x0a,
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  open: 0x5b,
  close: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
};
const WHITE_SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Where in the array the splitter stands. */
type Position = 'before' | 'first' | 'element' | 'between' | 'after';

/**
 * A record as it is written to the lines file: its line in the part, and its values as text by position of
 * the column.
 */
function lineOf(line: number, values: readonly (readonly [position: number, text: string])[]): string {
  const members = values.map(([position, text]) => `,"${partColumn(position)}":${JSON.stringify(text)}`);
  return `{"line":${line}${members.join('')}}\n`;
}

/**
 * Splits a JSON array of objects, given as a stream of bytes, into lines of the form `{"line": 3, "c0": "…",
 * "c1": "…"}`: numbers and booleans as the text that the source has, null and absent values left out, nested
 * ones as JSON text. Holds one record. `columns` are the names in order of appearance, undefined without
 * records. Throws `PartMalformed` for anything else than an array of objects.
 */
export class JsonIntake implements PartIntake {
  readonly headerLines = 0;
  readonly plain = true;
  /** Lines written: one a record. */
  lines = 0;
  readonly #columns: string[] = [];
  readonly #positions = new Map<string, number>();
  #position: Position = 'before';
  #line = 1;
  #byte = 0;
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #startLine = 1;

  get columns(): string[] | undefined {
    return this.lines === 0 ? undefined : this.#columns;
  }

  /** The lines of the records that end in the chunk. */
  take(chunk: Buffer): string {
    let lines = '';
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte === BYTE.lineFeed) this.#line++;
      if (this.#depth === 0) {
        if (this.#outside(byte)) start = at;
      } else if (this.#inside(byte)) {
        this.#keep(chunk.subarray(start, at + 1));
        lines += this.#record();
      }
    }
    if (this.#depth > 0) this.#keep(Buffer.from(chunk.subarray(start)));
    return lines;
  }

  end(): string {
    if (this.#position !== 'after') throw this.#malformed('ends before its array does');
    return '';
  }

  /** A byte between records. True where an object begins. */
  #outside(byte: number): boolean {
    const position = this.#position;
    if (position === 'before' && this.#byte < 3 && byte === BYTE_ORDER_MARK[this.#byte]) {
      this.#byte++;
      return false;
    }
    if (WHITE_SPACE.has(byte)) return false;
    if (position === 'before' && byte === BYTE.open) this.#position = 'first';
    else if (position === 'between' && byte === BYTE.comma) this.#position = 'element';
    else if ((position === 'first' || position === 'between') && byte === BYTE.close)
      this.#position = 'after';
    else if ((position === 'first' || position === 'element') && byte === BYTE.openObject) {
      this.#depth = 1;
      this.#startLine = this.#line;
      return true;
    } else throw this.#malformed('is not an array of objects');
    return false;
  }

  /** A byte of a record. True where the record ends. */
  #inside(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BYTE.backslash) this.#escaped = true;
      else if (byte === BYTE.quote) this.#inString = false;
    } else if (byte === BYTE.quote) this.#inString = true;
    else if (byte === BYTE.openObject || byte === BYTE.open) this.#depth++;
    else if (byte === BYTE.closeObject || byte === BYTE.close) this.#depth--;
    return this.#depth === 0;
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes > RECORD_BYTES)
      throw this.#malformed(`has a record longer than ${RECORD_BYTES} bytes`);
  }

  #record(): string {
    const values: [number, string][] = [];
    for (const [name, value] of Object.entries(this.#parsed(Buffer.concat(this.#pieces)))) {
      const position = this.#positions.get(name) ?? this.#columns.push(name) - 1;
      this.#positions.set(name, position);
      if (value !== null)
        values.push([position, typeof value === 'object' ? JSON.stringify(value) : `${value}`]);
    }
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#position = 'between';
    this.lines++;
    return lineOf(this.#startLine, values);
  }

  #parsed(bytes: Buffer): Record<string, unknown> {
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      // A double holds 15 digits for certain: longer numbers are taken from the source.
      return JSON.parse(text, /[\d.]{16}/.test(text) ? longNumberAsText : undefined);
    } catch {
      throw this.#malformed('has a record that is not JSON');
    }
  }

  #malformed(what: string) {
    return catalogued('PartMalformed', `The part ${what}.`, { line: this.#line });
  }
}

function longNumberAsText(_name: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
    ? context.source
    : value;
}
