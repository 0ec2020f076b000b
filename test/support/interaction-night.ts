import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { z } from 'zod';
import { currentKey, generationPrefix, runRecordKey, windowPrefix } from '../../lambdas/lake/keys.ts';
import { type Marks, readMarks } from '../../lambdas/ledger/marks.ts';
import { type RangeState, readRange } from '../../lambdas/ledger/ranges.ts';
import type { WindowState } from '../../lambdas/ledger/window-state.ts';
import { readWindow } from '../../lambdas/ledger/windows.ts';
import { DEFAULT_ANALYTICS_COLUMNS } from '../../lambdas/model/analytics-pipeline.ts';
import { Day } from '../../lambdas/model/days.ts';
import type { RunArn } from '../../lambdas/model/ids.ts';
import { ANALYTICS_DATASET } from '../../lambdas/model/payloads.ts';
import { RunRecord } from '../../lambdas/model/run-record.ts';
import type { ExpectedInteractions, SimulatedExport } from '../../local/cxone/index.ts';
import type { Night, NightsOptions, StoredNight } from './night.ts';
import { storesOf } from './night-findings.ts';

/** What nights of interactions are prepared with: days of 60 interactions in pages of 25. */
export function interactionNights(
  settings: Readonly<Record<string, unknown>> = {},
  { simulator, ...others }: Partial<NightsOptions> = {},
): NightsOptions & { pipeline: 'analytics-export' } {
  return {
    ...others,
    pipeline: 'analytics-export',
    pipelines: { analytics: { pageSize: 25, outputs: ['parquet', 'jsonl'], ...settings } },
    simulator: { ...simulator },
  };
}

/** Scenarios of every night: days are small. */
export const SMALL_DAYS = 'interactions:60';

/** The window's item in the ledger. */
export function interactionWindow(night: StoredNight, day: string): Promise<WindowState> {
  return readWindow(storesOf(night).ledger, ANALYTICS_DATASET, Day.parse(day));
}

/** The item of a range. */
export function rangeState(night: StoredNight, from: string, days: number): Promise<RangeState> {
  return readRange(storesOf(night).ledger, ANALYTICS_DATASET, { from: Day.parse(from), days });
}

/** The dataset's marks. */
export function interactionMarks(night: StoredNight): Promise<Marks> {
  return readMarks(storesOf(night).ledger, ANALYTICS_DATASET);
}

/** What CXone holds of a day: taken before the scenario changes. `first` where the day is the first of its export. */
export function interactionTruth(night: StoredNight, day: string): ExpectedInteractions {
  return night.simulator.expectedInteractions(day, { columns: DEFAULT_ANALYTICS_COLUMNS });
}

/** The exports that CXone was asked for since the night was opened. */
export function exportsOf(night: Night): SimulatedExport[] {
  return night.simulator.exports.filter(({ createdAt }) => Date.parse(createdAt) >= night.startedAt);
}

/** The run's record. */
export async function interactionRecord(night: StoredNight, run: RunArn): Promise<RunRecord> {
  const { objects, ledger } = storesOf(night);
  return RunRecord.parse(
    JSON.parse(await objects.readText(runRecordKey(ledger.tenant, 'analytics-export', run))),
  );
}

const Current = z.looseObject({
  generation: z.string(),
  manifest: z.looseObject({
    window: z.looseObject({ files: z.array(z.looseObject({ key: z.string(), format: z.string() })) }),
  }),
});

const Line = z.record(z.string(), z.unknown());

/** The records of gzipped JSON Lines. */
export async function linesOf(night: StoredNight, key: string): Promise<string[]> {
  const text = gunzipSync(await buffer(await storesOf(night).objects.open(key))).toString('utf8');
  return text.split('\n').filter((line) => line !== '');
}

/** The day's committed records as JSON, in their order, as `current.json` leads to them. */
export async function interactionLines(night: StoredNight, day: string): Promise<string[]> {
  const { objects, ledger } = storesOf(night);
  const text = await objects.readText(currentKey(ledger.tenant, ANALYTICS_DATASET, Day.parse(day)));
  const { manifest } = Current.parse(JSON.parse(text));
  const lines: string[] = [];
  for (const { key } of manifest.window.files.filter(({ format }) => format === 'jsonl'))
    lines.push(...(await linesOf(night, key)));
  return lines;
}

/** The day's committed rows by id, as `current.json` leads to them. */
export async function interactionRows(
  night: StoredNight,
  day: string,
): Promise<Map<string, z.infer<typeof Line>>> {
  const rows = new Map<string, z.infer<typeof Line>>();
  for (const line of await interactionLines(night, day)) {
    const row = Line.parse(JSON.parse(line));
    expect(rows.has(String(row.interaction_id)), 'every id once').toBe(false);
    rows.set(String(row.interaction_id), row);
  }
  return rows;
}

/** A committed row in CXone's words, as text. */
function inWords(row: z.infer<typeof Line>): Record<string, string> {
  const text = (column: string) => String(row[column] ?? '');
  const instant = (column: string) =>
    new Date(`${text(column).replace(' ', 'T').replace(/Z?$/, 'Z')}`).toISOString();
  const seconds = (column: string) => (row[column] === null ? '' : String(Number(row[column])));
  return {
    id: text('interaction_id'),
    direction: text('direction'),
    medium: text('medium'),
    startTime: instant('start_time'),
    endTime: instant('end_time'),
    agentId: text('agent_id'),
    queueId: text('queue_id'),
    holdTime: seconds('hold_seconds'),
    wrapTime: seconds('wrap_seconds'),
    talkTime: seconds('talk_seconds'),
  };
}

/** The day is committed once, everywhere alike, and holds exactly CXone's interactions. */
export async function expectInteractions(
  night: StoredNight,
  day: string,
  truth: ExpectedInteractions,
): Promise<void> {
  const window = await interactionWindow(night, day);
  const { generation } = window;
  expect(generation, `${day} is committed`).toBeDefined();
  if (generation === undefined) return;
  const { catalog, ledger, objects } = storesOf(night);
  expect(window.facts?.rows).toEqual({
    parsed: truth.records,
    rowsOut: truth.distinct,
    duplicates: truth.repeated,
    superseded: truth.outdated,
    rejects: 0,
    outsideWindow: truth.early,
  });
  expect(window).toMatchObject({ catalogGeneration: generation, currentGeneration: generation });
  const prefix = generationPrefix(ledger.tenant, ANALYTICS_DATASET, Day.parse(day), generation);
  const location = await catalog.locationOf(ANALYTICS_DATASET, day);
  expect(location).toBe(`s3://${night.platform.bucket}/${prefix}`);
  const complete: string[] = [];
  const folder = windowPrefix('lake', ledger.tenant, ANALYTICS_DATASET, Day.parse(day));
  for await (const { key } of objects.list(folder)) complete.push(key);
  expect(complete.some((key) => key === `${prefix}_manifest.json`)).toBe(true);
  const rows = await interactionRows(night, day);
  expect(new Map([...rows].map(([id, row]) => [id, inWords(row)]))).toEqual(new Map(truth.rows));
}

/** Everybody who committed the day has left. */
export async function expectNoCommitter(night: StoredNight, day: string): Promise<void> {
  const { registrants } = await interactionWindow(night, day);
  expect([...registrants], 'no committer is left').toEqual([]);
}

/** Nothing of the day is committed. */
export async function expectNoInteractions(night: StoredNight, day: string): Promise<void> {
  const { catalog } = storesOf(night);
  expect((await interactionWindow(night, day)).generation).toBeUndefined();
  expect(await catalog.locationOf(ANALYTICS_DATASET, day)).toBeUndefined();
}

/** CXone was treated as its documentation asks: its own watch saw nothing, and the rate is held. */
export function expectGoodManners(night: Night): void {
  expect(night.violations()).toEqual([]);
}
