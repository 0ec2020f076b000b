import { describeExecution, type ExecutionDescription, reasonNotRedrivable } from './describe.ts';
import { DoesNotExist } from './errors.ts';
import type { ExecutionStatus, HistoryEvent } from './history.ts';
import { executionArn, parseArn } from './names.ts';
import { type MapRun, openStore, type Store, type Summary } from './store.ts';

/** An execution in a list. Instants are epoch milliseconds. */
export type ExecutionItem = Omit<Summary, 'definition'>;

/** A Map Run with its children counted. */
export interface MapRunDescription extends MapRun {
  executionCounts: Record<
    'pending' | 'running' | 'succeeded' | 'failed' | 'timedOut' | 'aborted' | 'total',
    number
  >;
}

/** What can be seen of executions, running or ended. */
export interface EngineView {
  /** Throws `DoesNotExist`. */
  describe(executionArn: string): ExecutionDescription;
  /** The events, oldest first. Throws `DoesNotExist`. */
  history(executionArn: string): HistoryEvent[];
  /** Executions, newest first, without the children of Map Runs; of one machine where its ARN is given. */
  list(machineArn?: string): ExecutionItem[];
  /** The Map Runs that an execution has started, oldest first. */
  mapRuns(executionArn: string): MapRunDescription[];
  /** The children of a Map Run that have begun, in the order of its items. Throws `DoesNotExist`. */
  children(mapRunArn: string): ExecutionItem[];
}

/** Looks into a folder without changing it, also while another process runs its engine. Later changes are not seen. */
export function viewFolder(folder: string, now: () => number = Date.now): EngineView {
  const store = openStore(folder, true);
  return createView(store, now, (arn) => requireExecution(store, arn));
}

function requireExecution(store: Store, arn: string): Summary {
  const summary = store.execution(arn);
  if (summary === undefined) throw new DoesNotExist('ExecutionDoesNotExist', arn);
  return summary;
}

/**
 * Makes the view of a store.
 *
 * @param current the summary with the counts of this moment. Throws `DoesNotExist`.
 */
export function createView(
  store: Store,
  now: () => number,
  current: (executionArn: string) => Summary,
): EngineView {
  function childrenOf(mapRun: MapRun): { settled: number; begun: Summary[] } {
    const machine = parseArn(mapRun.mapRunArn)?.machine ?? '';
    const settled = store.children(mapRun.mapRunArn) ?? [];
    const begun = settled.flatMap(
      (child) => store.execution(executionArn(machine, mapRun.label, child.name)) ?? [],
    );
    return { settled: settled.length, begun };
  }

  return {
    describe(arn) {
      const summary = current(arn);
      const records = store.log(arn);
      const input = records[0]?.event.executionStartedEventDetails?.input ?? '{}';
      const output = records.at(-1)?.event.executionSucceededEventDetails?.output;
      return describeExecution(summary, reasonNotRedrivable(summary, now()), { input, output });
    },
    history(arn) {
      current(arn);
      return store.log(arn).map((record) => record.event);
    },
    list(machineArn) {
      const all = [...store.executions()].filter((one) => one.mapRunArn === undefined);
      return all
        .filter((one) => machineArn === undefined || one.stateMachineArn === machineArn)
        .reverse()
        .map(item);
    },
    mapRuns(arn) {
      const own = [...store.mapRuns()].filter((mapRun) => mapRun.executionArn === arn);
      return own.map((mapRun) => {
        const { settled, begun } = childrenOf(mapRun);
        const count = (status: ExecutionStatus) => begun.filter((child) => child.status === status).length;
        const executionCounts = {
          pending: settled - begun.length,
          running: count('RUNNING'),
          succeeded: count('SUCCEEDED'),
          failed: count('FAILED'),
          timedOut: count('TIMED_OUT'),
          aborted: count('ABORTED'),
          total: settled,
        };
        return { ...mapRun, executionCounts };
      });
    },
    children(mapRunArn) {
      const mapRun = store.mapRun(mapRunArn);
      if (mapRun === undefined) throw new DoesNotExist('ResourceNotFound', mapRunArn);
      return childrenOf(mapRun).begun.map(item);
    },
  };
}

function item(summary: Summary): ExecutionItem {
  const { definition: _, ...rest } = summary;
  return rest;
}
