import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

/** What a baseline, in a process of its own, prints of itself. */
export const BaselineMeasure = z.object({
  milliseconds: z.number(),
  processorMilliseconds: z.number(),
  residentPeak: z.number(),
  rows: z.number(),
  bytesOut: z.number(),
});

/** See `BaselineMeasure`. */
export type BaselineMeasure = z.infer<typeof BaselineMeasure>;

/** What a baseline is told. */
export const BaselineOrder = z.object({ files: z.array(z.string()), target: z.string() });

/** Runs a baseline: `duckdb` is the limit, `row-by-row` is what one would write first. */
export async function runBaseline(
  name: 'duckdb' | 'row-by-row',
  order: z.infer<typeof BaselineOrder>,
): Promise<BaselineMeasure> {
  const script = fileURLToPath(new URL(`${name}-baseline.ts`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(order)]);
  return BaselineMeasure.parse(JSON.parse(stdout));
}
