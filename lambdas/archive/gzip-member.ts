import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import type { Spool } from './spool.ts';

/** Blocks that are compressed side by side: two keep two processors busy while a third is handed over. */
const AT_ONCE = 3;

/** How far back deflate looks: what a block begins with may repeat what the one before ended with. */
const WINDOW_BYTES = 32 * 1024;

/** What zlib is given at once for its output: a block of records rarely compresses to more. */
const OUTPUT_BYTES = 128 * 1024;

/** RFC 1952: deflate, no name, no time, of an unknown system; so that the same blocks make the same member anywhere. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** RFC 1951: a last block that is empty. Each block before ends at a byte, by a flush. */
const LAST_BLOCK = Buffer.from([3, 0]);

/** Bytes of a member beside its blocks: header, last block, CRC-32 and length. */
export const MEMBER_BYTES = HEADER.length + LAST_BLOCK.length + 8;

const deflated = promisify<Buffer, object, Buffer>(deflateRaw);

/**
 * One gzip member that is made of blocks which are compressed side by side, each knowing the end of the block before, as pigz
 * does it: a stream of zlib's own keeps one processor busy and leaves the others idle. Any reader of gzip reads it, and it is
 * as long as such a stream's within a thousandth. The same blocks make the same bytes. Holds the blocks under way; what is
 * compressed goes to the spool.
 */
export class GzipMember {
  readonly #spool: Pick<Spool, 'append'>;
  #crc = 0;
  #plainBytes = 0;
  /** Bytes of the blocks that are compressed, and the most that those under way can come to. */
  #bytes = MEMBER_BYTES;
  #expected = 0;
  #begun = false;
  #window: Buffer | undefined;
  readonly #underWay: Promise<void>[] = [];

  /** @param spool takes the member's bytes from their beginning to their end */
  constructor(spool: Pick<Spool, 'append'>) {
    this.#spool = spool;
  }

  /** Whether the member is at most `room` bytes long with a further block of so many. What is asked at the same place has the same answer always. */
  async takes(blockBytes: number, room: number): Promise<boolean> {
    while (this.#bytes + this.#expected + longest(blockBytes) > room) {
      if (this.#underWay.length === 0) return false;
      await this.#oldest();
    }
    return true;
  }

  /**
   * Takes a block, and resolves when it may take the next one.
   * @param release is called when the block's memory is no longer needed
   */
  async add(block: Buffer, release: () => void): Promise<void> {
    const dictionary = this.#window;
    // Copied, because the memory of this block may be used again before the next one is through.
    this.#window = Buffer.from(block.subarray(-WINDOW_BYTES));
    this.#crc = crc32(block, this.#crc);
    this.#plainBytes += block.length;
    const most = longest(block.length);
    this.#expected += most;
    const before = this.#underWay.at(-1);
    const work = deflated(block, {
      chunkSize: OUTPUT_BYTES,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(dictionary === undefined ? {} : { dictionary }),
    });
    const done = (async () => {
      const compressed = await work;
      release();
      // In their order, whichever is through first.
      await before;
      await this.#append(compressed);
      this.#bytes += compressed.length;
      this.#expected -= most;
    })();
    // Whoever waits for it hears of it.
    done.catch(() => undefined);
    this.#underWay.push(done);
    while (this.#underWay.length >= AT_ONCE) await this.#oldest();
  }

  /** Ends the member: the spool has it whole then, and nothing can be added. */
  async end(): Promise<void> {
    while (this.#underWay.length > 0) await this.#oldest();
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(this.#plainBytes % 2 ** 32, 4);
    await this.#append(LAST_BLOCK);
    await this.#append(trailer);
  }

  async #oldest(): Promise<void> {
    await this.#underWay[0];
    this.#underWay.shift();
  }

  async #append(bytes: Buffer): Promise<void> {
    if (!this.#begun) {
      this.#begun = true;
      await this.#spool.append(HEADER);
    }
    await this.#spool.append(bytes);
  }
}

/** Bytes that deflate makes of so many at most: what does not compress is stored with five bytes before each stretch, and a flush follows. */
function longest(bytes: number): number {
  return bytes + 5 * (Math.floor(bytes / 16_383) + 3);
}
