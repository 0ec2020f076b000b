import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../../lambdas/model/ports.ts';
import type { FunctionResult } from '../engine/run.ts';
import type { Instant, ProcessSettings, ProcessUse, Said, Told } from './function-messages.ts';
import type { OutputSink } from './output-capture.ts';

/** One invocation, as a function's process is given it. */
export interface ProcessInvocation {
  /** The event, as JSON. */
  event: string;
  context: object;
  clock: Clock;
  headers: () => Record<string, string>;
  /** Epoch milliseconds. */
  deadline: number;
  temporaryFolder: string;
  output: OutputSink;
  /** Aborted when nobody waits any longer: the process is killed then, unless it has answered. */
  over: AbortSignal;
  requestId: string;
}

/** A result, and what it took. That is undefined where the process died of the invocation. */
export interface ProcessResult {
  result: FunctionResult;
  use?: ProcessUse;
}

/** A function's process: one invocation at a time, kept between them, as Lambda keeps a sandbox. */
export interface FunctionProcess {
  readonly alive: boolean;
  invoke(invocation: ProcessInvocation): Promise<ProcessResult>;
  /** Ends it; resolves when it is gone. */
  end(): Promise<void>;
}

/** How a function's process is started. */
export interface ProcessOptions extends ProcessSettings {
  /** The runtime's file. */
  runtime: string;
  /** Its working folder. */
  folder: string;
  /** All of its environment. */
  environment: Readonly<Record<string, string>>;
}

/** Starts a function's process. It has nothing of this one's: neither environment, nor arguments of Node, nor folder. */
export function startFunctionProcess({
  runtime,
  folder,
  environment,
  ...settings
}: ProcessOptions): FunctionProcess {
  const child = fork(runtime, [JSON.stringify(settings)], {
    cwd: folder,
    env: { ...environment },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const gone = once(child, 'exit').catch(() => undefined);
  let sink: OutputSink | undefined;
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => sink?.(text.toString('utf8')));
  return {
    get alive() {
      return child.connected && child.exitCode === null && child.signalCode === null;
    },
    async invoke(invocation) {
      sink = invocation.output;
      try {
        return await conversation(child, invocation);
      } finally {
        sink = undefined;
      }
    },
    async end() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Tells the process of the invocation and does what it asks until it has a result, or dies. */
async function conversation(child: ChildProcess, invocation: ProcessInvocation): Promise<ProcessResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ProcessResult>();
  let waking = new AbortController();
  const told = (message: Told) => {
    // A process that has died meanwhile takes nothing: its exit says so.
    if (child.connected) child.send(message, () => undefined);
  };
  const instant = (): Instant => ({ now: invocation.clock.now(), headers: invocation.headers() });
  const sleep = async (until: number) => {
    const { signal } = waking;
    try {
      await invocation.clock.sleep(until - invocation.clock.now(), signal);
      if (!signal.aborted) told({ type: 'slept', instant: instant() });
    } catch (error) {
      if (!signal.aborted) reject(error);
    }
  };
  const wake = () => {
    waking.abort();
    waking = new AbortController();
  };
  const listen = (said: Said) => {
    switch (said.type) {
      case 'sleep':
        wake();
        sleep(said.until);
        return;
      case 'wake':
        return wake();
      case 'output':
        return invocation.output(said.text);
      case 'result':
        return resolve({ result: { payload: JSON.parse(said.payload) }, use: said.use });
      case 'failure': {
        const { type: _, use, ...error } = said;
        return resolve({ result: { error }, use });
      }
    }
  };
  // `close`, not `exit`: what it wrote before it died is to be read first.
  const died = (code: number | null, signal: string | null) =>
    resolve({ result: exitError(invocation.requestId, code, signal) });
  const kill = () => child.kill('SIGKILL');
  child.on('message', listen);
  child.on('close', died);
  child.on('error', reject);
  invocation.over.addEventListener('abort', kill, { once: true });
  try {
    const { event, deadline, temporaryFolder } = invocation;
    const context = Object.fromEntries(
      Object.entries(invocation.context).filter(([, value]) => typeof value !== 'function'),
    );
    told({ type: 'invoke', event, context, instant: instant(), deadline, temporaryFolder });
    return await promise;
  } finally {
    invocation.over.removeEventListener('abort', kill);
    child.off('message', listen);
    child.off('close', died);
    child.off('error', reject);
    wake();
  }
}

/** What Lambda answers when the process of a function has ended during an invocation. */
function exitError(requestId: string, code: number | null, signal: string | null): FunctionResult {
  const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
  const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: ${how}`;
  return { error: { errorType: 'Runtime.ExitError', errorMessage } };
}
