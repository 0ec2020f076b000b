import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { largeWorkbook } from '../../support/workbooks.ts';

const PROGRAM = fileURLToPath(new URL('../../support/workbook-memory.ts', import.meta.url));
const ROWS = 100_000;
const COLUMNS = ['id', ...Array.from({ length: 9 }, (_, index) => `metric.value${index}`)];

describe('ALL-17 memory of result files', () => {
  it('ALL-17 ANA-06 reads a workbook of 100,000 rows on two sheets in a quarter of the transform’s least memory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'workbook-'));
    const file = join(folder, 'large.xlsx');
    await writeFile(file, largeWorkbook(COLUMNS, ROWS));

    const { stdout } = await promisify(execFile)(process.execPath, [
      '--max-old-space-size=64',
      PROGRAM,
      file,
    ]);

    await rm(folder, { recursive: true });
    const { records, longest, residentMegabytes } = JSON.parse(stdout);
    expect([records, longest > 100]).toEqual([ROWS, true]);
    expect(residentMegabytes).toBeLessThan(256);
  });
});
