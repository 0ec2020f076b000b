import { costOf } from '../delivery/cost.ts';

/** What a plan would come to, before anything is called. */
export interface Estimate {
  /** Calls to CXone, without repeats. */
  calls: number;
  /** USD on AWS, without the repeats and the standing charges. */
  costUsd: number;
}

/** Calls of a window of three parts whose job takes about ten minutes: submit, eight polls, three parts. */
const CALLS_OF_WINDOW = 12;
/** One token for the run. */
const CALLS_OF_RUN = 1;

/**
 * Usage of such a window, as the traced clean night shows it: 17 function calls, 70 transitions; the transform takes 10 s of
 * 3 GB for 50,000 rows, cold start and reading included, the others together 20 s of a quarter.
 */
const WINDOW_USAGE = {
  stateTransitions: 70,
  gigabyteSeconds: 35,
  functionCalls: 17,
  ledgerReads: 51,
  ledgerWrites: 68,
  objectWrites: 12,
};

/** Estimates a plan by the number of its windows: what a run really used is in its record. */
export function estimateOf(windows: number): Estimate {
  const oneWindow = costOf(WINDOW_USAGE);
  return {
    calls: windows === 0 ? 0 : CALLS_OF_RUN + windows * CALLS_OF_WINDOW,
    costUsd: Math.round(windows * oneWindow * 1_000_000) / 1_000_000,
  };
}
