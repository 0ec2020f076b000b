import { costOf, type Usage } from '../delivery/cost.ts';
import { usageOfRun } from '../delivery/usage.ts';
import { type ListedRun, lastRuns } from '../ledger/run-list.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { ListedWindow } from '../model/payloads.ts';
import type { PipelineName, WindowedPipelineName } from '../model/pipelines.ts';
import type { ListedRange } from '../model/range-payloads.ts';
import { asksCxone } from './ranges.ts';

/** What a plan would come to, before anything is called. */
export interface Estimate {
  /** Calls to CXone, without repeats. */
  calls: number;
  /** USD on AWS, without the repeats and the standing charges. */
  costUsd: number;
  /** Runs of the pipeline that it follows from; 0 where it is that of an ordinary run. */
  fromRuns: number;
}

/** One token for the run. */
const CALLS_OF_RUN = 1;

/** What an ordinary window of a pipeline comes to. */
interface OrdinaryWindow {
  calls: number;
  usage: Partial<Usage>;
}

/**
 * Usage as test/workflow/cost.test.ts counts it, rounded up, the run's own share included; function time by docs/cost.md. That test
 * holds the figures to what is counted.
 */
const ORDINARY: Readonly<Record<WindowedPipelineName, OrdinaryWindow>> = {
  // Four parts whose job takes a quarter of an hour: submit, thirteen polls, four parts.
  'cdr-export': {
    calls: 18,
    usage: {
      stateTransitions: 70,
      gigabyteSeconds: 45,
      functionCalls: 28,
      ledgerReads: 50,
      ledgerWrites: 140,
      objectWrites: 17,
      objectReads: 14,
      keyCalls: 80,
      catalogCalls: 4,
      logGigabytes: 120e-6,
      traces: 28,
    },
  },
  // A day in two pages of 5,000: claim, transform, commit, publish, audit. Submitting and polling are the range's.
  'analytics-export': {
    calls: 2,
    usage: {
      stateTransitions: 20,
      gigabyteSeconds: 25,
      functionCalls: 8,
      ledgerReads: 30,
      ledgerWrites: 60,
      objectWrites: 10,
      objectReads: 6,
      keyCalls: 25,
      catalogCalls: 4,
      logGigabytes: 35e-6,
      traces: 8,
    },
  },
  // A day of 1,200 rows: three pages.
  'report-sync': {
    calls: 3,
    usage: {
      stateTransitions: 15,
      gigabyteSeconds: 25,
      functionCalls: 8,
      ledgerReads: 33,
      ledgerWrites: 58,
      objectWrites: 7,
      objectReads: 4,
      keyCalls: 22,
      catalogCalls: 2,
      logGigabytes: 33e-6,
      traces: 8,
    },
  },
};

/** What an export of a range comes to beside its windows: submit, and thirteen polls in a quarter of an hour. */
const ORDINARY_RANGE: OrdinaryWindow = {
  calls: 14,
  usage: {
    stateTransitions: 60,
    gigabyteSeconds: 60,
    functionCalls: 22,
    ledgerReads: 60,
    ledgerWrites: 110,
    objectWrites: 8,
    objectReads: 5,
    keyCalls: 65,
    logGigabytes: 95e-6,
    traces: 22,
  },
};

/**
 * What windows come to of which CXone is not asked: the steps of a commit alone, and before them a transformation where stored raw data is
 * taken once more. Counted by the same test, rounded up.
 */
const SHOWN: Partial<Usage> = {
  stateTransitions: 5,
  gigabyteSeconds: 4,
  functionCalls: 3,
  ledgerReads: 15,
  ledgerWrites: 20,
  objectWrites: 5,
  objectReads: 3,
  keyCalls: 9,
  catalogCalls: 1,
  logGigabytes: 15e-6,
  traces: 3,
};
const REPLAYED: Partial<Usage> = {
  stateTransitions: 9,
  gigabyteSeconds: 20,
  functionCalls: 5,
  ledgerReads: 16,
  ledgerWrites: 30,
  objectWrites: 6,
  objectReads: 5,
  keyCalls: 13,
  catalogCalls: 1,
  logGigabytes: 25e-6,
  traces: 5,
};

/** What a run is to do. */
export interface PlannedWork {
  /** Windows that CXone is asked for. */
  exported: number;
  /** Exports of ranges that bring them; 0 where each window is asked for by itself. */
  ranges: number;
  /** Windows whose stored raw data is transformed once more. */
  replayed: number;
  /** Windows whose commit is shown once more, or seen through. */
  shown: number;
}

/** Sorts a plan's windows by what they are to come to. */
export function plannedWork(list: readonly ListedWindow[], ranges: readonly ListedRange[] = []): PlannedWork {
  const exported = list.filter(({ task }) => asksCxone(task)).length;
  const replayed = list.filter(({ task }) => task === 'replay').length;
  return {
    exported,
    ranges: ranges.filter(({ load }) => load).length,
    replayed,
    shown: list.length - exported - replayed,
  };
}

/** What every run comes to, whatever it has to do. */
const COST_OF_RUN = costOf(usageOfRun(1));

/** What earlier runs of a pipeline came to, all together. */
export interface History {
  runs: number;
  windows: number;
  calls: number;
  costUsd: number;
}

/** Runs of the tenant, of any pipeline, that are looked through: a month of five pipelines or so. */
const RECENT_RUNS = 150;

/** What the pipeline's recent runs came to that succeeded and asked CXone for something: replays and republications tell nothing of exports. */
export async function recentHistory(
  { table, tenant }: Pick<WindowLedger, 'table' | 'tenant'>,
  pipeline: PipelineName,
): Promise<History> {
  const runs = await lastRuns(table, tenant, RECENT_RUNS);
  const told = runs.filter(
    (run) =>
      run.pipeline === pipeline &&
      run.outcome === 'SUCCEEDED' &&
      run.done > 0 &&
      run.calls > 0 &&
      run.costUsd > 0,
  );
  const sum = (of: (run: ListedRun) => number) => told.reduce((total, run) => total + of(run), 0);
  return {
    runs: told.length,
    windows: sum(({ done }) => done),
    calls: sum(({ calls }) => calls),
    costUsd: sum(({ costUsd }) => costUsd),
  };
}

/**
 * Estimates a plan by the number of its windows: those that CXone is asked for from what the pipeline's windows have come to so far, or, before
 * there is such a run, from what an ordinary window and an ordinary range come to; the others, which call nothing, by what such windows
 * use. What a run really used is in its record.
 */
export function estimateOf(pipeline: WindowedPipelineName, work: PlannedWork, history: History): Estimate {
  const { exported, replayed, shown } = work;
  const fromRuns = history.windows > 0 && (exported > 0 || replayed + shown === 0) ? history.runs : 0;
  if (exported + replayed + shown === 0) return { calls: 0, costUsd: 0, fromRuns };
  const asked = exported === 0 ? { calls: 0, costUsd: 0 } : exportsOf(pipeline, work, history);
  const others = replayed * costOf(REPLAYED) + shown * costOf(SHOWN);
  return {
    calls: asked.calls,
    costUsd: toMillionths(COST_OF_RUN + asked.costUsd + others),
    fromRuns,
  };
}

/** What is asked of CXone comes to, the run's own share apart. */
function exportsOf(
  pipeline: WindowedPipelineName,
  { exported, ranges }: PlannedWork,
  history: History,
): Omit<Estimate, 'fromRuns'> {
  if (history.windows > 0) {
    const share = exported / history.windows;
    const byWindows = Math.max(0, history.costUsd - history.runs * COST_OF_RUN);
    return { calls: Math.ceil(share * history.calls), costUsd: share * byWindows };
  }
  const { calls, usage } = ORDINARY[pipeline];
  return {
    calls: CALLS_OF_RUN + exported * calls + ranges * ORDINARY_RANGE.calls,
    costUsd: exported * costOf(usage) + ranges * costOf(ORDINARY_RANGE.usage),
  };
}

function toMillionths(dollars: number): number {
  return Math.round(dollars * 1_000_000) / 1_000_000;
}
