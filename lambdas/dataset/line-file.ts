import { type FileHandle, open } from 'node:fs/promises';
import { exhaustion } from './exhaustion.ts';

/** Bytes that are written at once. */
const BLOCK_BYTES = 1_000_000;

/** A local file of lines that is written in blocks, from the beginning. It is made when the first block is written, or when it is closed. */
export class LineFile {
  readonly path: string;
  lines = 0;
  bytes = 0;
  /** Of the longest line, its line feed counted; at least 1. */
  longest = 1;
  #handle: FileHandle | undefined;
  readonly #full: Buffer[] = [];
  #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #filled = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** @param line with its line feed */
  add(line: string): void {
    this.#makeRoom(3 * line.length);
    this.#take(this.#block.write(line, this.#filled));
  }

  /**
   * @param line with its line feed
   * @param length how many of its bytes
   */
  addBytes(line: Buffer, length: number): void {
    this.#makeRoom(length);
    this.#take(line.copy(this.#block, this.#filled, 0, length));
  }

  /** To be called between lines, however many: writes the blocks that are full. Throws `WindowTooLarge` where the disk is full. */
  async relieve(): Promise<void> {
    for (let block = this.#full.shift(); block !== undefined; block = this.#full.shift())
      await this.#write(block);
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    try {
      await this.relieve();
      await this.#write(this.#block.subarray(0, this.#filled));
      this.#filled = 0;
    } finally {
      await this.#handle?.close();
      this.#handle = undefined;
    }
  }

  #makeRoom(bytes: number): void {
    if (this.#filled + bytes <= this.#block.length) return;
    this.#full.push(this.#block.subarray(0, this.#filled));
    this.#block = Buffer.allocUnsafe(Math.max(BLOCK_BYTES, bytes));
    this.#filled = 0;
  }

  #take(bytes: number): void {
    this.#filled += bytes;
    this.bytes += bytes;
    this.lines++;
    this.longest = Math.max(this.longest, bytes);
  }

  async #write(block: Buffer): Promise<void> {
    this.#handle ??= await open(this.path, 'w');
    await this.#handle.writeFile(block).catch(exhaustion);
  }
}
