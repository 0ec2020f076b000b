import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { clientsFor } from '../lambdas/aws/clients.ts';
import { isoInstant } from '../lambdas/model/days.ts';
import type { TenantId } from '../lambdas/model/ids.ts';
import type { PipelineName } from '../lambdas/model/pipelines.ts';
import type { Clock } from '../lambdas/model/ports.ts';
import type { LoadedConfiguration } from '../lib/configuration-file.ts';
import { loadAssembly } from './assembly/assembly.ts';
import { deliveriesOf } from './assembly/event-pattern.ts';
import {
  createFunctionRunner,
  type FunctionMode,
  type FunctionRunner,
  type InvocationMeasure,
} from './assembly/functions.ts';
import { provision } from './assembly/provision.ts';
import type { Assembly } from './assembly/types.ts';
import type { EffectListener } from './aws/effects.ts';
import { type EmbeddedAws, startAws } from './aws/embedded-aws.ts';
import type { StatusChangeEvent } from './engine/describe.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import type { HistoryEvent } from './engine/history.ts';
import type { Objects } from './engine/run.ts';
import type { VirtualClock } from './engine/virtual-clock.ts';
import { openClock } from './platform-clock.ts';
import type { SecretsFile } from './secrets-file.ts';

/** How the embedded platform is opened. */
export interface PlatformOptions {
  /** Everything is kept under this folder; one process at a time. */
  folder: string;
  configuration: LoadedConfiguration;
  /** Values of the secrets that the configuration names, by name. */
  secrets: SecretsFile;
  /** Whether waits pass at once. Only fit for a target that takes our clock. Default false. */
  skipWaits?: boolean;
  /** Whether calls to CXone say what time it is here (`x-simulated-time`). Default false. */
  tellTime?: boolean;
  /** An assembly that `cdk synth` wrote, instead of one made from the configuration now. */
  assemblyFolder?: string;
  /** `source` runs the handlers' source, `asset` the bundles of the assembly, `process` these in processes of their own. Default source. */
  mode?: FunctionMode;
  /** Told what each invocation took, in mode `process`. */
  onInvocation?: (measure: InvocationMeasure) => void;
  /** First instant of a new folder's clock, epoch milliseconds. Default: the system's. */
  startAt?: number;
  /** Whether time also passes as it does. Default true; false for tests. */
  flow?: boolean;
  /** Numbers from 0 up to 1, for the engine's jitter. */
  random?: () => number;
  onEvent?: (executionArn: string, event: HistoryEvent) => void;
  onEffect?: EffectListener;
}

/** The embedded platform, open: the synthesised machines and functions over embedded services. */
export interface Platform {
  readonly assembly: Assembly;
  readonly aws: EmbeddedAws;
  readonly engine: Engine;
  readonly clock: Clock & { skipped(): number };
  readonly functions: FunctionRunner;
  /** Name of the lake's bucket. */
  readonly bucket: string;
  /** ARN of a tenant's machine. Throws where the assembly has none. */
  machineOf(tenant: TenantId, pipeline: PipelineName): string;
  /** Stops what runs, so that it can be redriven, and closes everything. */
  close(): Promise<void>;
}

/**
 * Opens the platform: synthesises, starts the services, provisions what is missing, and opens the engine on the machines
 * that were synthesised. Executions that an earlier process left running are ABORTED by then.
 */
export async function openPlatform(options: PlatformOptions): Promise<Platform> {
  mkdirSync(options.folder, { recursive: true });
  let clock: VirtualClock | undefined;
  // The services lock the folder: until they have it, nothing else in it is touched, the clock's file included.
  const aws = await startAws({
    folder: options.folder,
    clock: { now: () => clock?.now() ?? Date.now() },
    ...(options.onEffect ? { onEffect: options.onEffect } : {}),
  });
  try {
    clock = openClock(options.folder, options);
    return await openOver(aws, clock, options);
  } catch (error) {
    await aws.close();
    throw error;
  }
}

async function openOver(aws: EmbeddedAws, clock: VirtualClock, options: PlatformOptions): Promise<Platform> {
  const assembly = loadAssembly(options.assemblyFolder ?? (await synthesise(options)));
  await provision(aws, assembly);
  for (const [name, value] of Object.entries(options.secrets)) aws.secrets.set(name, JSON.stringify(value));
  const functions = runnerOf(assembly, aws, options);
  try {
    const engine = createEngine({
      folder: join(options.folder, 'engine'),
      clock,
      machines: assembly.stateMachines,
      invokeFunction: functions.invoke,
      objects: objectsOf(aws),
      onStatusChange: (event, { clock: now }) => deliver(assembly, functions, event, now),
      ...(options.onEvent ? { onEvent: options.onEvent } : {}),
      ...(options.random ? { random: options.random } : {}),
    });
    aws.attachEngine(engine);
    return {
      assembly,
      aws,
      engine,
      clock,
      functions,
      bucket: lakeBucket(assembly),
      machineOf: (tenant, pipeline) => machineOf(assembly, tenant, pipeline),
      async close() {
        await engine.shutdown();
        await functions.close();
        await aws.close();
      },
    };
  } catch (error) {
    await functions.close();
    throw error;
  }
}

function runnerOf(assembly: Assembly, aws: EmbeddedAws, options: PlatformOptions): FunctionRunner {
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
    headers,
  });
}

async function synthesise({ folder, configuration, mode }: PlatformOptions): Promise<string> {
  // The construct library takes longer to load than all the rest: who brings an assembly does without.
  const { buildApp } = await import('../lib/app.ts');
  const outdir = join(folder, 'cdk.out');
  const bundling = mode !== undefined && mode !== 'source';
  buildApp(configuration, { outdir, bundling, validation: false }).synth();
  return outdir;
}

/** The bucket as item readers and result writers reach it. */
function objectsOf(aws: EmbeddedAws): Objects {
  const { s3 } = clientsFor(aws.environment);
  return {
    async read(bucket, key) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Body instanceof Readable ? buffer(Body) : Buffer.alloc(0);
    },
    async write(bucket, key, body) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    },
  };
}

/** Does what EventBridge does with a status change: calls the functions that rules of the assembly name. */
async function deliver(
  assembly: Assembly,
  functions: FunctionRunner,
  event: StatusChangeEvent,
  clock: Clock,
): Promise<void> {
  for (const { target, input } of deliveriesOf(assembly, { ...event })) {
    const result = await functions.invoke(target.arn, input as never, {
      clock,
      signal: new AbortController().signal,
    });
    if ('error' in result)
      throw new Error(`${target.id}: ${result.error.errorType}: ${result.error.errorMessage}`);
  }
}

/** The lake's bucket, as the functions are told it. */
function lakeBucket(assembly: Assembly): string {
  const named = assembly.functions
    .map(({ environment }) => environment.LAKE_BUCKET)
    .find((name) => name !== undefined);
  if (named === undefined || !assembly.buckets.some(({ name }) => name === named))
    throw new Error(
      'The assembly makes no bucket for its lake: a lake in a bucket of your own cannot run here.',
    );
  return named;
}

function machineOf(assembly: Assembly, tenant: TenantId, pipeline: PipelineName): string {
  const found = assembly.stateMachines.find(
    ({ tags }) => tags['cxone-export:tenant'] === tenant && tags['cxone-export:pipeline'] === pipeline,
  );
  if (found === undefined) throw new Error(`The assembly has no ${pipeline} of ${tenant}.`);
  return found.arn;
}
