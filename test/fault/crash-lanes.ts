import { join } from 'node:path';
import { loadAssembly } from '../../local/assembly/assembly.ts';
import type { Assembly } from '../../local/assembly/types.ts';
import { type Simulator, startSimulator } from '../../local/cxone/index.ts';
import type { SecretsFile } from '../../local/secrets-file.ts';
import {
  copyAssembly,
  type NightsOptions,
  type PreparedNights,
  prepareAssembly,
  simulatorSettings,
  synthesiseOther,
} from '../support/night-assembly.ts';
import type { RequestListener } from './living-stores.ts';

/** Who hears of the requests of a lane's run. */
export interface Exchanges {
  listener: RequestListener | undefined;
}

/** Where one night at a time is run: nights of different lanes, each with a simulator of its own, run side by side. */
export interface Lane {
  /** Holds the folders of the lane's nights. */
  readonly home: string;
  readonly simulator: Simulator;
  readonly assembly: Assembly;
  readonly assemblyFolder: string;
  /** The assembly of the run that every night begins with, if there is one. */
  readonly earlierFolder: string | undefined;
  readonly secrets: SecretsFile;
  readonly exchanges: Exchanges;
}

/** The lanes of a pipeline, opened as they are needed. */
export interface Lanes {
  readonly prepared: PreparedNights;
  /** The lane of this number, from 0 on. */
  lane(number: number): Promise<Lane>;
  /** Stops the simulators and removes the folders. */
  close(): Promise<void>;
}

/**
 * Synthesises the pipeline and opens the first lane.
 *
 * @param earlier settings of the run that every night begins with
 */
export async function openLanes(options: NightsOptions, earlier?: NightsOptions): Promise<Lanes> {
  const exchanges: Exchanges = { listener: undefined };
  const prepared = await prepareAssembly({ ...options, simulator: heard(options, exchanges) });
  const { home, simulator, assemblyFolder, secrets } = prepared;
  const first: Lane = {
    home,
    simulator,
    assembly: loadAssembly(assemblyFolder),
    assemblyFolder,
    earlierFolder: earlier && synthesiseOther(prepared, 'earlier', earlier),
    secrets,
    exchanges,
  };
  const lanes = [first];
  return {
    prepared,
    async lane(number) {
      const lane = lanes[number] ?? (await openAnother(first, options, `lane-${number}`));
      lanes[number] = lane;
      return lane;
    },
    async close() {
      for (const lane of lanes.slice(1)) await lane.simulator.stop();
      await prepared.clear();
    },
  };
}

/** Opens a lane beside the first one: nothing of the assembly differs but whom it calls. */
async function openAnother(first: Lane, options: NightsOptions, name: string): Promise<Lane> {
  const exchanges: Exchanges = { listener: undefined };
  const simulator = await startSimulator(
    simulatorSettings({ ...options, simulator: heard(options, exchanges) }),
  );
  const home = join(first.home, name);
  const addresses = [first.simulator, simulator] as const;
  const assemblyFolder = copyAssembly(first.assemblyFolder, join(home, 'cdk.out'), addresses);
  return {
    home,
    simulator,
    assembly: loadAssembly(assemblyFolder),
    assemblyFolder,
    earlierFolder:
      first.earlierFolder && copyAssembly(first.earlierFolder, join(home, 'earlier.out'), addresses),
    secrets: first.secrets,
    exchanges,
  };
}

function heard(options: NightsOptions, exchanges: Exchanges): NonNullable<NightsOptions['simulator']> {
  return {
    ...options.simulator,
    onExchange: async (phase, { method, path }) => exchanges.listener?.(phase, `http ${method} ${path}`),
  };
}
