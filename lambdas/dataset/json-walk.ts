import { BYTE, FORM, isSame, isWhiteSpace, ValueScanner } from './json-bytes.ts';

/**
 * Finds its way in a JSON text of any depth, in UTF-8, and proves it in passing: strictly what JSON.parse takes. A position below zero
 * stands for what is no JSON.
 */
export class JsonWalk {
  /** Of each wanted key where its last value in the outermost object stands, begin and end; below zero where there is none. */
  readonly noted: number[];
  readonly #bytes: Buffer;
  readonly #scanner = new ValueScanner();
  readonly #wanted: readonly { key: string; bytes: Uint8Array }[];
  /** For each container that is open: whether it is an object. */
  readonly #isObject: boolean[] = [];
  /** The wanted key whose value comes next. */
  #noting = -1;
  #notingFrom = 0;

  /** @param wanted keys of which the values that the outermost object has are noted in `noted` */
  constructor(bytes: Buffer, wanted: readonly string[]) {
    this.#bytes = bytes;
    this.#wanted = wanted.map((key) => ({ key, bytes: Buffer.from(JSON.stringify(key)) }));
    this.noted = wanted.flatMap(() => [-1, -1]);
  }

  /** The first position from there on that is no white space. */
  afterSpace(from: number): number {
    let at = from;
    while (isWhiteSpace(this.#bytes[at] ?? 0)) at++;
    return at;
  }

  /** The position after the value that begins at `from`. */
  valueEnd(from: number): number {
    this.#isObject.length = 0;
    this.#noting = -1;
    this.noted.fill(-1);
    let at = from;
    for (;;) {
      const first = this.#bytes[at];
      const isContainer = first === BYTE.openObject || first === BYTE.openArray;
      at = isContainer ? this.#open(at, first === BYTE.openObject) : this.#scanner.scalarEnd(this.#bytes, at);
      if (isContainer && at >= 0 && !this.#isClosing(at)) continue;
      at = this.#afterValue(at, isContainer);
      if (at < 0 || this.#isObject.length === 0) return at;
    }
  }

  /** The key of the member that begins at `from`, and the position of its value. Undefined where there is none. */
  memberAt(from: number): { key: string; value: number } | undefined {
    const value = this.#member(from);
    if (value < 0) return undefined;
    const end = this.#scanner.stringEnd(this.#bytes, from);
    return { key: String(JSON.parse(this.#bytes.toString('utf8', from, end))), value };
  }

  /** Opens a container: the position of its first value, or of its end. */
  #open(from: number, isObject: boolean): number {
    this.#isObject.push(isObject);
    const at = this.afterSpace(from + 1);
    return isObject && !this.#isClosing(at) ? this.#member(at) : at;
  }

  #isClosing(at: number): boolean {
    return this.#bytes[at] === (this.#isObject.at(-1) ? BYTE.closeObject : BYTE.closeArray);
  }

  /** From the end of a value, or from the end of a container that is empty: the position of the next value, or after the outermost one. */
  #afterValue(from: number, isClosing: boolean): number {
    let at = from;
    let closing = isClosing;
    while (at >= 0 && this.#isObject.length > 0) {
      if (!closing) {
        if (this.#isObject.length === 1) this.#note(at);
        at = this.afterSpace(at);
        if (this.#bytes[at] === BYTE.comma) {
          at = this.afterSpace(at + 1);
          return this.#isObject.at(-1) ? this.#member(at) : at;
        }
        if (!this.#isClosing(at)) return -1;
      }
      this.#isObject.pop();
      at++;
      closing = false;
    }
    return at;
  }

  /** The position of the value of the member that begins at `from`. */
  #member(from: number): number {
    if (this.#bytes[from] !== BYTE.quote) return -1;
    const end = this.#scanner.stringEnd(this.#bytes, from);
    if (end < 0) return -1;
    const colon = this.afterSpace(end);
    if (this.#bytes[colon] !== BYTE.colon) return -1;
    const value = this.afterSpace(colon + 1);
    if (this.#isObject.length === 1) {
      this.#noting = this.#wantedAt(from, end);
      this.#notingFrom = value;
    }
    return value;
  }

  /** Which wanted key the string there is. */
  #wantedAt(from: number, to: number): number {
    if (this.#wanted.length === 0) return -1;
    if (this.#scanner.form === FORM.escaped) {
      const escaped = String(JSON.parse(this.#bytes.toString('utf8', from, to)));
      return this.#wanted.findIndex(({ key }) => key === escaped);
    }
    for (let index = 0; index < this.#wanted.length; index++) {
      const bytes = this.#wanted[index]?.bytes;
      if (bytes?.length === to - from && isSame(this.#bytes, from, bytes)) return index;
    }
    return -1;
  }

  #note(to: number): void {
    if (this.#noting < 0) return;
    this.noted[2 * this.#noting] = this.#notingFrom;
    this.noted[2 * this.#noting + 1] = to;
    this.#noting = -1;
  }
}
