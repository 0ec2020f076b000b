import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { planExport } from '../local/cxone/data/interactions/export-plan.ts';
import { interactionColumns, recordJson } from '../local/cxone/data/interactions/record.ts';
import { usualAnalytics } from '../local/cxone/data/interactions/settings.ts';

const MEGABYTE = 1_000_000;
const PAGE_RECORDS = 5_000;
/** The day that is exported. */
export const BENCH_DAY = '2024-05-15';

/** What one of the ways is told. */
export const AnalyticsOrder = z.object({
  way: z.enum(['pages', 'transform', 'baseline']),
  folder: z.string(),
  pages: z.int().min(1),
});
export type AnalyticsOrder = z.infer<typeof AnalyticsOrder>;

/** What it prints of itself. */
export const AnalyticsMeasure = z.object({
  milliseconds: z.number(),
  processorMilliseconds: z.number(),
  residentPeak: z.number(),
  records: z.number(),
  bytesOut: z.number(),
});
export type AnalyticsMeasure = z.infer<typeof AnalyticsMeasure>;

/**
 * Takes a day of interactions from its pages, of 5,000 records of ten fields and nesting, to a generation: pages to raw parts, then raw
 * parts to Parquet; and beside it the same pages one by one through `JSON.parse`, a flatten and gzip to JSON Lines, in plain
 * JavaScript. Each in a process of its own, on the same pages, with fewer records first, so that growing memory is seen.
 */
export async function benchAnalytics(words: readonly string[]): Promise<void> {
  const sizes = words.includes('--quick') ? [20_000, 100_000] : [50_000, 500_000];
  for (const records of sizes) await benchSize(records);
}

async function benchSize(records: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cxone-export-bench-'));
  try {
    const { pages, bytes } = writePages(folder, records);
    console.log(`\n## ${records} interactions, ${Math.round(bytes / MEGABYTE)} MB in ${pages} pages\n`);
    const order = { folder, pages };
    const baseline = await measure({ ...order, way: 'baseline' });
    const stored = await measure({ ...order, way: 'pages' });
    const transformed = await measure({ ...order, way: 'transform' });
    print('plain JavaScript, gzip', baseline, bytes);
    print('pages to raw parts', stored, bytes);
    print('raw parts to Parquet', transformed, bytes);
    for (const [name, unit] of [
      ['time', 'milliseconds'],
      ['processor', 'processorMilliseconds'],
    ] as const)
      console.log(
        `by ${name}: the transform ${ratio(baseline[unit], transformed[unit])}, both stages together ${ratio(baseline[unit], stored[unit] + transformed[unit])} the throughput of plain JavaScript`,
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the pages as CXone answers them. */
function writePages(folder: string, records: number): { pages: number; bytes: number } {
  const settings = { ...usualAnalytics, interactions: records };
  const columns = new Set(interactionColumns);
  const plan = planExport({
    seed: 'bench',
    from: BENCH_DAY,
    days: 1,
    columns: interactionColumns,
    filters: undefined,
    settings: () => settings,
  });
  mkdirSync(join(folder, 'pages'));
  const pages = Math.ceil(records / PAGE_RECORDS);
  let bytes = 0;
  for (let page = 0; page < pages; page += 1) {
    const places = Array.from(
      { length: Math.min(PAGE_RECORDS, records - page * PAGE_RECORDS) },
      (_, index) => page * PAGE_RECORDS + index,
    );
    const next = page + 1 < pages ? `"${page + 1}"` : 'null';
    const texts = places.map((place) => recordJson(plan.record(place), columns));
    const body = Buffer.from(`{"data":[${texts.join(',')}],"nextPageToken":${next}}`);
    writeFileSync(pageFile(folder, page), body);
    bytes += body.length;
  }
  return { pages, bytes };
}

/** The file of a page, from 0. */
export function pageFile(folder: string, page: number): string {
  return join(folder, 'pages', `${page}.json`);
}

async function measure(order: AnalyticsOrder): Promise<AnalyticsMeasure> {
  const script = fileURLToPath(new URL('analytics-process.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(order)]);
  return AnalyticsMeasure.parse(JSON.parse(stdout));
}

function print(name: string, measured: AnalyticsMeasure, bytes: number): void {
  const { milliseconds, processorMilliseconds, residentPeak, records, bytesOut } = measured;
  const rate = Math.round(bytes / MEGABYTE / (milliseconds / 1_000));
  console.log(
    `${name.padEnd(24)} ${(milliseconds / 1_000).toFixed(2)} s  ${rate} MB/s  processor ${(processorMilliseconds / 1_000).toFixed(2)} s  peak ${Math.round(residentPeak / MEGABYTE)} MB; ${records} records, ${Math.round(bytesOut / MEGABYTE)} MB out`,
  );
}

function ratio(theirs: number, ours: number): string {
  return `${(theirs / ours).toFixed(1)} times`;
}
