/*
 * Finding the end of a JSON value in UTF-8 while proving that it is one: strictly the grammar of RFC 8259, as JSON.parse has it, a
 * byte at a time. A position below zero says that there is no such value. What follows the text counts as a control character, which
 * ends every value.
 */

/** The bytes that JSON is made of, by name. */
export const BYTE = {
  space: 0x20,
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  point: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  letterE: 0x65,
  letterF: 0x66,
  letterN: 0x6e,
  letterT: 0x74,
  letterU: 0x75,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

const UPPER_E = 0x45;
/** What may follow a backslash, `u` apart: `"`, `\`, `/`, b, f, n, r, t. */
const ESCAPES = new Set([0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74]);

/** What was seen of a scalar beside its end: a string without escapes, an integer, `true`, `false` and `null` are plain. */
export const FORM = { plain: 0, escaped: 1, fraction: 2, exponent: 3 } as const;

/** Finds ends of values. */
export class ValueScanner {
  /** The form of the scalar that was found last. */
  form: number = FORM.plain;

  /** The position after the string whose opening quote is at `from`. */
  stringEnd(bytes: Uint8Array, from: number): number {
    this.form = FORM.plain;
    let at = from + 1;
    for (;;) {
      const byte = bytes[at] ?? 0;
      if (byte === BYTE.quote) return at + 1;
      if (byte < BYTE.space) return -1;
      if (byte === BYTE.backslash) {
        const after = escapeEnd(bytes, at);
        if (after < 0) return -1;
        this.form = FORM.escaped;
        at = after;
      } else at++;
    }
  }

  /** The position after the string, number, `true`, `false` or `null` that begins at `from`. */
  scalarEnd(bytes: Uint8Array, from: number): number {
    const first = bytes[from] ?? 0;
    switch (first) {
      case BYTE.quote:
        return this.stringEnd(bytes, from);
      case BYTE.letterT:
        return this.#wordEnd(bytes, from, TRUE);
      case BYTE.letterF:
        return this.#wordEnd(bytes, from, FALSE);
      case BYTE.letterN:
        return this.#wordEnd(bytes, from, NULL);
      default:
        return this.#numberEnd(bytes, from);
    }
  }

  /** The position after a scalar, or an array of scalars without white space between them, that begins at `from`. */
  leafEnd(bytes: Uint8Array, from: number): number {
    if (bytes[from] !== BYTE.openArray) return this.scalarEnd(bytes, from);
    if (bytes[from + 1] === BYTE.closeArray) return from + 2;
    let at = from;
    do {
      at = this.scalarEnd(bytes, at + 1);
      if (at < 0) return -1;
    } while (bytes[at] === BYTE.comma);
    return bytes[at] === BYTE.closeArray ? at + 1 : -1;
  }

  #numberEnd(bytes: Uint8Array, from: number): number {
    this.form = FORM.plain;
    let at = bytes[from] === BYTE.minus ? from + 1 : from;
    if (bytes[at] === BYTE.zero) at++;
    else {
      at = digitsEnd(bytes, at);
      if (at < 0) return -1;
    }
    if (bytes[at] === BYTE.point) {
      this.form = FORM.fraction;
      at = digitsEnd(bytes, at + 1);
      if (at < 0) return -1;
    }
    if (bytes[at] !== BYTE.letterE && bytes[at] !== UPPER_E) return at;
    this.form = FORM.exponent;
    const signed = bytes[at + 1] === BYTE.plus || bytes[at + 1] === BYTE.minus;
    return digitsEnd(bytes, signed ? at + 2 : at + 1);
  }

  #wordEnd(bytes: Uint8Array, from: number, word: Uint8Array): number {
    this.form = FORM.plain;
    for (let at = 1; at < word.length; at++) if (bytes[from + at] !== word[at]) return -1;
    return from + word.length;
  }
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** The position after one digit or more. */
function digitsEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at] ?? 0)) at++;
  return at === from ? -1 : at;
}

/** Whether the byte is one of 0 to 9. */
export function isDigit(byte: number): boolean {
  return byte >= BYTE.zero && byte <= BYTE.nine;
}

/** The position after the escape whose backslash is at `from`. */
function escapeEnd(bytes: Uint8Array, from: number): number {
  const letter = bytes[from + 1] ?? 0;
  if (letter !== BYTE.letterU) return ESCAPES.has(letter) ? from + 2 : -1;
  for (let at = from + 2; at < from + 6; at++) if (!isHex(bytes[at] ?? 0)) return -1;
  return from + 6;
}

function isHex(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

/** Whether the byte is one of the four that JSON allows between its tokens: space, tab, line feed, carriage return. */
export function isWhiteSpace(byte: number): boolean {
  return byte === BYTE.space || (byte >= 0x09 && byte <= 0x0d && byte !== 0x0b && byte !== 0x0c);
}

/** Whether these same bytes stand there. */
export function isSame(bytes: Uint8Array, from: number, same: Uint8Array): boolean {
  for (let at = 0; at < same.length; at++) if (bytes[from + at] !== same[at]) return false;
  return true;
}
