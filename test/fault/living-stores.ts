import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { provision } from '../../local/assembly/provision.ts';
import { startAws } from '../../local/aws/embedded-aws.ts';
import { lakeBucketOf } from '../../local/machines.ts';
import { FIRST_NIGHT, type StoredNight } from '../support/night.ts';
import type { Lane } from './crash-lanes.ts';

/** Before a request has any effect, or after it and before the caller hears of that. */
export type Phase = 'before' | 'after';

/** Hears of every request to a service or to CXone. A promise holds the request; a rejection cuts it off there. */
export type RequestListener = (phase: Phase, request: string) => Promise<void>;

/** The services and the simulator of one night: they live on when its engine's process is killed. */
export interface LivingStores extends AsyncDisposable {
  readonly night: StoredNight;
  /** Where the services answer. */
  readonly url: string;
  /** Who hears of requests from now on; undefined for nobody. */
  listen(listener: RequestListener | undefined): void;
}

/** Opens services in a new folder, as they are after a deployment, and lets the lane's simulator begin anew. */
export async function openStores(lane: Lane, name: string): Promise<LivingStores> {
  const { assembly, simulator, secrets, exchanges } = lane;
  const folder = join(lane.home, name);
  mkdirSync(folder, { recursive: true });
  simulator.reset();
  const aws = await startAws({
    folder,
    clock: simulator,
    onEffect: async (phase, { service, operation, resource }) =>
      exchanges.listener?.(phase, `${service} ${operation} ${resource}`),
  });
  await provision(aws, assembly);
  for (const [secret, value] of Object.entries(secrets)) aws.secrets.set(secret, JSON.stringify(value));
  const clock = { now: () => simulator.now(), sleep: () => Promise.resolve() };
  return {
    night: {
      simulator,
      folder,
      calls: () => [...simulator.calls],
      violations: () => [...simulator.violations],
      platform: { aws, assembly, bucket: lakeBucketOf(assembly), clock },
    },
    url: aws.url,
    listen(listener) {
      exchanges.listener = listener;
    },
    // Hundreds of nights leave hundreds of folders: to remove them all at the end would take longer than a hook may.
    async [Symbol.asyncDispose]() {
      await aws.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** When every night begins, epoch milliseconds. */
export const NIGHT_BEGINS = FIRST_NIGHT;

/** Name of the execution that a night begins with; one that is started after a crash has another. */
export const FIRST_RUN = 'start-1';
