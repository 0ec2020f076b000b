import type { Clock } from '../../lambdas/model/ports.ts';
import { HISTORY_LIMIT } from './limits.ts';
import { openLog } from './run.ts';
import type { Store } from './store.ts';

/** The error and cause of executions that ended with their process. */
export const PROCESS_ENDED = {
  error: 'Engine.ProcessEnded',
  cause: 'The process that ran this execution ended before the execution did.',
} as const;

/** Records the end of every execution and Map Run that an earlier process left running. They can be redriven. */
export function abortInterrupted(store: Store, clock: Clock): void {
  const open = [...store.mapRuns()].filter((mapRun) => mapRun.status === 'RUNNING');
  for (const summary of [...store.executions()]) {
    if (summary.status !== 'RUNNING') continue;
    const { executionArn } = summary;
    const log = openLog(summary, store, clock, undefined);
    const scope = { key: '', previous: summary.events };
    const abandoned = open.filter((mapRun) => mapRun.executionArn === executionArn);
    for (const _ of abandoned) if (log.events() < HISTORY_LIMIT - 1) log.append(scope, 'MapRunAborted');
    log.append(scope, 'ExecutionAborted', { executionAbortedEventDetails: PROCESS_ENDED });
    store.saveExecution({
      ...summary,
      ...PROCESS_ENDED,
      status: 'ABORTED',
      stopDate: clock.now(),
      events: log.events(),
      stateTransitions: log.stateTransitions(),
    });
  }
  for (const mapRun of open) store.saveMapRun({ ...mapRun, status: 'ABORTED', stopDate: clock.now() });
}
