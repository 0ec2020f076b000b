import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type FunctionProcess,
  type ProcessInvocation,
  type ProcessResult,
  startFunctionProcess,
} from './function-process.ts';
import type { LambdaFunction } from './types.ts';

/** How functions' processes are kept. */
export interface FunctionProcessesOptions {
  /** Bundles are unpacked here, one folder a function. Emptied when it is first used. */
  taskFolder: string;
  /** Whether time passes between two instants as it does. */
  flow: boolean;
}

/** Which function, under which of its ARNs, with all of its environment. */
export interface ProcessTarget {
  functionArn: string;
  found: LambdaFunction;
  environment: Readonly<Record<string, string>>;
}

/** Functions in processes of their own. */
export interface FunctionProcesses {
  /** Runs an invocation in a process that is free, or in a new one. */
  invoke(target: ProcessTarget, invocation: ProcessInvocation): Promise<ProcessResult>;
  /** Ends all processes and removes what was unpacked. */
  close(): Promise<void>;
}

/** What Lambda gives a function besides its own variables; nothing of this process's environment. */
const SYSTEM_ENVIRONMENT = { LANG: 'en_US.UTF-8', TZ: ':UTC', PATH: '/usr/local/bin:/usr/bin:/bin' };

/**
 * Keeps functions' processes: one for each invocation at a time and each version, used again by later ones, as Lambda does
 * with its sandboxes.
 */
export function openFunctionProcesses({ taskFolder, flow }: FunctionProcessesOptions): FunctionProcesses {
  const free = new Map<string, FunctionProcess[]>();
  const all = new Set<FunctionProcess>();
  const unpacked = new Set<string>();
  let runtime: string | undefined;
  const start = ({ found, environment }: ProcessTarget): FunctionProcess => {
    runtime ??= placeRuntime(taskFolder);
    const folder = join(taskFolder, found.name);
    if (!unpacked.has(found.name)) unpackFunction(found, folder);
    unpacked.add(found.name);
    const [file = 'index', handler = 'handler'] = found.handler.split('.', 2);
    const made = startFunctionProcess({
      runtime,
      folder,
      environment: { ...SYSTEM_ENVIRONMENT, LAMBDA_TASK_ROOT: folder, ...environment },
      module: pathToFileURL(moduleIn(folder, file)).href,
      handler,
      flow,
    });
    all.add(made);
    return made;
  };
  return {
    async invoke(target, invocation) {
      const waiting = free.get(target.functionArn) ?? [];
      free.set(target.functionArn, waiting);
      let process = waiting.pop();
      while (process !== undefined && !process.alive) process = waiting.pop();
      process ??= start(target);
      const result = await process.invoke(invocation);
      if (process.alive && !invocation.over.aborted) waiting.push(process);
      else all.delete(process);
      return result;
    },
    async close() {
      free.clear();
      await Promise.all([...all].map((process) => process.end()));
      all.clear();
      unpacked.clear();
      if (runtime !== undefined) rmSync(taskFolder, { recursive: true, force: true });
      runtime = undefined;
    },
  };
}

/** Copies a function's asset into a folder, as Lambda unpacks it. */
export function unpackFunction(found: LambdaFunction, folder: string): void {
  if (found.assetPath === undefined) throw new Error(`${found.name} has its code in the template`);
  cpSync(found.assetPath, folder, { recursive: true });
}

/** A module of an unpacked bundle. */
export function moduleIn(folder: string, file: string): string {
  const path = ['.mjs', '.js', '.cjs']
    .map((ending) => join(folder, `${file}${ending}`))
    .find((one) => existsSync(one));
  if (path === undefined) throw new Error(`${folder} holds no ${file}.mjs, .js or .cjs`);
  return path;
}

function placeRuntime(taskFolder: string): string {
  rmSync(taskFolder, { recursive: true, force: true });
  mkdirSync(taskFolder, { recursive: true });
  const runtime = join(taskFolder, 'runtime.mts');
  cpSync(fileURLToPath(new URL('function-runtime.ts', import.meta.url)), runtime);
  return runtime;
}
