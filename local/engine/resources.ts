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

const INVOKE = 'arn:aws:states:::lambda:invoke';
const START_AND_WAIT = 'arn:aws:states:::states:startExecution.sync:2';

/** The arguments of the engine's own resources, the required one first. */
const ARGUMENTS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  [INVOKE]: ['FunctionName', 'Payload', 'InvocationType'],
  [START_AND_WAIT]: ['StateMachineArn', 'Input', 'Name'],
};

/** What is wrong with a task's arguments, each beginning with its place in them. Empty for resources of the registry. */
export function argumentProblems(resource: string, input: JsonObject): string[] {
  const known = ARGUMENTS[resource];
  if (known === undefined) return [];
  const problems = Object.keys(input)
    .filter((field) => !known.includes(field))
    .map((field) => `.${field}: is not supported`);
  const [required] = known;
  if (input[required] === undefined) problems.push(`: must have ${required}`);
  const { InvocationType: type = 'RequestResponse' } = input;
  if (type !== 'RequestResponse') problems.push('.InvocationType: must be RequestResponse');
  return problems;
}

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
  if (resource === INVOKE) return await invoke(input, run, signal);
  if (resource === START_AND_WAIT) return await startAndWait(input, run, signal, submitted);
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

function refuseUnknown(resource: string, input: JsonObject): void {
  const problems = argumentProblems(resource, input);
  if (problems.length > 0)
    throw new StateFault('States.Runtime', problems.map((problem) => `Arguments${problem}`).join('; '));
}

async function invoke(input: JsonObject, run: Run, signal: AbortSignal): Promise<Json> {
  refuseUnknown(INVOKE, input);
  const { FunctionName: name, Payload: payload = {} } = input;
  if (typeof name !== 'string') throw new StateFault('States.Runtime', 'FunctionName must be a string');
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
  refuseUnknown(START_AND_WAIT, input);
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
