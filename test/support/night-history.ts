import type { RunArn } from '../../lambdas/model/ids.ts';
import type { HistoryEvent } from '../../local/engine/history.ts';
import type { Night } from './night.ts';

/** A window that a run's child failed on. */
export interface FailedWindow {
  day: string;
  error: string | undefined;
  /** The state in which the child ended. */
  state: string | undefined;
}

/** Executions of a run: itself, its children, and theirs. */
export function executionsOf(night: Night, run: string): string[] {
  const { engine } = night.platform;
  const children = engine.mapRuns(run).flatMap(({ mapRunArn }) => engine.children(mapRunArn));
  return [run, ...children.flatMap(({ executionArn }) => executionsOf(night, executionArn))];
}

/** Every event of a run and its children, each execution's in order. */
export function eventsOf(night: Night, run: RunArn): HistoryEvent[] {
  return executionsOf(night, run).flatMap((arn) => night.platform.engine.history(arn));
}

/** Names of the states that a run and its children entered, in order. */
export function statesOf(night: Night, run: RunArn): string[] {
  return eventsOf(night, run).flatMap((event) => event.stateEnteredEventDetails?.name ?? []);
}

/** The state in which an execution failed; undefined where it did not. */
export function failedStateOf(night: Night, arn: string): string | undefined {
  const history = night.platform.engine.history(arn);
  const byId = new Map(history.map((event) => [event.id, event]));
  let event = history.findLast(({ type }) => type === 'ExecutionFailed');
  while (event !== undefined && event.stateEnteredEventDetails === undefined)
    event = byId.get(event.previousEventId);
  return event?.stateEnteredEventDetails?.name;
}

/** The windows whose children failed, by day. */
export function failedWindowsOf(night: Night, run: RunArn): FailedWindow[] {
  const { engine } = night.platform;
  return executionsOf(night, run)
    .slice(1)
    .map((arn) => engine.describe(arn))
    .filter(({ status }) => status === 'FAILED')
    .map(({ executionArn, error, input }) => ({
      day: dayIn(input),
      error,
      state: failedStateOf(night, executionArn),
    }))
    .toSorted((left, right) => left.day.localeCompare(right.day));
}

/** The day in a child's input. */
export function dayIn(input: string): string {
  const parsed: unknown = JSON.parse(input);
  return typeof parsed === 'object' && parsed !== null && 'day' in parsed ? String(parsed.day) : '';
}
