import { costOf, type Usage } from '../delivery/cost.ts';
import type { WindowedPipelineName } from '../model/pipelines.ts';

/** What a plan would come to, before anything is called. */
export interface Estimate {
  /** Calls to CXone, without repeats. */
  calls: number;
  /** USD on AWS, without the repeats and the standing charges. */
  costUsd: number;
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

/** Estimates a plan by the number of its windows: what a run really used is in its record. */
export function estimateOf(pipeline: WindowedPipelineName, windows: number, ranges = 0): Estimate {
  const { calls, usage } = ORDINARY[pipeline];
  return {
    calls: windows === 0 ? 0 : CALLS_OF_RUN + windows * calls + ranges * ORDINARY_RANGE.calls,
    costUsd:
      Math.round((windows * costOf(usage) + ranges * costOf(ORDINARY_RANGE.usage)) * 1_000_000) / 1_000_000,
  };
}
