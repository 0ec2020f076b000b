import type { Clock } from '../../lambdas/model/ports.ts';
import type { Machine, StateGroup } from './definition.ts';
import { HistoryFull } from './errors.ts';
import type { Evaluator, Variables } from './evaluate.ts';
import {
  type EventDetails,
  type HistoryEvent,
  type LogRecord,
  type Note,
  STATUS_EVENTS,
  transitionsIn,
} from './history.ts';
import type { Json, JsonObject } from './json.ts';
import { HISTORY_LIMIT } from './limits.ts';
import type { Replay } from './replay.ts';
import type { MapRun, Store, Summary } from './store.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What work in flight is given. */
export interface WorkSurroundings {
  /** The engine's clock, as that work must use it: while it sleeps here it does not count as in flight. */
  clock: Clock;
  /** Aborted when the result is no longer wanted: time-out, stop, a sibling's failure. */
  signal: AbortSignal;
}

/** What a function's invocation came to. */
export type FunctionResult =
  | { payload: unknown }
  | { error: { errorType: string; errorMessage: string; trace?: string[] } };

/** Invokes a function. Throws `FunctionFault` for faults of the platform around it. */
export type InvokeFunction = (
  functionArn: string,
  payload: unknown,
  surroundings: WorkSurroundings,
) => Promise<FunctionResult>;

/** The object store that item readers and result writers use. */
export interface Objects {
  read(bucket: string, key: string): Promise<Uint8Array>;
  write(bucket: string, key: string, body: string): Promise<void>;
}

/** A service integration. Throws `IntegrationFault` with the error name that AWS would give. */
export type Integration = (input: JsonObject, surroundings: WorkSurroundings) => Promise<Json>;

/** What states ask of the engine about other executions. */
export interface Executions {
  /** Starts an execution of a machine. Throws what `Engine.start` throws. */
  start(machineArn: string, name: string | undefined, input: Json): Summary;
  /** Starts a child of a Map Run. */
  startChild(child: ChildStart): void;
  /** Redrives a child of a Map Run. */
  redriveChild(executionArn: string): void;
  /** Why the execution cannot be redriven, undefined where it can. */
  notRedrivable(summary: Summary): string | undefined;
  /** Resolves when the execution has ended. */
  ended(executionArn: string): Promise<Summary>;
  /** Ends an execution as ABORTED and resolves when that is recorded. */
  stop(executionArn: string, error: string | undefined, cause: string | undefined): Promise<void>;
  /** Input and output, JSON text, of an execution. */
  data(executionArn: string): { input: string; output: string | undefined };
}

/** A child of a Map Run that starts. */
export interface ChildStart {
  parent: Run;
  mapRun: MapRun;
  group: StateGroup;
  name: string;
  input: Json;
}

/** Everything that is the same for all executions. */
export interface Services {
  clock: VirtualClock;
  store: Store;
  evaluator: Evaluator;
  random: () => number;
  invokeFunction: InvokeFunction;
  objects: Objects;
  integrations: ReadonlyMap<string, Integration>;
  executions: Executions;
}

/** One attempt of an execution: its first, or a redrive. */
export interface Run {
  services: Services;
  machine: Machine;
  group: StateGroup;
  summary: Summary;
  input: Json;
  log: ExecutionLog;
  /** What the log said when this attempt began; undefined for a first attempt. */
  replay: Replay | undefined;
}

/** Where states run: an execution, or one iteration of an inline Map. */
export interface Scope {
  /** The key in the log, see `LogRecord.scope`. */
  key: string;
  group: StateGroup;
  /** Variables of outer scopes and of this one. */
  variables: Variables;
  /** Identifier of the event that the next one follows. */
  previous: number;
  signal: AbortSignal;
  /** The item of the innermost inline iteration. */
  item: { Index: number; Value: Json } | undefined;
}

/** The log of an execution while it runs. */
export interface ExecutionLog {
  /**
   * Appends an event and gives its identifier, to which the scope moves on. Throws `HistoryFull` instead of writing
   * an event that would leave no room for the last one.
   */
  append(
    scope: { key: string; previous: number },
    type: HistoryEvent['type'],
    details?: EventDetails,
    note?: Note,
  ): number;
  events(): number;
  stateTransitions(): number;
}

/** Where a log stands when it is opened for appending. */
export interface LogPosition {
  executionArn: string;
  events: number;
  stateTransitions: number;
}

/** Opens an execution's log for appending. */
export function openLog(
  position: LogPosition,
  store: Store,
  clock: Clock,
  onEvent: ((executionArn: string, event: HistoryEvent) => void) | undefined,
): ExecutionLog {
  let { events, stateTransitions } = position;
  return {
    events: () => events,
    stateTransitions: () => stateTransitions,
    append(scope, type, details = {}, note) {
      const last = (STATUS_EVENTS[type] ?? 'RUNNING') !== 'RUNNING';
      if (events >= HISTORY_LIMIT - 1 && !last) throw new HistoryFull(HISTORY_LIMIT);
      const event: HistoryEvent = {
        timestamp: new Date(clock.now()).toISOString(),
        type,
        id: events + 1,
        previousEventId: scope.previous,
        ...details,
      };
      const record: LogRecord = { scope: scope.key, event, ...(note === undefined ? {} : { note }) };
      store.append(position.executionArn, record);
      events += 1;
      stateTransitions += transitionsIn(record);
      scope.previous = event.id;
      onEvent?.(position.executionArn, event);
      return event.id;
    },
  };
}
