import { counters, type WindowNotes } from '../ledger/run-notes.ts';
import type { FunctionName } from '../model/environment.ts';
import { FUNCTION_SIZES } from '../model/function-sizes.ts';
import { DATASET_METRICS, RUN_METRICS, SECRET_METRICS } from '../model/metrics.ts';
import type { Usage } from './cost.ts';

/** Transitions of a run beside its windows: plan, choice, map, reconcile, choice, record, end. */
const TRANSITIONS_OF_RUN = 8;
/** Transitions of a window beside its stages: choices, the map and the end. */
const TRANSITIONS_OF_WINDOW = 8;
/** A stage is entered once and a poll comes with a wait and a choice: at most three transitions a call. */
const TRANSITIONS_OF_CALL = 3;

/**
 * What a function's call uses of other services on its ordinary path at the most: docs/cost.md has what was counted. KMS is called for
 * the table's key and the bucket's, and once more with room.
 */
const OF_FUNCTION_CALL = {
  ledgerReads: 3,
  ledgerWrites: 6,
  objectWrites: 1,
  objectReads: 1,
  keyCalls: 3,
  catalogCalls: 0.5,
  logGigabytes: 5e-6,
  traces: 1,
};

/** What a call to CXone takes beside: a slot of the limiter, the token opened, what is noted of a page. */
const OF_CXONE_CALL = { ledgerReads: 3, ledgerWrites: 3, keyCalls: 1 };

/** Metrics that a run tells at the most: all of a run's, with that of the credentials that it reads, and all of each dataset's. */
const METRICS_OF_RUN = Object.keys(RUN_METRICS).length + Object.keys(SECRET_METRICS).length;
const METRICS_OF_DATASET = Object.keys(DATASET_METRICS).length;

/** What a run uses whatever it has to do: the metrics that it tells, and the credentials that it reads once. */
export function usageOfRun(datasets: number): Pick<Usage, 'metricHours' | 'secretReads'> {
  return { metricHours: METRICS_OF_RUN + datasets * METRICS_OF_DATASET, secretReads: 1 };
}

/**
 * What a run used, from what its functions noted. An estimate, and meant to be rather too high: what single requests took is not noted. Waits
 * and retries of the platform are not seen.
 */
export function usageOf(notes: readonly WindowNotes[], datasets: number): Usage {
  const sum = (prefix: string) =>
    notes.flatMap((note) => Object.values(counters(note, prefix))).reduce((total, count) => total + count, 0);
  const functionCalls = sum('calls_');
  const cxoneCalls = sum('answers_');
  const seconds = notes.flatMap((note) => Object.entries(counters(note, 'ms_')));
  const gigabyteSeconds = seconds.reduce(
    (total, [stage, ms]) => total + (ms / 1000) * (memoryOf(stage) / 1024),
    0,
  );
  return {
    ...usageOfRun(datasets),
    functionCalls,
    gigabyteSeconds,
    // The transform's files are large for seconds only: a millionth of a dollar.
    diskGigabyteSeconds: 0,
    stateTransitions:
      TRANSITIONS_OF_RUN + notes.length * TRANSITIONS_OF_WINDOW + functionCalls * TRANSITIONS_OF_CALL,
    ledgerReads: functionCalls * OF_FUNCTION_CALL.ledgerReads + cxoneCalls * OF_CXONE_CALL.ledgerReads,
    ledgerWrites: functionCalls * OF_FUNCTION_CALL.ledgerWrites + cxoneCalls * OF_CXONE_CALL.ledgerWrites,
    objectWrites: functionCalls * OF_FUNCTION_CALL.objectWrites,
    objectReads: functionCalls * OF_FUNCTION_CALL.objectReads,
    keyCalls: functionCalls * OF_FUNCTION_CALL.keyCalls + cxoneCalls * OF_CXONE_CALL.keyCalls,
    catalogCalls: functionCalls * OF_FUNCTION_CALL.catalogCalls,
    logGigabytes: functionCalls * OF_FUNCTION_CALL.logGigabytes,
    traces: functionCalls * OF_FUNCTION_CALL.traces,
  };
}

function memoryOf(stage: string): number {
  return stage in FUNCTION_SIZES ? FUNCTION_SIZES[stage as FunctionName].memory : 0;
}
