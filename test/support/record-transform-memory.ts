import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { peakResidentBytes } from '../../bench/resident-memory.ts';
import { transformRecords } from '../../lambdas/dataset/transform-records.ts';
import { memoryObjectStore } from './memory-object-store.ts';
import { nestedRecord, recordRequest } from './record-transform.ts';
import { sha256, stoppedClock } from './window-transform.ts';

/*
 * Run as a process of its own: transforms so many records of some 600 bytes, which come in no order, and prints its counts and the most memory that the
 * process ever had: `node record-transform-memory.ts <records> <memory limit>`.
 */
const [records = 0, memoryLimitMegabytes = 0] = process.argv.slice(2).map(Number);
const PART_RECORDS = 5_000;

/** A record whose place in the day has nothing to do with its number. */
function record(number: number): string {
  const at = (number * 2_654_435_761) % 86_400_000;
  const startTime = new Date(Date.UTC(2024, 4, 15) + at).toISOString();
  const note = `${at.toString(36)} and what was said `.repeat(12);
  return nestedRecord(`${number}`, { interval: { startTime }, tags: [note, note.length] });
}

const folder = await mkdtemp(join(tmpdir(), 'record-transform-memory-'));
const parts = [];
for (let from = 0; from < records; from += PART_RECORDS) {
  const count = Math.min(PART_RECORDS, records - from);
  const lines = Array.from({ length: count }, (_, index) => `${record(from + index)}\n`);
  const bytes = gzipSync(lines.join(''), { level: 1 });
  const key = join(folder, `part-${from}.jsonl.gz`);
  await writeFile(key, bytes);
  parts.push({
    number: parts.length + 1,
    key,
    bytes: bytes.length,
    sha256: sha256(bytes),
    recordCount: count,
  });
}
const request = await recordRequest(memoryObjectStore(), [], {
  memoryLimitMegabytes,
  diskLimitMegabytes: 4_096,
});
const objects = {
  ...memoryObjectStore(),
  open: async (key: string) => createReadStream(key),
  writeStream: async (_key: string, body: AsyncIterable<Buffer>) => {
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length;
    return { bytes, sha256: '' };
  },
};
const { counts } = await transformRecords({ ...request, parts }, { objects, clock: stoppedClock });
await rm(folder, { recursive: true });
console.log(JSON.stringify({ ...counts, residentMegabytes: Math.round(peakResidentBytes() / 1_000_000) }));
