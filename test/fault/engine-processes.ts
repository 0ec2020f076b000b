import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { PreparedNights } from '../support/night-assembly.ts';
import type { EngineBundle } from './engine-bundle.ts';
import { Answer, type Order, type Said } from './engine-orders.ts';

/** A process that has loaded the engine and the functions. */
export interface EngineProcess {
  /** Runs a night, beside others that run in it; undefined where the process was killed before its end. Rejects where it ended otherwise. */
  run(order: Order): Promise<Said | undefined>;
  /** Kills it by SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Processes of the same functions: one is always being loaded ahead, since a night whose process is killed needs another. */
export interface EngineProcesses {
  take(): EngineProcess;
  /** Gives back a process that has run its nights to the end: it will run others. */
  giveBack(engine: EngineProcess): void;
  close(): Promise<void>;
}

/** Makes the processes of an assembly, which run all assemblies with the same functions. */
export function engineProcesses(
  { home, assemblyFolder }: PreparedNights,
  { script, folder }: EngineBundle,
): EngineProcesses {
  const all = new Set<EngineProcess>();
  const start = (): EngineProcess => {
    const child = fork(script, [assemblyFolder, folder], {
      env: { ...process.env, NODE_COMPILE_CACHE: join(home, 'compiled') },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const engine = engineProcess(child);
    all.add(engine);
    return engine;
  };
  const free = [start()];
  return {
    take() {
      const engine = free.pop() ?? start();
      if (free.length === 0) free.push(start());
      return engine;
    },
    giveBack: (engine) => void free.push(engine),
    async close() {
      await Promise.all([...all].map((engine) => engine.kill()));
    },
  };
}

function engineProcess(child: ChildProcess): EngineProcess {
  const ready = once(child, 'message');
  const ended = once(child, 'exit');
  const asked = new Map<string, (said: Said) => void>();
  ready
    .then(() =>
      child.on('message', (message) => {
        const { folder, said } = Answer.parse(message);
        asked.get(folder)?.(said);
      }),
    )
    .catch(() => undefined);
  const complaints: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  return {
    async run(order) {
      const answer = async () => {
        await ready;
        const { promise, resolve } = Promise.withResolvers<Said>();
        asked.set(order.folder, resolve);
        child.send(order);
        return promise;
      };
      const end = async () => {
        const [, signal] = await ended;
        if (signal === 'SIGKILL') return undefined;
        throw new Error(`The engine's process failed: ${complaints.join('')}`);
      };
      return Promise.race([answer(), end()]);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
