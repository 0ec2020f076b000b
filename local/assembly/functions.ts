import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Clock } from '../../lambdas/model/ports.ts';
import { embeddedRegion } from '../aws/names.ts';
import { FunctionFault } from '../engine/errors.ts';
import type { FunctionResult, InvokeFunction } from '../engine/run.ts';
import { type FunctionLog, openFunctionLog } from './function-log.ts';
import type { ProcessUse } from './function-messages.ts';
import { type FunctionProcesses, moduleIn, openFunctionProcesses } from './function-processes.ts';
import { within } from './invocation-surroundings.ts';
import { lambdaContext } from './lambda-context.ts';
import { capturingOutput, type OutputSink } from './output-capture.ts';
import { limitTime, type TimeLimit } from './time-limit.ts';
import type { Assembly, LambdaFunction } from './types.ts';

/**
 * `source` runs the handler's source where the construct names one, `asset` the bundle that would be deployed, both in this process;
 * `process` runs the bundle, unpacked, in processes of its own that have nothing of this one's surroundings.
 */
export type FunctionMode = 'source' | 'asset' | 'process';

/** What an invocation took, of a process of its own. */
export interface InvocationMeasure {
  /** Name of the function. */
  name: string;
  use: ProcessUse;
}

/** How functions are run. */
export interface FunctionRunnerOptions {
  assembly: Assembly;
  /** The embedded services that functions reach. */
  aws: { readonly environment: Readonly<Record<string, string>> };
  /** See `FunctionMode`. */
  mode: FunctionMode;
  /** Functions' logs are kept here, one file a function. */
  logFolder: string;
  /** Holds the invocations' local disks; each is removed when its invocation ends. Default: the system's folder for temporary files. */
  temporaryFolder?: string;
  /** Bundles are unpacked here in mode `process`; it must not lie below a node_modules' folder. Default: in the folder for temporary files. */
  taskFolder?: string;
  /** Whether time passes between two calls of the clock as it does: processes are told the time only now and then. Default: true. */
  flow?: boolean;
  /** Told of every invocation in mode `process` that ended with an answer. */
  onInvocation?: (measure: InvocationMeasure) => void;
  /** Numbers from 0 up to 1, for handlers' jitter; processes of their own have theirs. Default: Math.random. */
  random?: () => number;
  /** Headers for calls to CXone. Default: none. */
  headers?: (clock: Clock) => Record<string, string>;
  /** The folder that entries are relative to. Default: the project's. */
  projectFolder?: string;
  /** Whether each function has SDK clients of its own, with its name as access key, so that effects tell who asked. Default: false. */
  tellCaller?: boolean;
}

/** Runs functions. */
export interface FunctionRunner {
  /**
   * Invokes a function by its ARN, a version's or an alias's.
   *
   * A function that outlives its time limit is killed where it has a process of its own. In this process it is left behind: its
   * waits never end, but what it was doing besides is not cut off as Lambda would cut it.
   */
  invoke: InvokeFunction;
  /** Ends the functions' own processes. */
  close(): Promise<void>;
}

/** Largest payload, either way, in bytes: Lambda's quota for synchronous invocations. */
const largestPayload = 6 * 1024 * 1024;

type Handler = (event: unknown, context: unknown) => unknown;

/** Makes a runner of an assembly's functions. A function's module is loaded at its first invocation and kept. */
export function createFunctionRunner(options: FunctionRunnerOptions): FunctionRunner {
  const logs = new Map<string, FunctionLog>();
  const logOf = (name: string): FunctionLog => {
    const log = logs.get(name) ?? openFunctionLog(options.logFolder, name);
    logs.set(name, log);
    return log;
  };
  const processes = openFunctionProcesses({
    taskFolder:
      options.taskFolder ?? join(options.temporaryFolder ?? tmpdir(), `cxone-export-tasks-${randomUUID()}`),
    flow: options.flow !== false,
  });
  return {
    close: () => processes.close(),
    async invoke(functionArn, payload, { clock, signal }) {
      const found = options.assembly.functionOf(functionArn);
      if (!found)
        throw new FunctionFault('Lambda.ResourceNotFoundException', `Function not found: ${functionArn}`);
      const event = JSON.stringify(payload ?? null);
      if (Buffer.byteLength(event) > largestPayload) {
        throw new FunctionFault(
          'Lambda.RequestTooLargeException',
          `Request must be smaller than ${largestPayload} bytes`,
        );
      }
      const invocation = { functionArn, found, event, requestId: randomUUID(), clock, signal };
      return runInvocation({ ...options, processes }, invocation, logOf(found.name));
    },
  };
}

interface Invocation {
  functionArn: string;
  found: LambdaFunction;
  event: string;
  requestId: string;
  clock: Clock;
  signal: AbortSignal;
}

async function runInvocation(
  options: FunctionRunnerOptions & { processes: FunctionProcesses },
  invocation: Invocation,
  log: FunctionLog,
): Promise<FunctionResult> {
  const { found, requestId, signal } = invocation;
  const begun = invocation.clock.now();
  const limit = limitTime(invocation.clock, found.timeoutSeconds * 1000);
  const output = log.output(requestId);
  const temporaryFolder = join(options.temporaryFolder ?? tmpdir(), `cxone-export-${requestId}`);
  let status = 'aborted';
  try {
    signal.throwIfAborted();
    const own = {
      env: {
        ...lambdaEnvironment(found, invocation.functionArn),
        ...options.aws.environment,
        ...(options.tellCaller === true ? { AWS_ACCESS_KEY_ID: found.name } : {}),
        ...found.environment,
      },
      clock: limit.clock,
      random: options.random ?? Math.random,
      headers: () => options.headers?.(limit.clock) ?? {},
      temporaryFolder,
    };
    const context = lambdaContext(found, {
      ...invocation,
      remaining: () => limit.deadline - limit.clock.now(),
    });
    const running =
      options.mode === 'process'
        ? inProcess(options, { ...invocation, ...own, context, limit, output: output.sink })
        : capturingOutput(output.sink, () =>
            within(own, () => callHandler(options, found, JSON.parse(invocation.event), context)),
          );
    const result = await Promise.race([running, limit.reached, aborted(signal, limit.over)]);
    status = result === undefined ? 'timeout' : 'payload' in result ? 'success' : 'error';
    if (result === undefined) throw timedOut(requestId, found.timeoutSeconds);
    return result;
  } finally {
    limit.end();
    // A process that has just been killed may still be at work for a moment.
    rmSync(temporaryFolder, { recursive: true, force: true, maxRetries: 5 });
    output.end();
    const now = invocation.clock.now();
    const metrics = { durationMs: now - begun, memorySizeMB: found.memoryMegabytes };
    log.platform('platform.report', now, { requestId, status, metrics });
  }
}

interface OwnProcess extends Invocation {
  env: Record<string, string>;
  headers: () => Record<string, string>;
  temporaryFolder: string;
  context: object;
  limit: TimeLimit;
  output: OutputSink;
}

async function inProcess(
  { processes, onInvocation }: FunctionRunnerOptions & { processes: FunctionProcesses },
  { limit, env, ...invocation }: OwnProcess,
): Promise<FunctionResult> {
  const { found } = invocation;
  const { result, use } = await processes.invoke(
    { functionArn: invocation.functionArn, found, environment: env },
    { ...invocation, clock: limit.clock, deadline: limit.deadline, over: limit.over },
  );
  if (use) onInvocation?.({ name: found.name, use });
  return 'payload' in result ? throughJson(result.payload) : result;
}

function aborted(signal: AbortSignal, over: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over });
  return promise;
}

function timedOut(requestId: string, seconds: number): FunctionFault {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
  return new FunctionFault(
    'Sandbox.Timedout',
    JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage }),
  );
}

async function callHandler(
  options: FunctionRunnerOptions,
  found: LambdaFunction,
  event: unknown,
  context: unknown,
): Promise<FunctionResult> {
  let handler: Handler | undefined;
  try {
    handler = await loadHandler(options, found);
  } catch (error) {
    return failure('Runtime.ImportModuleError', error);
  }
  if (!handler)
    return failure('Runtime.HandlerNotFound', new Error(`${found.name} exports no ${found.handler}`));
  try {
    return throughJson(await handler(event, context));
  } catch (error) {
    return failure(error instanceof Error ? error.name : typeof error, error);
  }
}

function throughJson(result: unknown): FunctionResult {
  const text = JSON.stringify(result ?? null);
  if (Buffer.byteLength(text) <= largestPayload) return { payload: JSON.parse(text) };
  const message = `Response payload size exceeded maximum allowed payload size (${largestPayload} bytes).`;
  return failure('Function.ResponseSizeTooLarge', new Error(message));
}

function failure(errorType: string, thrown: unknown): FunctionResult {
  const errorMessage = thrown instanceof Error ? thrown.message : String(thrown);
  const trace = thrown instanceof Error ? (thrown.stack ?? '').split('\n') : [];
  return { error: { errorType, errorMessage, trace } };
}

async function loadHandler(
  options: FunctionRunnerOptions,
  found: LambdaFunction,
): Promise<Handler | undefined> {
  const [file = 'index', handler = 'handler'] = found.handler.split('.', 2);
  const source = options.mode === 'source' ? found.entry : undefined;
  const address = source === undefined ? bundleAddress(found, file) : sourceAddress(options, source);
  const module: unknown = await import(address);
  const exported: unknown = Reflect.get(Object(module), source === undefined ? handler : 'handler');
  if (typeof exported !== 'function') return undefined;
  return (event, context) => Reflect.apply(exported, undefined, [event, context]);
}

function sourceAddress(options: FunctionRunnerOptions, entry: string): string {
  const project = options.projectFolder ?? fileURLToPath(new URL('../..', import.meta.url));
  return pathToFileURL(join(project, entry)).href;
}

function bundleAddress(found: LambdaFunction, file: string): string {
  const folder = found.assetPath;
  if (folder === undefined) throw new Error(`${found.name} has its code in the template`);
  // Functions of one bundle are modules of their own, as they are on AWS.
  return `${pathToFileURL(moduleIn(folder, file)).href}?function=${encodeURIComponent(found.name)}`;
}

function lambdaEnvironment(found: LambdaFunction, functionArn: string): Record<string, string> {
  return {
    AWS_EXECUTION_ENV: `AWS_Lambda_${found.runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(found.memoryMegabytes),
    AWS_LAMBDA_FUNCTION_NAME: found.name,
    AWS_LAMBDA_FUNCTION_VERSION: versionIn(functionArn),
    AWS_REGION: embeddedRegion,
    _HANDLER: found.handler,
  };
}

/** The version that an ARN names, `$LATEST` where it names none. */
function versionIn(functionArn: string): string {
  return functionArn.split(':')[7] ?? '$LATEST';
}
