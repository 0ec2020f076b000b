import { counters, type WindowNotes } from '../ledger/run-notes.ts';
import type { FunctionName } from '../model/environment.ts';
import { FUNCTION_SIZES } from '../model/function-sizes.ts';
import type { Usage } from './cost.ts';

/** Transitions of a run beside its windows: plan, choice, map, reconcile, choice, record, end. */
const TRANSITIONS_OF_RUN = 8;
/** Transitions of a window beside its stages: choices, the map and the end. */
const TRANSITIONS_OF_WINDOW = 8;
/** A stage is entered once and a poll comes with a wait and a choice: at most three transitions a call. */
const TRANSITIONS_OF_CALL = 3;
/** Reads and writes of the ledger that a function does at the most on its ordinary path, as the traced clean run shows. */
const LEDGER_OF_CALL = { reads: 3, writes: 4 };

/** What a run used, from what its functions noted. An estimate: waits and retries of the platform are not seen. */
export function usageOf(notes: readonly WindowNotes[]): Usage {
  const calls = notes.flatMap((note) => Object.entries(counters(note, 'calls_')));
  const functionCalls = calls.reduce((total, [, count]) => total + count, 0);
  const seconds = notes.flatMap((note) => Object.entries(counters(note, 'ms_')));
  const gigabyteSeconds = seconds.reduce(
    (total, [stage, ms]) => total + (ms / 1000) * (memoryOf(stage) / 1024),
    0,
  );
  return {
    functionCalls,
    gigabyteSeconds,
    stateTransitions:
      TRANSITIONS_OF_RUN + notes.length * TRANSITIONS_OF_WINDOW + functionCalls * TRANSITIONS_OF_CALL,
    ledgerReads: functionCalls * LEDGER_OF_CALL.reads,
    ledgerWrites: functionCalls * LEDGER_OF_CALL.writes,
    objectWrites: functionCalls,
  };
}

function memoryOf(stage: string): number {
  return stage in FUNCTION_SIZES ? FUNCTION_SIZES[stage as FunctionName].memory : 0;
}
