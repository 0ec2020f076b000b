import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { clientsFor } from '../lambdas/aws/clients.ts';
import { isoInstant } from '../lambdas/model/days.ts';
import type { TenantId } from '../lambdas/model/ids.ts';
import type { MachineName } from '../lambdas/model/pipelines.ts';
import type { Clock } from '../lambdas/model/ports.ts';
import { deliveriesOf } from './assembly/event-pattern.ts';
import {
  createFunctionRunner,
  type FunctionMode,
  type FunctionRunner,
  type InvocationMeasure,
} from './assembly/functions.ts';
import type { Assembly } from './assembly/types.ts';
import type { StatusChangeEvent } from './engine/describe.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import type { HistoryEvent } from './engine/history.ts';
import type { Objects } from './engine/run.ts';
import type { VirtualClock } from './engine/virtual-clock.ts';

/** How machines and functions are run, wherever the services are. */
export interface MachinesOptions {
  /** Holds the engine's files, functions' logs and local disks. */
  folder: string;
  /** Whether calls to CXone say what time it is here (`x-simulated-time`). Default false. */
  tellTime?: boolean;
  /** `source` runs the handlers' source, `asset` the bundles of the assembly, `process` these in processes of their own. Default source. */
  mode?: FunctionMode;
  /** The folder that functions' sources are relative to. Default: the project's. */
  projectFolder?: string;
  /** See `FunctionRunnerOptions`. Default false. */
  tellCaller?: boolean;
  /** Told what each invocation took, in mode `process`. */
  onInvocation?: (measure: InvocationMeasure) => void;
  /** Whether time also passes as it does. Default true; false for tests. */
  flow?: boolean;
  /** Numbers from 0 up to 1, for the engine's jitter and the functions'. */
  random?: () => number;
  onEvent?: (executionArn: string, event: HistoryEvent) => void;
}

/** The machines of an assembly on the engine, with their functions. */
export interface Machines {
  readonly engine: Engine;
  readonly functions: FunctionRunner;
  /** ARN of a tenant's machine. Throws where the assembly has none. */
  machineOf(tenant: TenantId, machine: MachineName): string;
  /** Stops what runs, so that it can be redriven. */
  close(): Promise<void>;
}

/**
 * Opens the engine of a folder on the machines that were synthesised. Executions that an earlier process left running are
 * ABORTED by then.
 *
 * @param aws.environment points functions at the services, read at each invocation
 */
export function openMachines(
  assembly: Assembly,
  aws: { readonly environment: Readonly<Record<string, string>> },
  clock: VirtualClock,
  options: MachinesOptions,
): Machines {
  const functions = runnerOf(assembly, aws, options);
  let open = true;
  const start = async (machine: string, input: unknown) => {
    // Who is interrupted knows it: a platform that is being closed begins nothing more.
    if (open) await engine.start(machine, { input });
  };
  const engine = createEngine({
    folder: join(options.folder, 'engine'),
    clock,
    machines: assembly.stateMachines,
    invokeFunction: functions.invoke,
    objects: objectsOf(aws),
    onStatusChange: (event, { clock: now }) => deliver(assembly, { functions, start }, event, now),
    ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    ...(options.random ? { random: options.random } : {}),
  });
  return {
    engine,
    functions,
    machineOf: (tenant, machine) => machineOf(assembly, tenant, machine),
    async close() {
      open = false;
      await engine.shutdown();
      await functions.close();
    },
  };
}

function runnerOf(
  assembly: Assembly,
  aws: { readonly environment: Readonly<Record<string, string>> },
  options: MachinesOptions,
): FunctionRunner {
  const headers = (now: Clock): Record<string, string> =>
    options.tellTime === true ? { 'x-simulated-time': isoInstant(now.now()) } : {};
  const temporaryFolder = join(options.folder, 'tmp');
  rmSync(temporaryFolder, { recursive: true, force: true });
  return createFunctionRunner({
    temporaryFolder,
    assembly,
    aws,
    mode: options.mode ?? 'source',
    flow: options.flow !== false,
    ...(options.onInvocation ? { onInvocation: options.onInvocation } : {}),
    taskFolder: join(options.folder, 'tasks'),
    logFolder: join(options.folder, 'logs'),
    ...(options.random ? { random: options.random } : {}),
    ...(options.projectFolder ? { projectFolder: options.projectFolder } : {}),
    ...(options.tellCaller === undefined ? {} : { tellCaller: options.tellCaller }),
    headers,
  });
}

/** The bucket as item readers and result writers reach it. */
function objectsOf(aws: { readonly environment: Readonly<Record<string, string>> }): Objects {
  return {
    async read(bucket, key) {
      const { s3 } = clientsFor(aws.environment);
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Body instanceof Readable ? buffer(Body) : Buffer.alloc(0);
    },
    async write(bucket, key, body) {
      const { s3 } = clientsFor(aws.environment);
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    },
  };
}

/** What targets of rules are. */
interface Targets {
  functions: FunctionRunner;
  start(machine: string, input: unknown): Promise<unknown>;
}

/** Does what EventBridge does with a status change: calls the functions and starts the machines that rules of the assembly name. */
async function deliver(
  assembly: Assembly,
  { functions, start }: Targets,
  event: StatusChangeEvent,
  clock: Clock,
): Promise<void> {
  for (const { target, input } of deliveriesOf(assembly, { ...event })) {
    if (assembly.stateMachines.some(({ arn }) => arn === target.arn)) {
      await start(target.arn, input);
      continue;
    }
    const result = await functions.invoke(target.arn, input as never, {
      clock,
      signal: new AbortController().signal,
    });
    if ('error' in result)
      throw new Error(`${target.id}: ${result.error.errorType}: ${result.error.errorMessage}`);
  }
}

/** The lake's bucket, as the functions are told it. Throws where the assembly makes none. */
export function lakeBucketOf(assembly: Assembly): string {
  const named = assembly.functions
    .map(({ environment }) => environment.LAKE_BUCKET)
    .find((name) => name !== undefined);
  if (named === undefined || !assembly.buckets.some(({ name }) => name === named))
    throw new Error(
      'The assembly makes no bucket for its lake: a lake in a bucket of your own cannot run here.',
    );
  return named;
}

function machineOf(assembly: Assembly, tenant: TenantId, machine: MachineName): string {
  const found = assembly.stateMachines.find(
    ({ tags }) => tags['cxone-export:tenant'] === tenant && tags['cxone-export:pipeline'] === machine,
  );
  if (found === undefined) throw new Error(`The assembly has no ${machine} of ${tenant}.`);
  return found.arn;
}
