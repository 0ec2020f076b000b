import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { transformWindow } from '../../lambdas/dataset/transform.ts';
import type { ObjectStore } from '../../lambdas/model/ports.ts';
import { memoryObjectStore } from './memory-object-store.ts';
import { CDR_HEADER, requestFor, stoppedClock } from './window-transform.ts';

/*
 * Run as a process of its own: transforms one part of so many megabytes, made as a stream, and prints its counts and the most
 * memory that the process ever had: `node transform-memory.ts <megabytes> <memory limit> good|bad`. Every row of a bad part is
 * a reject.
 */
const [megabytes = 0, memoryLimitMegabytes = 0] = process.argv.slice(2, 4).map(Number);
const zone = process.argv[4] === 'bad' ? '' : 'Z';

function* csv(): Generator<Buffer> {
  yield Buffer.from(`${CDR_HEADER}\n`);
  const start = Date.parse('2024-05-15T00:00:00.000Z');
  for (let row = 0, bytes = 0; bytes < megabytes * 1_000_000; ) {
    let block = '';
    for (const until = row + 5_000; row < until; row++) {
      const began = `${new Date(start + (row % 86_000_000)).toISOString().slice(0, -1)}${zone}`;
      const id = `${((row * 2_654_435_761) % 4_294_967_296).toString(16)}-${row}`;
      block += `${id},${began},${began},0,"Agent, No ${row % 300}",Queue ${row % 20},Answered,IN,+4930${row % 9_999_999},007\n`;
    }
    bytes += block.length;
    yield Buffer.from(block);
  }
}

/** Keeps nothing: the part is a file, what is written is only counted. */
function passingStore(file: string): ObjectStore {
  return {
    ...memoryObjectStore(),
    open: async () => createReadStream(file),
    writeStream: async (_key, body) => {
      let bytes = 0;
      for await (const chunk of body) bytes += chunk.length;
      return { bytes, sha256: '' };
    },
  };
}

const folder = await mkdtemp(join(tmpdir(), 'transform-memory-'));
const file = join(folder, 'part.csv');
const hash = createHash('sha256');
let bytes = 0;
await pipeline(
  Readable.from(csv()),
  async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  },
  createWriteStream(file),
);
const request = await requestFor(memoryObjectStore(), [], {
  memoryLimitMegabytes,
  diskLimitMegabytes: 4_096,
});
const parts = [{ number: 1, key: 'raw/part', bytes, sha256: hash.digest('hex') }];
const { counts } = await transformWindow(
  { ...request, parts },
  { objects: passingStore(file), clock: stoppedClock },
);
await rm(folder, { recursive: true });
const residentMegabytes = Math.round(process.resourceUsage().maxRSS / 1_000);
console.log(JSON.stringify({ ...counts, residentMegabytes }));
