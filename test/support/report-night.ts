import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { z } from 'zod';
import { currentKey, generationPrefix, windowPrefix } from '../../lambdas/lake/keys.ts';
import { type Marks, readMarks } from '../../lambdas/ledger/marks.ts';
import { type Reading, readReading } from '../../lambdas/ledger/readings.ts';
import type { WindowState } from '../../lambdas/ledger/window-state.ts';
import { readWindow } from '../../lambdas/ledger/windows.ts';
import { Day } from '../../lambdas/model/days.ts';
import { DatasetId } from '../../lambdas/model/ids.ts';
import type { ReportRecord, SimulatorOptions } from '../../local/cxone/index.ts';
import { type NightsOptions, type StoredNight, TENANT } from './night.ts';
import { keysUnder, parquetColumns, storesOf } from './night-findings.ts';

/** The datasets of the reports that nights have. */
export const SKILLS = DatasetId.parse('skill_performance');
export const QUEUES = DatasetId.parse('queue_performance');

/** The reports' ids in CXone. */
const REPORT_IDS: Readonly<Record<string, string>> = { [SKILLS]: 'RPT-7', [QUEUES]: 'RPT-8' };

/** A report as the configuration has it, with columns that are compared. */
export function reportSettings(dataset: DatasetId, changes: object = {}): object {
  return {
    dataset,
    reportId: REPORT_IDS[dataset],
    mapping: 'report-skill-performance.v1',
    key: ['interval_start', 'skill_id'],
    outputs: ['parquet', 'jsonl'],
    ...changes,
  };
}

/** What nights of reports are prepared with: two reports unless told otherwise. */
export function reportNights(
  reports: object[] = [reportSettings(SKILLS), reportSettings(QUEUES)],
  { simulator, ...settings }: { simulator?: SimulatorOptions } & Record<string, unknown> = {},
): NightsOptions {
  return {
    pipeline: 'report-sync',
    pipelines: { reports: { reports, ...settings } },
    ...(simulator ? { simulator } : {}),
  };
}

/** The window's item in the ledger. */
export function reportWindow(night: StoredNight, dataset: DatasetId, day: string): Promise<WindowState> {
  return readWindow(storesOf(night).ledger, dataset, Day.parse(day));
}

/** How the window was read. */
export function readingOf(night: StoredNight, dataset: DatasetId, day: string): Promise<Reading | undefined> {
  return readReading(storesOf(night).ledger, { dataset, day: Day.parse(day) });
}

/** The dataset's marks. */
export function reportMarks(night: StoredNight, dataset: DatasetId): Promise<Marks> {
  return readMarks(storesOf(night).ledger, dataset);
}

/** What CXone has of a day now: taken before the scenario changes. */
export function reportTruth(night: StoredNight, dataset: DatasetId, day: string): readonly ReportRecord[] {
  return night.simulator.expectedReport(day, { reportId: REPORT_IDS[dataset] ?? '' });
}

/** Generations of the day that are complete. */
export async function reportGenerations(
  night: StoredNight,
  dataset: DatasetId,
  day: string,
): Promise<string[]> {
  const keys = await keysUnder(night, windowPrefix('lake', TENANT, dataset, Day.parse(day)));
  return keys.flatMap((key) => /gen=([0-9a-f]{32})\/_manifest\.json$/.exec(key)?.[1] ?? []);
}

const Current = z.looseObject({
  generation: z.string(),
  manifest: z.looseObject({
    window: z.looseObject({ files: z.array(z.looseObject({ key: z.string(), format: z.string() })) }),
  }),
});

/** A committed row in the words of the mapping; only what the tests compare. */
const Row = z.looseObject({
  interval_start: z.string(),
  skill_id: z.string(),
  skill_name: z.string(),
  calls_offered: z.number(),
  calls_answered: z.number().nullable(),
  tags: z.string().nullable(),
  comment: z.string().nullable().optional(),
  extra_columns: z.record(z.string(), z.json()).nullable(),
});
export type Row = z.infer<typeof Row>;

/** What the day's `current.json` says. */
async function currentReport(night: StoredNight, dataset: DatasetId, day: string) {
  const { objects, ledger } = storesOf(night);
  const text = await objects.readText(currentKey(ledger.tenant, dataset, Day.parse(day)));
  return Current.parse(JSON.parse(text)).manifest.window;
}

/** The day's committed records as JSON, in their order, as `current.json` leads to them. */
export async function reportLines(night: StoredNight, dataset: DatasetId, day: string): Promise<string[]> {
  const { objects } = storesOf(night);
  const { files } = await currentReport(night, dataset, day);
  const lines: string[] = [];
  for (const { key } of files.filter(({ format }) => format === 'jsonl')) {
    const stored = gunzipSync(await buffer(await objects.open(key))).toString('utf8');
    lines.push(...stored.split('\n').filter((line) => line !== ''));
  }
  return lines;
}

/** The day's committed rows, by interval and skill. */
export async function reportRows(night: StoredNight, dataset: DatasetId, day: string): Promise<Row[]> {
  const rows = (await reportLines(night, dataset, day)).map((line) => Row.parse(JSON.parse(line)));
  return rows.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}

/** Name and type of every column of the day's Parquet files. */
export async function reportColumns(night: StoredNight, dataset: DatasetId, day: string): Promise<string[]> {
  const { files } = await currentReport(night, dataset, day);
  return parquetColumns(
    night,
    files.flatMap(({ key, format }) => (format === 'parquet' ? [key] : [])),
  );
}

function keyOf({ interval_start, skill_id }: Pick<Row, 'interval_start' | 'skill_id'>): string {
  return `${interval_start} ${skill_id}`;
}

const Record = z.looseObject({
  interval: z.looseObject({ startTime: z.string() }),
  skill: z.looseObject({ id: z.string(), name: z.string() }),
  metric: z.looseObject({
    calls: z.looseObject({
      offered: z.number(),
      answered: z.number().optional(),
      handled: z.number().optional(),
    }),
  }),
});

/** The day is committed once, everywhere alike, and holds exactly CXone's rows. */
export async function expectReport(
  night: StoredNight,
  dataset: DatasetId,
  day: string,
  truth: readonly ReportRecord[],
): Promise<void> {
  const window = await reportWindow(night, dataset, day);
  const { generation } = window;
  expect(generation, `${dataset} ${day} is committed`).toBeDefined();
  if (generation === undefined) return;
  const { catalog, ledger } = storesOf(night);
  const location = await catalog.locationOf(dataset, day);
  const prefix = generationPrefix(ledger.tenant, dataset, Day.parse(day), generation);
  expect(location).toBe(`s3://${night.platform.bucket}/${prefix}`);
  expect(window).toMatchObject({ catalogGeneration: generation, currentGeneration: generation });
  expect(window.facts?.rows).toMatchObject({ parsed: truth.length, rowsOut: truth.length, rejects: 0 });
  const rows = await reportRows(night, dataset, day);
  expect(
    rows.map(({ interval_start, skill_id, skill_name, calls_offered, calls_answered }) => ({
      start: Date.parse(/Z$/.test(interval_start) ? interval_start : `${interval_start.replace(' ', 'T')}Z`),
      skill_id,
      skill_name,
      calls_offered,
      calls_answered,
    })),
  ).toEqual(
    truth.map((record) => {
      const { interval, skill, metric } = Record.parse(record);
      return {
        start: Date.parse(interval.startTime),
        skill_id: skill.id,
        skill_name: skill.name,
        calls_offered: metric.calls.offered,
        calls_answered: metric.calls.answered ?? metric.calls.handled,
      };
    }),
  );
}
