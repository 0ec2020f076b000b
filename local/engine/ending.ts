import { Interruption, StateFault } from './errors.ts';
import type { EventDetails, HistoryEvent } from './history.ts';
import type { Json } from './json.ts';
import type { Summary } from './store.ts';

/** How an attempt of an execution ends. */
export interface End {
  type: HistoryEvent['type'];
  details: EventDetails;
  facts: Pick<Summary, 'status' | 'error' | 'cause'>;
}

/** The end of an attempt that came through. */
export function succeeded(output: Json): End {
  const details = { output: JSON.stringify(output), outputDetails: { truncated: false } };
  return {
    type: 'ExecutionSucceeded',
    details: { executionSucceededEventDetails: details },
    facts: { status: 'SUCCEEDED' },
  };
}

/** The end that an error or an interruption brings. */
export function endFor(problem: unknown): End {
  if (problem instanceof Interruption && problem.kind === 'timedOut') {
    return { type: 'ExecutionTimedOut', details: {}, facts: { status: 'TIMED_OUT' } };
  }
  const fault =
    problem instanceof Interruption || problem instanceof StateFault ? problem : runtimeFault(problem);
  const named = {
    ...(fault.error === undefined ? {} : { error: fault.error }),
    ...(fault.causeText === undefined ? {} : { cause: fault.causeText }),
  };
  if (problem instanceof Interruption) {
    return {
      type: 'ExecutionAborted',
      details: { executionAbortedEventDetails: named },
      facts: { status: 'ABORTED', ...named },
    };
  }
  return {
    type: 'ExecutionFailed',
    details: { executionFailedEventDetails: named },
    facts: { status: 'FAILED', ...named },
  };
}

/** A fault of the engine itself, as AWS names what it cannot process. */
function runtimeFault(problem: unknown): StateFault {
  return new StateFault(
    'States.Runtime',
    problem instanceof Error ? `${problem.name}: ${problem.message}` : String(problem),
  );
}
