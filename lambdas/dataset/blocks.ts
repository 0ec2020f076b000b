/**
 * The bytes of a stream in blocks of that many, the last one shorter. What works on bytes has a price for each call: a network
 * hands out chunks of 64 KiB or less, and reading them one by one took twice the processor time of blocks of 1 MiB.
 */
export async function* blocksOf(source: AsyncIterable<Buffer>, blockBytes: number): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(blockBytes);
  let filled = 0;
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      const copied = chunk.copy(block, filled, from);
      from += copied;
      filled += copied;
      if (filled < blockBytes) continue;
      yield block;
      block = Buffer.allocUnsafe(blockBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
