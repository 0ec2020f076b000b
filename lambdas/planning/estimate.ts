import { costOf, type Usage } from '../delivery/cost.ts';
import type { PipelineName } from '../model/pipelines.ts';

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

const ORDINARY: Readonly<Record<PipelineName, OrdinaryWindow>> = {
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
};

/** Estimates a plan by the number of its windows: what a run really used is in its record. */
export function estimateOf(pipeline: PipelineName, windows: number): Estimate {
  const { calls, usage } = ORDINARY[pipeline];
  return {
    calls: windows === 0 ? 0 : CALLS_OF_RUN + windows * calls,
    costUsd: Math.round(windows * costOf(usage) * 1_000_000) / 1_000_000,
  };
}
