import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../support/transform-memory.ts', import.meta.url));
const MEMORY_LIMIT = 512;

describe('ALL-17 memory of the transform', () => {
  it('ALL-17 transforms a part of 100 MB within its memory limit, on a JavaScript heap of 64 MB', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--max-old-space-size=64',
      PROGRAM,
      '100',
      String(MEMORY_LIMIT),
    ]);

    const { rows, residentMegabytes } = JSON.parse(stdout);

    expect(rows).toBeGreaterThan(800_000);
    expect(residentMegabytes).toBeLessThan(MEMORY_LIMIT);
  });
});
