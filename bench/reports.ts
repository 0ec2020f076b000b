import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BaselineMeasure } from './baselines.ts';
import { type ReportOrder, writeReportDay } from './report-records.ts';

/** Records of the day: a few and many, for the memory, and as many as the aim is about. */
const SIZES = { small: 50_000, large: 200_000, memory: 500_000 };
const PROGRAM = fileURLToPath(new URL('report-programs.ts', import.meta.url));

/**
 * Makes a generation of a day of 200,000 nested records of 37 leaves, as they are stored, beside a generic recursive flatten with csv-stringify
 * over the same records in pages of 500, and beside JSON.parse alone; the same of 50,000, and of 500,000 the transform alone, for the memory.
 * @param words `--quick`: 50,000 only
 */
export async function benchReports(words: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cxone-export-reports-'));
  console.log(`${availableParallelism()} virtual cores, Node ${process.versions.node}`);
  try {
    for (const records of words.includes('--quick') ? [SIZES.small] : [SIZES.small, SIZES.large])
      await benchSize(join(folder, `${records}`), records);
    if (!words.includes('--quick')) await benchMemory(join(folder, `${SIZES.memory}`), SIZES.memory);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchSize(folder: string, records: number): Promise<void> {
  const day = await writeReportDay(folder, records);
  const order = { ...day, target: join(folder, 'target') };
  console.log(`\n## ${records} records, ${day.pages.length} pages, ${megabytes(day.part.bytes)} as stored\n`);
  const transform = await run('transform', order);
  const flatten = await run('flatten', order);
  const parse = await run('parse', order);
  console.log(line('transform to Parquet', transform));
  console.log(line('flatten and csv-stringify', flatten));
  console.log(line('JSON.parse alone', parse));
  const times = (of: 'milliseconds' | 'processorMilliseconds') => (flatten[of] / transform[of]).toFixed(1);
  console.log(
    `the flatten takes ${times('milliseconds')} times the time of the transform (processor: ${times('processorMilliseconds')})`,
  );
}

/** The transform alone, for its peak. */
async function benchMemory(folder: string, records: number): Promise<void> {
  const order = { ...(await writeReportDay(folder, records)), target: join(folder, 'target') };
  console.log(`\n## ${records} records\n`);
  console.log(line('transform to Parquet', await run('transform', order)));
}

async function run(name: string, order: ReportOrder): Promise<BaselineMeasure> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, name, JSON.stringify(order)]);
  return BaselineMeasure.parse(JSON.parse(stdout));
}

function line(
  name: string,
  { milliseconds, processorMilliseconds, residentPeak, rows, bytesOut }: BaselineMeasure,
): string {
  const seconds = (value: number) => `${(value / 1000).toFixed(2)} s`.padStart(8);
  return `${name.padEnd(26)} ${seconds(milliseconds)}  processor ${seconds(processorMilliseconds)}  peak ${megabytes(residentPeak)}; ${rows} rows, ${megabytes(bytesOut)} out`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
