import { type FileHandle, open } from 'node:fs/promises';
import { type FileRecord, LINE_FEED } from './records.ts';

const BLOCK_BYTES = 1024 * 1024;

/** Finds lines of a file by their numbers, in one pass: what lies between is only counted, at the speed of a search for line feeds. */
export class LineFinder implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #space = Buffer.allocUnsafe(BLOCK_BYTES);
  #block = this.#space.subarray(0, 0);
  /** Where the next line begins in the block, and its number, from 1. */
  #at = 0;
  #line = 1;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(file: string): Promise<LineFinder> {
    return new LineFinder(await open(file, 'r'));
  }

  /** The line of that number, with its line feed where it has one; undefined beyond the last. To be asked in ascending order. */
  async find(number: number): Promise<FileRecord | undefined> {
    while (this.#line < number) if (!(await this.#pass())) return undefined;
    const pieces: Buffer[] = [];
    for (;;) {
      const feed = this.#block.indexOf(LINE_FEED, this.#at);
      const end = feed < 0 ? this.#block.length : feed + 1;
      // A copy: the block is read over.
      pieces.push(Buffer.from(this.#block.subarray(this.#at, end)));
      this.#at = end;
      if (feed >= 0) this.#line++;
      if (feed >= 0 || !(await this.#read())) break;
    }
    const bytes = Buffer.concat(pieces);
    return bytes.length === 0 ? undefined : { line: number, bytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  /** Goes to the next line's beginning; false where there is none. */
  async #pass(): Promise<boolean> {
    for (;;) {
      const feed = this.#block.indexOf(LINE_FEED, this.#at);
      if (feed >= 0) {
        this.#at = feed + 1;
        this.#line++;
        return true;
      }
      if (!(await this.#read())) return false;
    }
  }

  async #read(): Promise<boolean> {
    const { bytesRead } = await this.#handle.read(this.#space, 0, BLOCK_BYTES);
    this.#block = this.#space.subarray(0, bytesRead);
    this.#at = 0;
    return bytesRead > 0;
  }
}
