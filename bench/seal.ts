import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import type { ArchiveRecord } from '../lambdas/archive/blocks.ts';
import { prepareKey } from '../lambdas/archive/keys.ts';
import { sealRecords } from '../lambdas/archive/seal.ts';
import { benchPorts, benchRecords, OWNER } from './seal-ports.ts';

const MEGABYTE = 1_000_000;
/** Odd, so that there is one in the middle. */
const ROUNDS = 9;
const RECORDS = 100_000;
/** Bytes that gzip is given at once, as sealing does. */
const BLOCK_BYTES = 1024 * 1024;

/** Where nothing is stored. */
const NOWHERE = { tenant: OWNER.tenant, object: 'archive/bench' };
/** What is kept is measured, not what is left for the garbage collector where there is room. */
const SMALL_HEAP = ['--max-old-space-size=128', '--max-semi-space-size=4'];

const MemoryMeasure = z.object({ objects: z.number(), residentPeak: z.number() });

/**
 * Seals the same records, in memory, again and again in turn with gzip alone over the same bytes at the same level, which of the two
 * comes first changing from round to round, and prints the median of the rounds' shares beside the best of both; then the memory
 * of sealing 5,000 and 50,000 records, each in a process of its own.
 */
export async function benchSeal(): Promise<void> {
  const records = [...benchRecords(RECORDS)];
  const blocks = blocksOf(records);
  const bytes = blocks.reduce((sum, block) => sum + block.length, 0);
  console.log(
    `\n## Sealing ${RECORDS} records, ${Math.round(bytes / MEGABYTE)} MB, load ${loadavg()[0]?.toFixed(1)}\n`,
  );
  const gzip = () => used(() => gzipAlone(blocks));
  const seal = () => used(() => sealAll(records));
  // What is compiled on the way is so before it counts.
  await gzip();
  await seal();
  const rounds: { gzip: Use; seal: Use }[] = [];
  for (let round = 0; round < ROUNDS; round++)
    if (round % 2 === 0) rounds.push({ gzip: await gzip(), seal: await seal() });
    else {
      const sealed = await seal();
      rounds.push({ gzip: await gzip(), seal: sealed });
    }
  printShares(bytes, rounds);
  const derivation = await used(async () => void (await prepareKey(benchPorts.sealing)(NOWHERE)));
  console.log(
    `the key derivation, once an object: ${derivation.processorMilliseconds.toFixed(0)} ms of processor`,
  );
  for (const count of [5_000, 50_000]) {
    const { residentPeak, objects } = await memoryOf(count);
    console.log(
      `${count} records in ${objects} object${objects === 1 ? '' : 's'}: peak ${Math.round(residentPeak / MEGABYTE)} MB`,
    );
  }
}

function printShares(bytes: number, rounds: readonly { gzip: Use; seal: Use }[]): void {
  for (const [name, unit] of [
    ['time', 'milliseconds'],
    ['processor', 'processorMilliseconds'],
  ] as const) {
    const gzip = Math.min(...rounds.map((round) => round.gzip[unit]));
    const seal = Math.min(...rounds.map((round) => round.seal[unit]));
    const shares = rounds.map((round) => round.gzip[unit] / round.seal[unit]);
    const median = shares.toSorted((left, right) => left - right)[(ROUNDS - 1) / 2] ?? 0;
    const each = shares.map((share) => share.toFixed(2)).join(', ');
    const rate = (milliseconds: number) => `${(bytes / MEGABYTE / (milliseconds / 1_000)).toFixed(0)} MB/s`;
    console.log(
      `by ${name}: ${median.toFixed(2)} of gzip alone in the middle of ${ROUNDS} rounds (${each}); best of each: gzip alone ${rate(gzip)}, sealed ${rate(seal)}, ${(gzip / seal).toFixed(2)}`,
    );
  }
}

function blocksOf(records: readonly ArchiveRecord[]): Buffer[] {
  const whole = Buffer.from(records.map(({ line }) => `${line}\n`).join(''));
  const count = Math.ceil(whole.length / BLOCK_BYTES);
  return Array.from({ length: count }, (_, index) =>
    whole.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES),
  );
}

async function gzipAlone(blocks: readonly Buffer[]): Promise<void> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(blocks, createGzip({ chunkSize: 3 * 65_536 }), nowhere);
}

async function sealAll(records: readonly ArchiveRecord[]): Promise<void> {
  for await (const { sealedBytes } of sealRecords(benchPorts, OWNER, [records]))
    if (sealedBytes === 0) throw new Error('Nothing was sealed.');
}

interface Use {
  milliseconds: number;
  processorMilliseconds: number;
}

async function used(work: () => Promise<void>): Promise<Use> {
  const before = process.cpuUsage();
  const begun = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { milliseconds: performance.now() - begun, processorMilliseconds: (user + system) / 1_000 };
}

async function memoryOf(count: number): Promise<z.infer<typeof MemoryMeasure>> {
  const script = fileURLToPath(new URL('seal-memory.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...SMALL_HEAP, script, String(count)]);
  return MemoryMeasure.parse(JSON.parse(stdout));
}
