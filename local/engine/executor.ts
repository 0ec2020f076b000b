import { randomUUID } from 'node:crypto';
import type { Machine, StateGroup } from './definition.ts';
import { reasonNotRedrivable } from './describe.ts';
import { type End, endFor, succeeded } from './ending.ts';
import {
  DoesNotExist,
  ExecutionAlreadyExists,
  ExecutionNotRedrivable,
  Interruption,
  StartRefused,
} from './errors.ts';
import type { HistoryEvent } from './history.ts';
import { runScope } from './interpreter.ts';
import { type Json, parseJson } from './json.ts';
import { bytesOf, PAYLOAD_LIMIT } from './limits.ts';
import { checkedName, executionArn, parseArn, roleArn } from './names.ts';
import { entryAfter, replayOf } from './replay.ts';
import { type Executions, openLog, type Run, type Scope, type Services } from './run.ts';
import type { MapRun, Summary } from './store.ts';

/** What the executor is made of. */
export interface ExecutorParts {
  services: Omit<Services, 'executions'>;
  /** A machine that can be started, with the digest of its definition. */
  machine(machineArn: string): { machine: Machine; definition: string } | undefined;
  /** A machine as the definition of that digest has it. */
  machineOf(summary: Summary): Machine;
  onEvent: ((executionArn: string, event: HistoryEvent) => void) | undefined;
  /** Told of every change of status after it is recorded. */
  onStatus(summary: Summary): void;
}

/** Runs executions. */
export interface Executor extends Executions {
  /** Redrives an execution. Throws `ExecutionNotRedrivable` or `DoesNotExist`. */
  redrive(executionArn: string): Summary;
  /** Executions that run, by ARN. */
  running(): string[];
  /** The summary, with the counts of this moment. */
  current(executionArn: string): Summary;
}

interface Running {
  run: Run;
  controller: AbortController;
  ended: Promise<Summary>;
}

/** Makes the executor. */
export function createExecutor(parts: ExecutorParts): Executor {
  const { store, clock } = parts.services;
  const active = new Map<string, Running>();
  const executor: Executor = {
    start,
    startChild: ({ parent, mapRun, group, name, input }) => {
      begin({ machine: parent.machine, group, definition: parent.summary.definition, name, input, mapRun });
    },
    redrive: (arn) => {
      if (store.execution(arn)?.mapRunArn !== undefined) {
        throw new ExecutionNotRedrivable(
          arn,
          'A child of a Map Run is redriven with the execution that started the Map Run',
        );
      }
      return redrive(arn);
    },
    redriveChild: (arn) => {
      redrive(arn);
    },
    notRedrivable: (summary) => reasonNotRedrivable(summary, clock.now()),
    ended: async (arn) => (await active.get(arn)?.ended) ?? current(arn),
    stop,
    data: (arn) => dataOf(parts.services, arn),
    running: () => [...active.keys()],
    current,
  };
  const services: Services = { ...parts.services, executions: executor };
  return executor;

  function current(arn: string): Summary {
    const summary = store.execution(arn);
    if (summary === undefined) throw new DoesNotExist('ExecutionDoesNotExist', arn);
    const log = active.get(arn)?.run.log;
    return log === undefined
      ? summary
      : { ...summary, events: log.events(), stateTransitions: log.stateTransitions() };
  }

  function start(machineArn: string, name: string | undefined, input: Json): Summary {
    const found = parts.machine(machineArn);
    if (found === undefined) throw new DoesNotExist('StateMachineDoesNotExist', machineArn);
    if (bytesOf(input) > PAYLOAD_LIMIT)
      throw new StartRefused('InvalidExecutionInput', `the input exceeds ${PAYLOAD_LIMIT} bytes`);
    const own = checkedName(name ?? randomUUID());
    const arn = executionArn(found.machine.name, undefined, own);
    const known = store.execution(arn);
    if (known !== undefined) {
      const same = known.status === 'RUNNING' && dataOf(parts.services, arn).input === JSON.stringify(input);
      if (same) return current(arn);
      throw new ExecutionAlreadyExists(arn);
    }
    const { machine, definition } = found;
    return begin({ machine, group: machine.group, definition, name: own, input, mapRun: undefined });
  }

  function begin(of: BeginOptions): Summary {
    const { machine, name, input, mapRun } = of;
    const summary: Summary = {
      executionArn: executionArn(machine.name, mapRun?.label, name),
      stateMachineArn: mapRun?.stateMachineArn ?? machine.arn,
      name,
      status: 'RUNNING',
      startDate: clock.now(),
      redriveCount: 0,
      definition: of.definition,
      events: 1,
      stateTransitions: 0,
      ...(mapRun === undefined ? {} : { mapRunArn: mapRun.mapRunArn }),
    };
    store.saveExecution(summary);
    const log = openLog({ ...summary, events: 0 }, store, clock, parts.onEvent);
    const run: Run = { services, machine, group: of.group, summary, input, log, replay: undefined };
    const details = {
      input: JSON.stringify(input),
      inputDetails: { truncated: false },
      roleArn: roleArn(machine.name),
    };
    log.append(
      { key: '', previous: 0 },
      'ExecutionStarted',
      { executionStartedEventDetails: details },
      { definition: of.definition },
    );
    launch(run, 0);
    return summary;
  }

  function redrive(arn: string): Summary {
    const known = current(arn);
    const reason = reasonNotRedrivable(known, clock.now());
    if (reason !== undefined) throw new ExecutionNotRedrivable(arn, reason);
    const machine = parts.machineOf(known);
    const records = store.log(arn);
    const { stopDate: _, error: __, cause: ___, ...kept } = known;
    const summary: Summary = {
      ...kept,
      status: 'RUNNING',
      redriveCount: known.redriveCount + 1,
      redriveDate: clock.now(),
    };
    const log = openLog({ ...known, events: records.length }, store, clock, parts.onEvent);
    const input = parseJson(dataOf(parts.services, arn).input);
    const run: Run = {
      services,
      machine,
      group: groupOf(machine, arn),
      summary,
      input,
      log,
      replay: replayOf(records),
    };
    const details = { executionRedrivenEventDetails: { redriveCount: summary.redriveCount } };
    const id = log.append({ key: '', previous: records.at(-1)?.event.id ?? 0 }, 'ExecutionRedriven', details);
    store.saveExecution({ ...summary, events: log.events(), stateTransitions: log.stateTransitions() });
    launch(run, id);
    return summary;
  }

  function launch(run: Run, previous: number): void {
    const { executionArn: arn } = run.summary;
    const controller = new AbortController();
    const ended = conduct(run, controller, previous).finally(() => active.delete(arn));
    // Whoever waits for the end sees a failure to record it; without anybody it must not end the process unseen by stop().
    ended.catch(() => {});
    active.set(arn, { run, controller, ended });
    parts.onStatus(run.summary);
  }

  /** Runs an attempt of an execution to its recorded end. */
  async function conduct(run: Run, controller: AbortController, previous: number): Promise<Summary> {
    const scope: Scope = {
      key: '',
      group: run.group,
      variables: {},
      previous,
      signal: controller.signal,
      item: undefined,
    };
    const over = new AbortController();
    limitTime(run, controller, over.signal);
    let end: End;
    try {
      await Promise.resolve();
      const entry = entryAfter(run.replay?.of('') ?? [], run.group, run.input);
      scope.variables = entry.assigned;
      end = succeeded(await runScope(run, scope, entry));
    } catch (problem) {
      end = endFor(problem);
    } finally {
      over.abort();
    }
    run.log.append(scope, end.type, end.details);
    const summary: Summary = {
      ...run.summary,
      ...end.facts,
      stopDate: clock.now(),
      events: run.log.events(),
      stateTransitions: run.log.stateTransitions(),
    };
    store.saveExecution(summary);
    parts.onStatus(summary);
    return summary;
  }

  /** The machine's TimeoutSeconds begin anew with each redrive; children of a Map Run have none. */
  function limitTime(run: Run, controller: AbortController, over: AbortSignal): void {
    const { timeoutSeconds } = run.machine;
    if (timeoutSeconds === undefined || run.summary.mapRunArn !== undefined) return;
    clock.sleep(timeoutSeconds * 1000, over).then(
      () => controller.abort(new Interruption('timedOut')),
      () => {},
    );
  }

  async function stop(arn: string, error: string | undefined, cause: string | undefined): Promise<void> {
    const running = active.get(arn);
    if (running === undefined) {
      current(arn);
      return;
    }
    running.controller.abort(new Interruption('stopped', error, cause));
    await running.ended;
  }
}

interface BeginOptions {
  machine: Machine;
  group: StateGroup;
  definition: string;
  name: string;
  input: Json;
  mapRun: MapRun | undefined;
}

/** The states that an execution runs: the machine's, or those of the Map that it is a child of. */
function groupOf(machine: Machine, arn: string): StateGroup {
  const label = parseArn(arn)?.label;
  const map = label === undefined ? undefined : machine.labels.get(label);
  return map?.group ?? machine.group;
}

function dataOf(
  services: Omit<Services, 'executions'>,
  arn: string,
): { input: string; output: string | undefined } {
  const records = services.store.log(arn);
  const end = records.at(-1)?.event.executionSucceededEventDetails;
  return { input: records[0]?.event.executionStartedEventDetails?.input ?? '{}', output: end?.output };
}
