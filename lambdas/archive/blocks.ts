/** Records are compressed in blocks of at least so many bytes; an object ends between two of them. */
const BLOCK_BYTES = 1024 * 1024;

/** Memory that a block begins with: most blocks end with less than this above their least size. */
const MEMORY_BYTES = BLOCK_BYTES + BLOCK_BYTES / 4;

const LINE_FEED = 0x0a;

/** A record to be archived: its id, and itself in canonical form, JSON without a line feed. */
export interface ArchiveRecord {
  id: string;
  line: string;
}

/** Whole records, a line each. */
export interface Block {
  records: number;
  /** Id of the last one. */
  lastId: string;
  bytes: Buffer;
  /** To be called once, when nobody reads the bytes any more: their memory is used for another block. */
  release: () => void;
}

/**
 * Joins records until they are a block. Memory is taken again when a block has been released: blocks that are made anew each time keep the
 * garbage collector busier than everything else that sealing adds to compression.
 */
export async function* blocksOf(
  records: AsyncIterable<readonly ArchiveRecord[]> | Iterable<readonly ArchiveRecord[]>,
): AsyncGenerator<Block> {
  const free: Buffer[] = [];
  const begin = () => new BlockOfLines(free.pop() ?? Buffer.allocUnsafeSlow(MEMORY_BYTES));
  const whole = (block: BlockOfLines) => block.whole((memory) => free.push(memory));
  let block = begin();
  let before: string | undefined;
  for await (const batch of records)
    for (const { id, line } of batch) {
      if ((before !== undefined && id <= before) || line.includes('\n'))
        throw new Error('records to be sealed must be sorted by id, none twice, each on one line');
      before = id;
      block.add(id, line);
      if (block.bytes < BLOCK_BYTES) continue;
      yield whole(block);
      block = begin();
    }
  if (block.bytes > 0) yield whole(block);
}

/** Lines written one after the other into one stretch of memory: joined as strings they would be copied three times. */
class BlockOfLines {
  bytes = 0;
  #memory: Buffer;
  #records = 0;
  #lastId = '';

  constructor(memory: Buffer) {
    this.#memory = memory;
  }

  add(id: string, line: string): void {
    // UTF-8 has three bytes at most for a unit of UTF-16.
    const needed = this.bytes + line.length * 3 + 1;
    if (needed > this.#memory.length) {
      const wider = Buffer.allocUnsafeSlow(Math.max(needed, this.#memory.length));
      this.#memory.copy(wider, 0, 0, this.bytes);
      this.#memory = wider;
    }
    this.bytes += this.#memory.write(line, this.bytes);
    this.#memory[this.bytes] = LINE_FEED;
    this.bytes += 1;
    this.#records += 1;
    this.#lastId = id;
  }

  /** @param giveBack takes the memory, unless it is longer than most blocks need */
  whole(giveBack: (memory: Buffer) => void): Block {
    const memory = this.#memory;
    return {
      records: this.#records,
      lastId: this.#lastId,
      bytes: memory.subarray(0, this.bytes),
      release: () => {
        if (memory.length === MEMORY_BYTES) giveBack(memory);
      },
    };
  }
}
