import { createWriteStream, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type DayPlan, planDay } from '../local/cxone/data/day-plan.ts';
import { partContent } from '../local/cxone/data/part-content.ts';
import { type DaySettings, usualDay, usualLayout } from '../local/cxone/data/settings.ts';
import { usualColumns } from '../local/cxone/index.ts';

/** A day's export as files. */
export interface PartFiles {
  settings: DaySettings;
  /** In the order of the parts. */
  files: string[];
  bytes: number;
}

/** Data of a bench is the same each time. */
export const SEED = 'bench';
const PARTS = 4;
/** Calls of which the bytes of a row are measured. */
const SAMPLE = 20_000;

/**
 * Writes the simulator's export of a day into files: as many calls as make about so many bytes, in four parts, with one
 * duplicate and a tenth of a superseded row in ten thousand.
 */
export async function writeParts(folder: string, day: string, bytes: number): Promise<PartFiles> {
  mkdirSync(folder, { recursive: true });
  const sample = plan(day, { ...usualDay, rows: SAMPLE, parts: 1 });
  const sampled = contents(sample).reduce((sum, chunks) => sum + bytesOf(chunks), 0);
  const rows = Math.round((bytes / sampled) * SAMPLE);
  const settings = {
    ...usualDay,
    rows,
    parts: PARTS,
    duplicates: Math.floor(rows / 10_000),
    superseded: Math.floor(rows / 100_000),
  };
  const files: string[] = [];
  for (const chunks of contents(plan(day, settings))) {
    const file = join(folder, `part-${files.length + 1}.csv`);
    await pipeline(Readable.from(chunks), createWriteStream(file));
    files.push(file);
  }
  return { settings, files, bytes: files.reduce((sum, file) => sum + statSync(file).size, 0) };
}

function plan(day: string, settings: DaySettings): DayPlan {
  return planDay({
    seed: SEED,
    day,
    settings,
    layout: usualLayout,
    format: 'csv',
    columns: usualColumns,
    filters: {},
  });
}

function bytesOf(chunks: Iterable<Buffer>): number {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  return bytes;
}

function contents(planned: DayPlan) {
  return planned.parts.map((part) => partContent(planned, part));
}
