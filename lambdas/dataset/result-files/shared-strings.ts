import type { Readable } from 'node:stream';
import { catalogued } from '../../model/errors.ts';
import { readXml } from './xml-events.ts';

/** Bytes of text that all cells of a workbook may share. */
const MOST_BYTES = 256_000_000;
const FIRST_BYTES = 1_000_000;

/** The texts that the cells of a workbook share, held as bytes in one piece: a third of what as many strings would take. */
export class SharedStrings {
  #bytes = Buffer.alloc(FIRST_BYTES);
  /** Where each text ends. */
  #ends = new Uint32Array(1_000);
  #count = 0;

  static async read(source: Readable): Promise<SharedStrings> {
    const strings = new SharedStrings();
    const collector = new TextCollector('si');
    for await (const _ of readXml(source, collector)) for (const text of collector.taken()) strings.add(text);
    return strings;
  }

  add(text: string): void {
    const from = this.#end(this.#count);
    const length = Buffer.byteLength(text);
    if (from + length > MOST_BYTES)
      throw catalogued(
        'WindowTooLarge',
        `The texts that the workbook’s cells share take more than ${MOST_BYTES} bytes: ask for the format json or csv.`,
        {
          setting: 'format',
        },
      );
    this.#reserve(from + length);
    this.#bytes.write(text, from);
    this.#ends[this.#count] = from + length;
    this.#count++;
  }

  /** The text of that index. Throws `PartMalformed` where there is none. */
  at(index: number): string {
    if (!Number.isInteger(index) || index < 0 || index >= this.#count)
      throw catalogued('PartMalformed', 'A cell of the workbook points to a shared text that is not there.');
    return this.#bytes.toString('utf8', this.#end(index), this.#ends[index]);
  }

  #end(count: number): number {
    return count === 0 ? 0 : (this.#ends[count - 1] ?? 0);
  }

  #reserve(bytes: number): void {
    if (bytes > this.#bytes.length) {
      const larger = Buffer.alloc(Math.min(MOST_BYTES, Math.max(bytes, 2 * this.#bytes.length)));
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    if (this.#count < this.#ends.length) return;
    const larger = new Uint32Array(2 * this.#ends.length);
    larger.set(this.#ends);
    this.#ends = larger;
  }
}

/**
 * Collects the text of elements that consist of runs: `<si>`, `<is>`. Phonetic hints are not part of it.
 */
export class TextCollector {
  readonly #of: string;
  #texts: string[] = [];
  #text = '';
  #phonetic = 0;
  #inText = false;

  constructor(of: string) {
    this.#of = of;
  }

  begin(name: string): void {
    if (name === this.#of) this.#text = '';
    if (name === 'rPh') this.#phonetic++;
    this.#inText = name === 't' && this.#phonetic === 0;
  }

  text(text: string): void {
    if (this.#inText) this.#text += text;
  }

  end(name: string): void {
    if (name === 'rPh') this.#phonetic--;
    if (name === 't') this.#inText = false;
    if (name === this.#of) this.#texts.push(spelledOut(this.#text));
  }

  /** What was collected since the last time. */
  taken(): string[] {
    const texts = this.#texts;
    this.#texts = [];
    return texts;
  }
}

/** A text with the characters that XML cannot hold: spreadsheets spell them by their number, `_x0007_`. */
export function spelledOut(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
