import { join } from 'node:path';
import { loadAssembly } from '../../local/assembly/assembly.ts';
import type { SimulatorOptions } from '../../local/cxone/index.ts';
import { deployedOver, keptRelease, type Upgraded, unpackRelease } from './kept-release.ts';
import { type Nights, prepareNights } from './night.ts';
import type { NightsOptions } from './night-assembly.ts';
import { RECEIVER_CERTIFICATE } from './receiver-identity.ts';
import { reportSettings, SKILLS } from './report-night.ts';
import { openReceiver, type WebhookReceiver } from './webhook-receiver.ts';

/**
 * What nights of a kept release are prepared with, and what is deployed over it: a tenant with every pipeline and a webhook.
 * Both have the same configuration, so that what they differ by is the release.
 */
export function releaseSettings(receiverUrl: string, simulator: SimulatorOptions = {}): NightsOptions {
  return {
    simulator: { rows: 60, parts: 2, ...simulator },
    cdr: { outputs: ['parquet', 'jsonl'] },
    pipelines: {
      analytics: { pageSize: 25, outputs: ['parquet', 'jsonl'] },
      reports: { reports: [reportSettings(SKILLS)] },
      archive: { batchInteractions: 2, media: {} },
      dataActions: { batchSize: 2, batchesAtOnce: 1 },
    },
    webhook: {
      url: receiverUrl,
      certificateAuthority: `${RECEIVER_CERTIFICATE}\n`,
      networks: ['127.0.0.0/8'],
      records: ['cdr'],
      batchRecords: 50,
      tries: 4,
    },
  };
}

export type { Upgraded } from './kept-release.ts';

/** Nights that begin under the kept release. */
export interface ReleaseNights {
  readonly receiver: WebhookReceiver;
  open(options?: Omit<Parameters<Nights['open']>[0] & object, 'assembly'>): ReturnType<Nights['open']>;
  /** What is deployed over the kept release: what the working tree is. */
  upgrade(): Upgraded;
  close(): Promise<void>;
}

/** Prepares nights under the kept release, and what is deployed over it, once for a test file. */
export async function prepareReleaseNights(simulator: SimulatorOptions = {}): Promise<ReleaseNights> {
  const receiver = await openReceiver();
  const nights = await prepareNights(releaseSettings(receiver.url, simulator));
  const { url, downloadUrl } = nights.simulator;
  const addresses = { url, downloadUrl, receiverUrl: receiver.url };
  const previous = unpackRelease(keptRelease(), join(nights.home, 'release'), addresses);
  const current = loadAssembly(nights.assemblyFolder);
  return {
    receiver,
    open: (options) => nights.open({ ...options, assembly: previous }),
    upgrade: () => deployedOver(previous, current),
    async close() {
      await nights.close();
      await receiver.close();
    },
  };
}

/** Functions that were called by the version of a release: 1 is the kept one's, 2 that of the working tree. */
export function calledOf(called: Iterable<string>, version: 1 | 2): string[] {
  const pattern = new RegExp(`-Functions(\\w+)Function\\w{8}:${version}$`);
  return [...called].flatMap((arn) => pattern.exec(arn)?.[1] ?? []).toSorted();
}
