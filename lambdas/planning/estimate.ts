import { costOf, type Usage } from '../delivery/cost.ts';
import { type ListedRun, lastRuns } from '../ledger/run-list.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { PipelineName, WindowedPipelineName } from '../model/pipelines.ts';

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
  usage: Usage;
}

const ORDINARY: Readonly<Record<WindowedPipelineName, OrdinaryWindow>> = {
  /*
   * Three parts whose job takes about ten minutes: submit, eight polls, three parts. Usage as the traced clean night shows
   * it: 17 function calls, 70 transitions; the transform takes 10 s of 3 GB for 50,000 rows, cold start and reading
   * included, the others together 20 s of a quarter.
   */
  'cdr-export': {
    calls: 12,
    usage: {
      stateTransitions: 70,
      gigabyteSeconds: 35,
      functionCalls: 17,
      ledgerReads: 51,
      ledgerWrites: 68,
      objectWrites: 12,
    },
  },
  /*
   * A day of 10,000 interactions: two pages of 5,000; claim, transform of 6 s of 3 GB, commit, publish, audit. Submitting and polling are the
   * range's.
   */
  'analytics-export': {
    calls: 2,
    usage: {
      stateTransitions: 25,
      gigabyteSeconds: 22,
      functionCalls: 6,
      ledgerReads: 25,
      ledgerWrites: 25,
      objectWrites: 8,
    },
  },
  /*
   * A day of 1,000 rows: two pages, and the last interval once more. Usage as the traced clean run shows it: 8 function calls,
   * 20 transitions; the transform takes 5 s of 3 GB, cold start included, the others together 10 s of a half.
   */
  'report-sync': {
    calls: 3,
    usage: {
      stateTransitions: 20,
      gigabyteSeconds: 20,
      functionCalls: 8,
      ledgerReads: 40,
      ledgerWrites: 36,
      objectWrites: 6,
    },
  },
};

/** What the exports of ranges come to, beside their windows. */
const ORDINARY_RANGE: OrdinaryWindow = {
  // Submit, and ten polls in a quarter of an hour.
  calls: 11,
  usage: {
    stateTransitions: 90,
    gigabyteSeconds: 15,
    functionCalls: 20,
    ledgerReads: 60,
    ledgerWrites: 60,
    objectWrites: 4,
  },
};

/** What earlier runs of a pipeline came to, all together. */
export interface History {
  runs: number;
  windows: number;
  calls: number;
  costUsd: number;
}

/** Runs of the tenant, of any pipeline, that are looked through: a month of five pipelines or so. */
const RECENT_RUNS = 150;

/** What the pipeline's recent runs came to that succeeded and had something to do. */
export async function recentHistory(
  { table, tenant }: Pick<WindowLedger, 'table' | 'tenant'>,
  pipeline: PipelineName,
): Promise<History> {
  const runs = await lastRuns(table, tenant, RECENT_RUNS);
  const told = runs.filter(
    (run) => run.pipeline === pipeline && run.outcome === 'SUCCEEDED' && run.done > 0 && run.costUsd > 0,
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
 * Estimates a plan by the number of its windows: from what the pipeline's windows have come to so far, or, before there is
 * such a run, from what an ordinary window and an ordinary range come to. What a run really used is in its record.
 */
export function estimateOf(
  pipeline: WindowedPipelineName,
  windows: number,
  ranges: number,
  history: History,
): Estimate {
  if (history.windows > 0) {
    const share = windows / history.windows;
    return {
      calls: Math.ceil(share * history.calls),
      costUsd: toMillionths(share * history.costUsd),
      fromRuns: history.runs,
    };
  }
  const { calls, usage } = ORDINARY[pipeline];
  return {
    calls: windows === 0 ? 0 : CALLS_OF_RUN + windows * calls + ranges * ORDINARY_RANGE.calls,
    costUsd: toMillionths(windows * costOf(usage) + ranges * costOf(ORDINARY_RANGE.usage)),
    fromRuns: 0,
  };
}

function toMillionths(dollars: number): number {
  return Math.round(dollars * 1_000_000) / 1_000_000;
}
