import { sdkExecution } from './describe.ts';
import {
  DoesNotExist,
  ExecutionAlreadyExists,
  FunctionFault,
  IntegrationFault,
  StartRefused,
  StateFault,
} from './errors.ts';
import { isObject, type Json, type JsonObject, throughJson } from './json.ts';
import type { Run } from './run.ts';

/** Arguments that lambda:invoke knows. */
const INVOKE_FIELDS = new Set(['FunctionName', 'Payload', 'InvocationType']);

/** Arguments that startExecution knows. */
const START_FIELDS = new Set(['StateMachineArn', 'Input', 'Name']);

/**
 * Calls a task's resource. Throws `StateFault` with the error name that AWS would give.
 *
 * @param submitted is told of what a resource that waits for its job has started.
 */
export async function performTask(
  resource: string,
  input: JsonObject,
  run: Run,
  signal: AbortSignal,
  submitted: (output: Json) => void,
): Promise<Json> {
  if (resource === 'arn:aws:states:::lambda:invoke') return await invoke(input, run, signal);
  if (resource === 'arn:aws:states:::states:startExecution.sync:2')
    return await startAndWait(input, run, signal, submitted);
  const integration = run.services.integrations.get(resource);
  if (integration === undefined)
    throw new StateFault('States.Runtime', `the resource ${resource} is not supported`);
  try {
    return await run.services.clock.busy((clock) => integration(input, { clock, signal }));
  } catch (error) {
    throw error instanceof IntegrationFault ? new StateFault(error.name, error.message) : unexpected(error);
  }
}

/** A fault that no contract names: it fails the task under States.TaskFailed, with what it said. */
function unexpected(error: unknown): StateFault {
  return error instanceof StateFault ? error : new StateFault('States.TaskFailed', String(error));
}

function refuseUnknown(input: JsonObject, known: ReadonlySet<string>): void {
  const unknown = Object.keys(input).filter((field) => !known.has(field));
  if (unknown.length === 0) return;
  throw new StateFault(
    'States.Runtime',
    `The arguments have fields that are not supported: ${unknown.join(', ')}`,
  );
}

async function invoke(input: JsonObject, run: Run, signal: AbortSignal): Promise<Json> {
  refuseUnknown(input, INVOKE_FIELDS);
  const { FunctionName: name, Payload: payload = {}, InvocationType: type = 'RequestResponse' } = input;
  if (typeof name !== 'string') throw new StateFault('States.Runtime', 'FunctionName must be a string');
  if (type !== 'RequestResponse')
    throw new StateFault('States.Runtime', 'InvocationType must be RequestResponse');
  const { clock, invokeFunction } = run.services;
  let result: Awaited<ReturnType<typeof invokeFunction>>;
  try {
    result = await clock.busy((own) => invokeFunction(name, throughJson(payload), { clock: own, signal }));
  } catch (error) {
    if (error instanceof FunctionFault) throw new StateFault(error.name, error.message);
    throw new StateFault(
      'Lambda.Unknown',
      `The cause could not be determined because Lambda did not return an error type. ${String(error)}`,
    );
  }
  if ('error' in result) throw new StateFault(result.error.errorType, JSON.stringify(result.error));
  return { ExecutedVersion: versionOf(name), Payload: throughJson(result.payload) ?? null, StatusCode: 200 };
}

function versionOf(functionName: string): string {
  return /^arn:aws:lambda:[^:]+:\d+:function:[^:]+:(.+)$/.exec(functionName)?.[1] ?? '$LATEST';
}

async function startAndWait(
  input: JsonObject,
  run: Run,
  signal: AbortSignal,
  submitted: (output: Json) => void,
): Promise<Json> {
  refuseUnknown(input, START_FIELDS);
  const { StateMachineArn: machine, Input: childInput = {}, Name: name } = input;
  if (typeof machine !== 'string') throw new StateFault('States.Runtime', 'StateMachineArn must be a string');
  if (name !== undefined && typeof name !== 'string')
    throw new StateFault('States.Runtime', 'Name must be a string');
  const { executions } = run.services;
  const child = startChild(executions, machine, name, isObject(childInput) ? childInput : {});
  submitted({ ExecutionArn: child.executionArn, StartDate: child.startDate });
  const stop = () => {
    // The child ends by itself; what its end is waited for below.
    executions
      .stop(child.executionArn, undefined, 'The task that waited for this execution has ended.')
      .catch(() => {});
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const ended = await executions.ended(child.executionArn);
    const { input: given, output } = executions.data(child.executionArn);
    const description = sdkExecution(ended, executions.notRedrivable(ended), given, output);
    if (ended.status !== 'SUCCEEDED') throw new StateFault('States.TaskFailed', JSON.stringify(description));
    return {
      ...description,
      Input: JSON.parse(given),
      Output: output === undefined ? null : JSON.parse(output),
    };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function startChild(
  executions: Run['services']['executions'],
  machine: string,
  name: string | undefined,
  input: Json,
) {
  try {
    return executions.start(machine, name, input);
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists)
      throw new StateFault('StepFunctions.ExecutionAlreadyExistsException', error.message);
    if (error instanceof DoesNotExist)
      throw new StateFault('StepFunctions.StateMachineDoesNotExistException', error.message);
    if (error instanceof StartRefused)
      throw new StateFault(`StepFunctions.${error.name}Exception`, error.message);
    throw error;
  }
}
