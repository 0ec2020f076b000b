import { BYTE, FORM, isSame } from './json-bytes.ts';
import type { RowColumn } from './row-columns.ts';
import { UsualTimestamps } from './usual-timestamps.ts';

/*
 * The values that nearly all records have, from the bytes of JSON to the bytes of a draft's text without a detour: a text without escapes is
 * a field as it stands, with its quotes; a short number is its own digits. Whatever is not certain at a glance is left to `readField`,
 * with which this agrees on all the rest.
 */

/** What the writer of a field says instead of where the field ends. */
export const NOT_QUICK = -1;
export const NULL_FIELD = -2;

/** Copies longer than this are worth a call. */
const SHORT_COPY = 48;

/** Writes the fields of one column. */
export class QuickField {
  readonly #type: RowColumn['type'];
  readonly #isPlain: boolean;
  /** Spellings of null with their quotes, and the bytes of the longest; those that a JSON string can only have with escapes are never seen here. */
  readonly #nulls: readonly Uint8Array[];
  readonly #longestNull: number;
  /** Bytes, sign and point counted, and digits after the point, of numbers that fit whatever they are. */
  readonly #mostBytes: number;
  readonly #mostDecimals: number;
  readonly #timestamps = new UsualTimestamps();

  constructor({ type, nulls, isPlain }: RowColumn) {
    this.#type = type;
    this.#isPlain = isPlain;
    const wellFormed = nulls.filter((spelling) => spelling.isWellFormed());
    this.#nulls = wellFormed.map((spelling) => Buffer.from(`"${spelling}"`));
    this.#longestNull = Math.max(0, ...this.#nulls.map(({ length }) => length));
    [this.#mostBytes, this.#mostDecimals] = SHORT_NUMBERS[type] ?? [0, 0];
  }

  /**
   * Writes the field of the JSON value in these bytes, which is proven, and gives the position after it. The target has room for twice the value and two quotes.
   * Gives `NULL_FIELD` for null in any spelling, `NOT_QUICK` where it takes a closer look.
   */
  write(bytes: Buffer, from: number, to: number, form: number, target: Buffer, at: number): number {
    switch (bytes[from]) {
      case BYTE.quote:
        return this.#text(bytes, from, to, form, target, at);
      case BYTE.letterN:
        return NULL_FIELD;
      case BYTE.openArray:
        return this.#array(bytes, from, to, target, at);
      case BYTE.letterT:
      case BYTE.letterF:
        if (this.#type === 'boolean') return copied(bytes, from, to, target, at);
        return this.#type === 'text' ? this.#quoted(bytes, from, to, target, at) : NOT_QUICK;
      default:
        if (this.#type === 'text') return this.#quoted(bytes, from, to, target, at);
        if (this.#isShortNumber(bytes, from, to, form)) return copied(bytes, from, to, target, at);
        return this.#type === 'double' && isShortest(bytes, from, to)
          ? copied(bytes, from, to, target, at)
          : NOT_QUICK;
    }
  }

  #text(bytes: Buffer, from: number, to: number, form: number, target: Buffer, at: number): number {
    if (form !== FORM.plain) return NOT_QUICK;
    if (to - from <= this.#longestNull && this.#isNull(bytes, from, to)) return NULL_FIELD;
    if (this.#type === 'text') return this.#isPlain ? copied(bytes, from, to, target, at) : NOT_QUICK;
    if (this.#type !== 'timestamp' || this.#timestamps.instant(bytes, from, to) === undefined)
      return NOT_QUICK;
    return copied(bytes, from + 1, to - 1, target, at);
  }

  #isNull(bytes: Uint8Array, from: number, to: number): boolean {
    for (const spelling of this.#nulls)
      if (spelling.length === to - from && isSame(bytes, from, spelling)) return true;
    return false;
  }

  /** What is no string, as a text. */
  #quoted(bytes: Buffer, from: number, to: number, target: Buffer, at: number): number {
    if (!this.#isPlain) return NOT_QUICK;
    target[at] = BYTE.quote;
    const end = copied(bytes, from, to, target, at + 1);
    target[end] = BYTE.quote;
    return end + 1;
  }

  /** An array's text, its quotes doubled. */
  #array(bytes: Uint8Array, from: number, to: number, target: Uint8Array, at: number): number {
    if (this.#type !== 'text' || !this.#isPlain) return NOT_QUICK;
    let end = at;
    target[end++] = BYTE.quote;
    for (let read = from; read < to; read++) {
      const byte = bytes[read] ?? 0;
      if (byte === BYTE.backslash || byte <= BYTE.space) return NOT_QUICK;
      if (byte === BYTE.quote) target[end++] = BYTE.quote;
      target[end++] = byte;
    }
    target[end++] = BYTE.quote;
    return end;
  }

  /** A number of so few digits, before and after the point, that it fits whatever it is; without an exponent. */
  #isShortNumber(bytes: Uint8Array, from: number, to: number, form: number): boolean {
    if (to - from > this.#mostBytes) return false;
    if (form === FORM.plain) return bytes[from] !== BYTE.minus || bytes[from + 1] !== BYTE.zero;
    if (form !== FORM.fraction) return false;
    const least = to - 1 - this.#mostDecimals;
    for (let at = to - 1; at >= least; at--) if (bytes[at] === BYTE.point) return true;
    return false;
  }
}

/** Whether the number is written as JavaScript writes it: nothing is lost then in 64 bits. */
function isShortest(bytes: Buffer, from: number, to: number): boolean {
  const text = bytes.toString('latin1', from, to);
  return String(Number(text)) === text;
}

const SHORT_NUMBERS: Readonly<
  Partial<Record<RowColumn['type'], readonly [bytes: number, decimals: number]>>
> = {
  integer: [15, -1],
  decimal: [15, 9],
  double: [15, 15],
  duration: [12, 6],
};

/** Copies, and gives the position after the copy. */
function copied(bytes: Buffer, from: number, to: number, target: Buffer, at: number): number {
  if (to - from > SHORT_COPY) return at + bytes.copy(target, at, from, to);
  let end = at;
  for (let read = from; read < to; read++) target[end++] = bytes[read] ?? 0;
  return end;
}
