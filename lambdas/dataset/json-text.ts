/*
 * Finding one's way in a JSON text without making values of it: numbers keep all their digits, escapes stay as they are. The
 * text must have been proven to be JSON before; positions are those of UTF-16 code units.
 */

const CHARACTER = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
};

/** A member of an object or an element of an array: where its value's text begins and ends. */
export interface ValueRange {
  from: number;
  to: number;
}

/** The first position from `at` on that is not white space. */
export function afterWhiteSpace(text: string, at: number): number {
  let position = at;
  while (isWhiteSpace(text.charCodeAt(position))) position++;
  return position;
}

function isWhiteSpace(code: number): boolean {
  return (
    code === CHARACTER.space ||
    code === CHARACTER.lineFeed ||
    code === CHARACTER.carriageReturn ||
    code === CHARACTER.tab
  );
}

/** The position after the string that begins with the quote at `at`. */
export function stringEnd(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === CHARACTER.backslash) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** The position after the value that begins at `at`. */
export function valueEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === CHARACTER.quote) return stringEnd(text, at);
  const nested = first === CHARACTER.openObject || first === CHARACTER.openArray;
  return nested ? nestedEnd(text, at) : scalarEnd(text, at);
}

function scalarEnd(text: string, at: number): number {
  let position = at;
  for (; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (
      code === CHARACTER.comma ||
      code === CHARACTER.closeObject ||
      code === CHARACTER.closeArray ||
      isWhiteSpace(code)
    )
      break;
  }
  return position;
}

function nestedEnd(text: string, at: number): number {
  let depth = 0;
  for (let position = at; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (code === CHARACTER.quote) position = stringEnd(text, position) - 1;
    else if (code === CHARACTER.openObject || code === CHARACTER.openArray) depth++;
    else if (code === CHARACTER.closeObject || code === CHARACTER.closeArray) {
      depth--;
      if (depth === 0) return position + 1;
    }
  }
  return text.length;
}

/** The members of the object that begins at `at`, in their order, with their keys as values: a key may come twice. */
export function* membersOf(text: string, at: number): Generator<ValueRange & { key: string }> {
  let position = afterWhiteSpace(text, at + 1);
  while (text.charCodeAt(position) === CHARACTER.quote) {
    const keyEnd = stringEnd(text, position);
    const key = stringValue(text, position, keyEnd);
    const from = afterWhiteSpace(text, afterWhiteSpace(text, keyEnd) + 1);
    const to = valueEnd(text, from);
    yield { key, from, to };
    const next = afterWhiteSpace(text, to);
    position = text.charCodeAt(next) === CHARACTER.comma ? afterWhiteSpace(text, next + 1) : text.length;
  }
}

/** The elements of the array that begins at `at`. */
export function* elementsOf(text: string, at: number): Generator<ValueRange> {
  let position = afterWhiteSpace(text, at + 1);
  while (position < text.length && text.charCodeAt(position) !== CHARACTER.closeArray) {
    const to = valueEnd(text, position);
    yield { from: position, to };
    const next = afterWhiteSpace(text, to);
    position = text.charCodeAt(next) === CHARACTER.comma ? afterWhiteSpace(text, next + 1) : text.length;
  }
}

/** The value of the string whose text, quotes included, stands there. */
export function stringValue(text: string, from: number, to: number): string {
  const plain = text.slice(from + 1, to - 1);
  return plain.includes('\\') ? String(JSON.parse(text.slice(from, to))) : plain;
}

/**
 * The text of the value at a path of keys, or undefined where an object on the way lacks the key or is none. Of a key that
 * comes twice the last one counts, as everywhere.
 */
export function valueTextAt(text: string, keys: readonly string[]): string | undefined {
  let range: ValueRange = { from: afterWhiteSpace(text, 0), to: text.length };
  for (const key of keys) {
    if (text.charCodeAt(range.from) !== CHARACTER.openObject) return undefined;
    const named = [...membersOf(text, range.from)].findLast((member) => member.key === key);
    if (named === undefined) return undefined;
    range = named;
  }
  return text.slice(range.from, range.to).trimEnd();
}
