import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../support/transform-memory.ts', import.meta.url));
const RECORDS = fileURLToPath(new URL('../../support/record-transform-memory.ts', import.meta.url));
const MEMORY_LIMIT = 512;
/** Of which DuckDB has half: a sort of the records below takes more. */
const LEAST_MEMORY = 256;

/** Transforms a part of so many megabytes on a JavaScript heap of 64 MB. */
async function transformed(megabytes: number, kind: 'good' | 'bad'): Promise<Record<string, number>> {
  const program = ['--max-old-space-size=64', PROGRAM, String(megabytes), String(MEMORY_LIMIT), kind];
  const { stdout } = await promisify(execFile)(process.execPath, program);
  return JSON.parse(stdout);
}

describe('ALL-17 memory of the transform', () => {
  it('ALL-17 transforms a part that is larger than its memory may hold', async () => {
    const { rowsOut, residentMegabytes } = await transformed(100, 'good');

    expect(rowsOut).toBeGreaterThan(800_000);
    expect(residentMegabytes).toBeLessThan(MEMORY_LIMIT);
  });

  it('ALL-17 quarantines a part of nothing but rejects in the same memory', async () => {
    const { parsed, rejects, residentMegabytes } = await transformed(30, 'bad');

    expect(rejects).toBeGreaterThan(250_000);
    expect(rejects).toBe(parsed);
    expect(residentMegabytes).toBeLessThan(MEMORY_LIMIT);
  });

  it('ALL-17 sorts records that came in no order in less memory than they take', async () => {
    const program = ['--max-old-space-size=64', RECORDS, '100000', String(LEAST_MEMORY)];

    const { stdout } = await promisify(execFile)(process.execPath, program);

    const { rowsOut, residentMegabytes } = JSON.parse(stdout);
    expect(rowsOut).toBe(100_000);
    expect(residentMegabytes).toBeLessThan(450);
  });
});
