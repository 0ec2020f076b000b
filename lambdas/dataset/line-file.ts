import { type FileHandle, open } from 'node:fs/promises';
import { exhaustion } from './database.ts';

/** Characters that are gathered before they are written. */
const BLOCK_CHARACTERS = 1_000_000;

/** A local file of lines that is written in blocks, from the beginning. It is made when the first block is written, or when it is closed. */
export class LineFile {
  readonly path: string;
  lines = 0;
  characters = 0;
  #handle: FileHandle | undefined;
  #block: string[] = [];
  #gathered = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** @param line with its line feed */
  add(line: string): void {
    this.#block.push(line);
    this.#gathered += line.length;
    this.characters += line.length;
    this.lines++;
  }

  /** To be called between lines, however many: writes what makes a block. Throws `WindowTooLarge` where the disk is full. */
  async relieve(): Promise<void> {
    if (this.#gathered >= BLOCK_CHARACTERS) await this.#write();
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    try {
      await this.#write();
    } finally {
      await this.#handle?.close();
      this.#handle = undefined;
    }
  }

  async #write(): Promise<void> {
    const block = this.#block.join('');
    this.#block = [];
    this.#gathered = 0;
    this.#handle ??= await open(this.path, 'w');
    await this.#handle.writeFile(block).catch(exhaustion);
  }
}
