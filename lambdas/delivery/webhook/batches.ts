import type { BatchLimits } from '../../model/delivery.ts';

/** Records of a delivery that go out in one body. */
export interface Batch {
  /** From 1. */
  number: number;
  /** Each record's JSON, as it stands in its file. */
  records: Buffer[];
}

const LINE_FEED = 0x0a;

/** Cuts JSON lines into batches. The same lines and limits make the same batches, however the bytes arrive; memory holds one batch. */
export async function* batchesOf(lines: AsyncIterable<Buffer>, limits: BatchLimits): AsyncGenerator<Batch> {
  let number = 1;
  let records: Buffer[] = [];
  let bytes = 0;
  for await (const line of lines) {
    const full = records.length >= limits.records || bytes + line.length + 1 > limits.bytes;
    if (full && records.length > 0) {
      yield { number, records };
      number += 1;
      records = [];
      bytes = 0;
    }
    records.push(line);
    bytes += line.length + 1;
  }
  // No record at all is told too: the generation before had some, perhaps.
  if (records.length > 0 || number === 1) yield { number, records };
}

/** The lines of a stream without their line feeds; empty ones are left out. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      // Copied: a slice would keep the whole chunk alive for as long as its batch.
      const line = Buffer.concat([...rest, chunk.subarray(from, at)]);
      rest = [];
      from = at + 1;
      if (line.length > 0) yield line;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  const last = Buffer.concat(rest);
  if (last.length > 0) yield last;
}
