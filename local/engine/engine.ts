import type { Clock } from '../../lambdas/model/ports.ts';
import type { Machine } from './definition.ts';
import {
  describeExecution,
  type ExecutionDescription,
  reasonNotRedrivable,
  type StatusChangeEvent,
  statusChangeEvent,
} from './describe.ts';
import { DefinitionRefused } from './errors.ts';
import { createEvaluator } from './evaluate.ts';
import { createExecutor } from './executor.ts';
import type { HistoryEvent } from './history.ts';
import { throughJson } from './json.ts';
import { loadMachine, type MachineSource, OWN_RESOURCES } from './load.ts';
import { claimFolder } from './lock.ts';
import { parseArn } from './names.ts';
import { abortInterrupted } from './recovery.ts';
import type { Integration, InvokeFunction, Objects } from './run.ts';
import { openStore, type Summary } from './store.ts';
import { createView, type EngineView } from './view.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What an engine is made of. */
export interface EngineOptions {
  /** Where everything is kept; one engine at a time. */
  folder: string;
  clock: VirtualClock;
  machines: readonly MachineSource[];
  invokeFunction: InvokeFunction;
  /** The object store of item readers and result writers. */
  objects: Objects;
  /** Further task resources by ARN, as in `arn:aws:states:::sns:publish`. */
  integrations?: Readonly<Record<string, Integration>>;
  /**
   * Hears every change of an execution's status, children of Map Runs included (their stateMachineArn ends in
   * `/<label>`), in the order of each execution. Heard at least once: what was not heard before the process ended is
   * told at the next opening.
   */
  onStatusChange?: (event: StatusChangeEvent, surroundings: { clock: Clock }) => void | Promise<void>;
  /** Hears every event after it is written. */
  onEvent?: (executionArn: string, event: HistoryEvent) => void;
  /** Numbers from 0 up to 1, for jitter and `$random`. Default Math.random. */
  random?: () => number;
}

/** Runs state machines, as Step Functions does Standard workflows. */
export interface Engine extends EngineView {
  /**
   * Starts an execution. The same name and input as a running execution's give that one. Rejects with
   * `ExecutionAlreadyExists`, `StartRefused` or `DoesNotExist`.
   *
   * @param options.name by default a new UUID.
   * @param options.input what JSON makes of it; by default `{}`.
   */
  start(
    machineArn: string,
    options?: { name?: string; input?: unknown },
  ): Promise<{ executionArn: string; startDate: number }>;
  /** Redrives an execution, with the definition that it started with. Rejects with `ExecutionNotRedrivable`, `DoesNotExist`. */
  redrive(executionArn: string): Promise<{ redriveDate: number }>;
  /** Ends a running execution as ABORTED; resolves when that is recorded. Does nothing to one that has ended. */
  stop(executionArn: string, error?: string, cause?: string): Promise<void>;
  /** Resolves when the execution has ended. Rejects with `DoesNotExist`. */
  wait(executionArn: string): Promise<ExecutionDescription>;
  /** Resolves when the listener is done with every change so far, also with what its work changed meanwhile; what runs is not waited for. */
  heard(): Promise<void>;
  /** Resolves when nothing runs and the listener has heard everything. Rejects with the listener's failures. */
  idle(): Promise<void>;
  /** Aborts what runs, waits until that is recorded and heard, and releases the folder. */
  shutdown(): Promise<void>;
}

/**
 * Opens the engine of a folder. Executions that were running when the last process ended become ABORTED. Throws
 * `DefinitionRefused` with the problems of all machines, or `EngineInUse`.
 */
export function createEngine(options: EngineOptions): Engine {
  const { clock, onStatusChange, random = Math.random } = options;
  const integrations = new Map(Object.entries(options.integrations ?? {}));
  const resources = new Set<string>([...OWN_RESOURCES, ...integrations.keys()]);
  const machines = loadAll(options.machines, resources);
  const release = claimFolder(options.folder);
  const store = openStore(options.folder);
  const byArn = new Map(
    options.machines.flatMap((source) => {
      const machine = machines.get(source.arn);
      return machine === undefined
        ? []
        : [[source.arn, { machine, definition: store.saveDefinition(source.definition) }] as const];
    }),
  );
  const byDigest = new Map(
    [...byArn.values()].map(({ machine, definition }) => [`${machine.arn} ${definition}`, machine]),
  );
  const told = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  let open = true;

  const executor = createExecutor({
    services: {
      clock,
      store,
      evaluator: createEvaluator({ now: () => clock.now(), random }),
      random,
      invokeFunction: options.invokeFunction,
      objects: options.objects,
      integrations,
    },
    machine: (arn) => byArn.get(arn),
    machineOf,
    onEvent: options.onEvent,
    onStatus: tell,
  });
  const view = createView(store, () => clock.now(), executor.current);
  abortInterrupted(store, clock);
  for (const summary of store.unreported()) tell(summary);

  /** The machine as it was defined when the execution started. */
  function machineOf(summary: Summary): Machine {
    const name = parseArn(summary.executionArn)?.machine ?? summary.name;
    const arn = summary.stateMachineArn.replace(/\/[^/]*$/, '');
    const key = `${arn} ${summary.definition}`;
    const known = byDigest.get(key);
    if (known !== undefined) return known;
    const machine = loadMachine({ arn, name, definition: store.definition(summary.definition) }, resources);
    byDigest.set(key, machine);
    return machine;
  }

  function tell(summary: Summary): void {
    if (onStatusChange === undefined) return;
    const { executionArn: arn } = summary;
    const data = executor.data(arn);
    const output = summary.status === 'SUCCEEDED' ? data.output : undefined;
    const description = describeExecution(summary, reasonNotRedrivable(summary, clock.now()), {
      input: data.input,
      output,
    });
    const event = statusChangeEvent(description, clock.now());
    const before = told.get(arn) ?? Promise.resolve();
    const telling = before
      .then(() => clock.busy(async (own) => onStatusChange(event, { clock: own })))
      .then(() => store.saveReported(summary))
      .catch((failure: unknown) => {
        failures.push(failure);
      })
      .finally(() => {
        if (told.get(arn) === telling) told.delete(arn);
      });
    told.set(arn, telling);
  }

  async function heard(): Promise<void> {
    while (told.size > 0) await Promise.all(told.values());
  }

  async function idle(): Promise<void> {
    while (executor.running().length > 0 || told.size > 0) {
      await Promise.all([...executor.running().map((arn) => executor.ended(arn)), ...told.values()]);
    }
    const unheard = failures.splice(0);
    if (unheard.length > 0) throw new AggregateError(unheard, 'the listener for status changes has failed');
  }

  return {
    ...view,
    async start(machineArn, { name, input } = {}) {
      if (!open) throw new Error('the engine is shut down');
      const { executionArn, startDate } = executor.start(
        machineArn,
        name,
        throughJson(input === undefined ? {} : input) ?? null,
      );
      return { executionArn, startDate };
    },
    async redrive(executionArn) {
      if (!open) throw new Error('the engine is shut down');
      return { redriveDate: executor.redrive(executionArn).redriveDate ?? clock.now() };
    },
    stop: (executionArn, error, cause) => executor.stop(executionArn, error, cause),
    async wait(executionArn) {
      await executor.ended(executionArn);
      return view.describe(executionArn);
    },
    heard,
    idle,
    async shutdown() {
      open = false;
      const cause = 'The engine was shut down while the execution was running.';
      await Promise.all(executor.running().map((arn) => executor.stop(arn, 'Engine.ShutDown', cause)));
      await idle().finally(release);
    },
  };
}

function loadAll(sources: readonly MachineSource[], resources: ReadonlySet<string>): Map<string, Machine> {
  const machines = new Map<string, Machine>();
  const refused: DefinitionRefused[] = [];
  for (const source of sources) {
    try {
      machines.set(source.arn, loadMachine(source, resources));
    } catch (error) {
      if (!(error instanceof DefinitionRefused)) throw error;
      refused.push(error);
    }
  }
  const [first] = refused;
  if (first === undefined) return machines;
  if (refused.length === 1) throw first;
  throw new DefinitionRefused(
    `${refused.length} machines`,
    refused.flatMap(({ machine, problems }) => problems.map((problem) => `${machine}: ${problem}`)),
  );
}
