import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { runBaseline } from './baselines.ts';
import { writeParts } from './parts.ts';
import { measurePipeline } from './pipeline.ts';
import { describeBaseline, describePipeline, describeRatios } from './report.ts';

const DAY = '2024-05-15';
const MEGABYTE = 1_000_000;
/** Megabytes that the transform has in its default setting, and the least that it can be given. */
const USUAL_MEMORY = 3_008;
const LEAST_MEMORY = 1_024;

/**
 * Loads a day of 200 MB of CSV in four parts through the deployed handlers, beside bare DuckDB and a row-by-row program on
 * the same files; then one of 1 GB, without the row-by-row program, and with the least memory that the transform can be given.
 * @param words `--quick`: 200 MB only
 */
export async function benchCdr(words: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cxone-export-bench-'));
  const gigabytes = totalmem() / (1000 * MEGABYTE);
  console.log(
    `${availableParallelism()} virtual cores, ${gigabytes.toFixed(0)} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}`,
  );
  try {
    const small = { bytes: 200 * MEGABYTE, transformMemory: USUAL_MEMORY, rowByRow: true };
    const large = { bytes: 1000 * MEGABYTE, transformMemory: LEAST_MEMORY, rowByRow: false };
    await benchSize(join(folder, 'small'), small);
    if (!words.includes('--quick')) await benchSize(join(folder, 'large'), large);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchSize(
  folder: string,
  { bytes, transformMemory, rowByRow }: { bytes: number; transformMemory: number; rowByRow: boolean },
): Promise<void> {
  const parts = await writeParts(join(folder, 'parts'), DAY, bytes);
  console.log(
    `\n## ${Math.round(parts.bytes / MEGABYTE)} MB of CSV in ${parts.files.length} parts, transform of ${transformMemory} MB\n`,
  );
  const { first, repeated } = await measurePipeline(folder, DAY, parts, transformMemory);
  console.log(describePipeline(first, parts.bytes));
  const duckDb = await runBaseline('duckdb', { files: parts.files, target: join(folder, 'bare.parquet') });
  console.log(describeBaseline('bare DuckDB to Parquet', duckDb, parts.bytes));
  const rows = rowByRow
    ? await runBaseline('row-by-row', { files: parts.files, target: join(folder, 'rows.csv.gz') })
    : undefined;
  if (rows !== undefined) console.log(describeBaseline('row by row to gzip CSV', rows, parts.bytes));
  console.log(describeRatios({ first, repeated, duckDb, rows }));
  rmSync(folder, { recursive: true, force: true });
}
