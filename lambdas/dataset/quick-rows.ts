import { textField } from './draft-text.ts';
import type { ExtraFields } from './extra-fields.ts';
import { BYTE } from './json-bytes.ts';
import { NOT_QUICK, NULL_FIELD, QuickField } from './quick-fields.ts';
import { countAt, type RecordFindings } from './record-findings.ts';
import type { RecordShape } from './record-shape.ts';
import { type RowColumn, readField, requireUtc } from './row-columns.ts';

/** Bytes of a row beside its fields: part, line, and what a field has around its value. */
const FRAME_BYTES = 64;
const FRAME_BYTES_OF_FIELD = 4;

/** Where a record stands. */
export interface Place {
  part: number;
  /** From 1. */
  line: number;
}

/**
 * Writes records of a known shape as rows of a draft's text, from bytes to bytes. A record that has a problem is not written and
 * not counted: what is wrong with it is told by reading it whole.
 */
export class QuickRows {
  /** The row that was written last: the first `length` bytes. */
  row: Buffer = Buffer.allocUnsafe(1024);
  length = 0;
  readonly #columns: readonly RowColumn[];
  readonly #fields: readonly QuickField[];
  readonly #findings: RecordFindings;
  readonly #extra: ExtraFields;
  /** Bytes that all fields take together which are written as they stand. */
  #bounded = 0;
  /** Positions of columns that were found to be null, or of another kind, in the record at hand. */
  readonly #nulls: number[] = [];
  readonly #others: number[] = [];

  constructor(columns: readonly RowColumn[], findings: RecordFindings, extra: ExtraFields) {
    this.#columns = columns;
    this.#fields = columns.map((column) => new QuickField(column));
    this.#findings = findings;
    this.#extra = extra;
  }

  /** Whether the record, which has just matched the shape, became a row. */
  write(shape: RecordShape, bytes: Buffer, size: number, { part, line }: Place): boolean {
    this.#nulls.length = 0;
    this.#others.length = 0;
    this.#bounded = 2 * size + FRAME_BYTES + FRAME_BYTES_OF_FIELD * this.#columns.length;
    this.#makeRoom(0, this.#bounded);
    let at = this.#number(part, 0);
    at = this.#number(line, at);
    for (let position = 0; position < this.#columns.length; position++) {
      const leaf = shape.leafOf[position] ?? -1;
      at = leaf < 0 ? this.#lacking(position, at) : this.#field(shape, leaf, bytes, position, at);
      if (at < 0) return false;
      this.row[at++] = BYTE.comma;
    }
    if (shape.unknown.length > 0) {
      const extra = this.#extra.text(shape.fields(bytes));
      if (extra !== '') at = this.#text(textField(extra), at);
    }
    this.row[at++] = LINE_FEED;
    this.length = at;
    this.#count(shape);
    return true;
  }

  #number(value: number, at: number): number {
    const digits = String(value);
    for (let index = 0; index < digits.length; index++) this.row[at + index] = digits.charCodeAt(index);
    this.row[at + digits.length] = BYTE.comma;
    return at + digits.length + 1;
  }

  #lacking(position: number, at: number): number {
    return this.#columns[position]?.isKey ? -1 : at;
  }

  #field(shape: RecordShape, leaf: number, bytes: Buffer, position: number, at: number): number {
    const [from, to] = [shape.from[leaf] ?? 0, shape.to[leaf] ?? 0];
    const end = this.#fields[position]?.write(bytes, from, to, shape.form[leaf] ?? 0, this.row, at) ?? -1;
    if (end === NOT_QUICK) return this.#closer(shape.text(bytes, leaf), position, at);
    return end === NULL_FIELD ? this.#null(position, at) : end;
  }

  #null(position: number, at: number): number {
    this.#nulls.push(position);
    return this.#lacking(position, at);
  }

  /** A field that takes a closer look. */
  #closer(text: string, position: number, at: number): number {
    const column = this.#columns[position];
    if (column === undefined) return -1;
    if (column.isWindow) requireUtc(column, text);
    const { field, isOtherKind } = readField(column, text);
    if (field === null) return this.#null(position, at);
    if (isOtherKind) this.#others.push(position);
    return field === undefined ? -1 : this.#text(field, at);
  }

  /** Writes a text that may be longer than the value it came of. */
  #text(text: string, at: number): number {
    this.#makeRoom(at, at + 3 * text.length + this.#bounded);
    return at + this.row.write(text, at);
  }

  #makeRoom(written: number, bytes: number): void {
    if (this.row.length >= bytes) return;
    const longer = Buffer.allocUnsafe(2 * bytes);
    this.row.copy(longer, 0, 0, written);
    this.row = longer;
  }

  #count(shape: RecordShape): void {
    const findings = this.#findings;
    for (const position of this.#nulls) countAt(findings.nulls, position);
    for (const position of this.#others) countAt(findings.otherKind, position);
    let complete = true;
    for (const position of shape.lacking) {
      countAt(findings.absent, position);
      if (this.#columns[position]?.isRequired) complete = false;
    }
    findings.records++;
    if (complete) findings.complete++;
  }
}

const LINE_FEED = 0x0a;
