import { z } from 'zod';
import { firstDayOf, holesIn } from '../ledger/holes.ts';
import { readMarks } from '../ledger/marks.ts';
import { readPause } from '../ledger/pauses.ts';
import type { WindowState } from '../ledger/window-state.ts';
import { readWindows, type WindowLedger } from '../ledger/windows.ts';
import { Day, plusDays, startOf } from '../model/days.ts';
import type { DatasetId } from '../model/ids.ts';
import type { DatasetMetric, DeliveryMetric, RunMetric, SecretMetric, SecretName } from '../model/metrics.ts';
import type { DatasetRecord, RunRecord, WindowRecord } from '../model/run-record.ts';
import { undeliveredFor } from './webhook/tally.ts';

/** Metrics of one subject. */
export interface MetricSet {
  dimensions:
    | { Tenant: string; Pipeline: string }
    | { Tenant: string; Dataset: string }
    | { Tenant: string; Secret: SecretName };
  values: Partial<Record<RunMetric | DatasetMetric | DeliveryMetric | SecretMetric, number>>;
}

const DAY_MILLISECONDS = 86_400_000;

/** Weeks that a day's rows are compared with, and how many of them must be there for a comparison. */
const USUAL_WEEKS = [1, 2, 3, 4];
const FEWEST_WEEKS = 2;

/** What a run tells in metrics: of its pipeline, and of each of its datasets as it stands after the run. */
export async function metricsOf(ledger: WindowLedger, record: RunRecord): Promise<MetricSet[]> {
  const sets: MetricSet[] = [
    {
      dimensions: { Tenant: record.tenant, Pipeline: record.pipeline },
      values: {
        RunRecorded: 1,
        RunSucceeded: record.outcome === 'SUCCEEDED' ? 1 : 0,
        WindowsFailed: record.windows.filter(({ outcome }) => outcome === 'failed').length,
        ThrottledSeconds: record.throttledSeconds,
        Retries: record.retries,
        QueueWaitSeconds:
          Math.max(0, ...record.windows.map((window) => window.queueWaitMilliseconds)) / 1_000,
        DurationSeconds: record.milliseconds / 1_000,
        ...unavailableOf(record),
        ...(await pausedDays(ledger, record)),
      },
    },
  ];
  for (const dataset of record.datasets) sets.push(await datasetMetrics(ledger, record, dataset));
  return sets;
}

const Looked = z.object({
  total: z.number(),
  notDone: z.number(),
  unavailable: z.record(z.string(), z.number()),
});

/** Of a run that was told which interactions to look at: one that is not there may be a slip of whoever named it. */
const Named = z.looseObject({ ids: z.array(z.unknown()) });

/** Which part of the interactions that CXone had listed it did not give; nothing where none was looked at, or the pipeline has none. */
function unavailableOf({ pipeline, report, input }: RunRecord): MetricSet['values'] {
  if (pipeline !== 'interaction-archive' || Named.safeParse(input).success) return {};
  const looked = Looked.safeParse(report).data;
  if (looked === undefined) return {};
  const { stillForbidden = 0, givenUp = 0 } = looked.unavailable;
  const told = stillForbidden + givenUp;
  const asked = looked.total - looked.notDone - told;
  const unavailable = Object.values(looked.unavailable).reduce((total, count) => total + count, -told);
  return asked > 0 ? { InteractionsUnavailablePercent: (100 * unavailable) / asked } : {};
}

/** For how long data actions have been paused, whoever has started the run. */
async function pausedDays(
  ledger: WindowLedger,
  { pipeline, startedAt }: RunRecord,
): Promise<MetricSet['values']> {
  if (pipeline !== 'data-action-dates') return {};
  const { pausedAt = startedAt } = (await readPause(ledger, pipeline)) ?? {};
  const days = (Date.parse(startedAt) - Date.parse(pausedAt)) / DAY_MILLISECONDS;
  return { PausedDays: Math.max(0, Math.floor(days)) };
}

async function datasetMetrics(
  ledger: WindowLedger,
  record: RunRecord,
  { dataset, drift, loadedThrough }: DatasetRecord,
): Promise<MetricSet> {
  const committed = await committedWindows(ledger, dataset);
  const beginning = await readMarks(ledger, dataset);
  const own = record.windows.filter((window) => window.dataset === dataset && window.outcome === 'committed');
  const sum = (of: (window: (typeof own)[number]) => number | undefined) =>
    own.reduce((total, window) => total + (of(window) ?? 0), 0);
  const parsed = sum(({ rows }) => rows?.parsed);
  return {
    dimensions: { Tenant: record.tenant, Dataset: dataset },
    values: known({
      RowsOut: sum(({ rows }) => rows?.rowsOut),
      RejectsPercent: parsed === 0 ? undefined : (100 * sum(({ rows }) => rows?.rejects)) / parsed,
      IntegrityPercent: integrityOf(own.flatMap(({ day }) => committed.get(day) ?? [])),
      DriftColumnsOpen: drift.open,
      Holes: holesIn(new Set(committed.keys()), beginning).length,
      // While no day is there, from where on days are missing; undefined before the first run has fixed it.
      DaysBehind: daysBehind(loadedThrough ?? firstDayOf(beginning), record.startedAt),
      ...undeliveredOf([...committed.values()], ledger.clock.now()),
      RowsOfUsualPercent: farthestFromUsual(committed, comparedDays(own)),
    }),
  };
}

function known(values: Partial<Record<DatasetMetric, number | undefined>>): MetricSet['values'] {
  const present: MetricSet['values'] = {};
  for (const [name, value] of Object.entries(values) as [DatasetMetric, number | undefined][])
    if (value !== undefined) present[name] = value;
  return present;
}

async function committedWindows(ledger: WindowLedger, dataset: DatasetId): Promise<Map<Day, WindowState>> {
  const windows = new Map<Day, WindowState>();
  for await (const window of readWindows(ledger, dataset))
    if (window.generation !== undefined) windows.set(window.day, window);
  return windows;
}

/** Summed over the windows' counts, not averaged over their rates. */
function integrityOf(windows: readonly WindowState[]): number | undefined {
  const measured = windows.flatMap(({ facts }) => facts?.integrity ?? []);
  const total = measured.reduce((sum, integrity) => sum + integrity.total, 0);
  if (total === 0) return undefined;
  return (100 * measured.reduce((sum, integrity) => sum + integrity.valid, 0)) / total;
}

/** Which days the webhook was not told of; nothing where it has never been owed one. */
function undeliveredOf(
  windows: readonly WindowState[],
  now: number,
): Partial<Record<DatasetMetric, number | undefined>> {
  const told = windows.filter(({ deliverCommit }) => deliverCommit !== undefined);
  if (told.length === 0) return {};
  const ages = told.flatMap((window) => undeliveredFor(window, now) ?? []);
  return { UndeliveredDays: ages.length, UndeliveredSeconds: Math.max(0, ...ages) / 1_000 };
}

function daysBehind(through: string | undefined, startedAt: string): number | undefined {
  if (through === undefined) return undefined;
  const today = startOf(Day.parse(startedAt.slice(0, 10)));
  return Math.max(0, Math.round((today - Date.parse(through)) / DAY_MILLISECONDS));
}

/**
 * The days whose rows are held against their weekday's: the last one, and those that were read again, whose rows may have become fewer.
 * A back-fill's days are not: there is a holiday in every year.
 */
function comparedDays(own: readonly WindowRecord[]): Day[] {
  const last = own
    .map(({ day }) => day)
    .toSorted()
    .at(-1);
  return own.flatMap(({ day, task }) => (day === last || task === 'restate' ? [day] : []));
}

/** Of several days' percentages the one that is the most times more or less than 100. */
function farthestFromUsual(
  committed: ReadonlyMap<Day, WindowState>,
  days: readonly Day[],
): number | undefined {
  const times = (percent: number) => Math.max(percent / 100, 100 / percent);
  return days
    .flatMap((day) => percentOfUsual(committed, day) ?? [])
    .toSorted((left, right) => times(left) - times(right))
    .at(-1);
}

function percentOfUsual(committed: ReadonlyMap<Day, WindowState>, day: Day): number | undefined {
  const rowsOf = (one: Day) => committed.get(one)?.facts?.rows.rowsOut;
  const before = USUAL_WEEKS.flatMap((weeks) => rowsOf(plusDays(day, -7 * weeks)) ?? []);
  const usual = median(before);
  const rows = rowsOf(day);
  if (before.length < FEWEST_WEEKS || rows === undefined || usual === 0) return undefined;
  return (100 * rows) / usual;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
