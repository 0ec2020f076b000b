import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lambdas/model/ports.ts';
import type { LoadedConfiguration } from '../lib/configuration-file.ts';
import { loadAssembly } from './assembly/assembly.ts';
import { provision } from './assembly/provision.ts';
import type { Assembly } from './assembly/types.ts';
import type { EffectListener } from './aws/effects.ts';
import { type EmbeddedAws, startAws } from './aws/embedded-aws.ts';
import type { VirtualClock } from './engine/virtual-clock.ts';
import { lakeBucketOf, type Machines, type MachinesOptions, openMachines } from './machines.ts';
import { openClock } from './platform-clock.ts';
import type { SecretsFile } from './secrets-file.ts';

/** How the embedded platform is opened. Everything is kept under its folder; one process at a time. */
export interface PlatformOptions extends MachinesOptions {
  configuration: LoadedConfiguration;
  /** Values of the secrets that the configuration names, by name. */
  secrets: SecretsFile;
  /** Whether waits pass at once. Only fit for a target that takes our clock. Default false. */
  skipWaits?: boolean;
  /** An assembly that `cdk synth` wrote, instead of one made from the configuration now. */
  assemblyFolder?: string;
  /** An assembly that is loaded already, instead of either. */
  assembly?: Assembly;
  /** First instant of a new folder's clock, epoch milliseconds. Default: the system's. */
  startAt?: number;
  onEffect?: EffectListener;
}

/** The embedded platform, open: the synthesised machines and functions over embedded services. */
export interface Platform extends Machines {
  readonly assembly: Assembly;
  readonly aws: EmbeddedAws;
  readonly clock: Clock & { skipped(): number };
  /** Name of the lake's bucket. */
  readonly bucket: string;
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
  const assembly = options.assembly ?? loadAssembly(options.assemblyFolder ?? (await synthesise(options)));
  const bucket = lakeBucketOf(assembly);
  await provision(aws, assembly);
  for (const [name, value] of Object.entries(options.secrets)) aws.secrets.set(name, JSON.stringify(value));
  const machines = openMachines(assembly, aws, clock, options);
  aws.attachEngine(machines.engine);
  return {
    ...machines,
    assembly,
    aws,
    clock,
    bucket,
    async close() {
      await machines.close();
      await aws.close();
    },
  };
}

async function synthesise({ folder, configuration, mode }: PlatformOptions): Promise<string> {
  // The construct library takes longer to load than all the rest: who brings an assembly does without.
  const { buildApp } = await import('../lib/app.ts');
  const outdir = join(folder, 'cdk.out');
  const bundling = mode !== undefined && mode !== 'source';
  buildApp(configuration, { outdir, bundling, validation: false }).synth();
  return outdir;
}
