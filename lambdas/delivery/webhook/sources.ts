import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import type { DeliveryItem, DeliveryKey } from '../../ledger/deliveries.ts';
import { readWindow, type WindowLedger } from '../../ledger/windows.ts';
import type { BatchLimits, CommitFacts, DeliveryFacts } from '../../model/delivery.ts';
import { runName } from '../../model/ids.ts';
import type { ObjectStore } from '../../model/ports.ts';
import { type Batch, batchesOf, linesOf } from './batches.ts';
import type { DeliverySource } from './deliver.ts';

/** Where what is delivered is read from. */
export interface SourcePorts {
  ledger: WindowLedger;
  objects: ObjectStore;
}

/** Bytes that an unpacked stream hands on at once. */
const CHUNK_BYTES = 256 * 1024;

const Manifest = z.looseObject({
  window: z.looseObject({ files: z.array(z.looseObject({ key: z.string(), format: z.string() })) }),
});

/** Under which name a delivery is kept: it follows from what is delivered, and sorts by age. */
export function keyOf(facts: DeliveryFacts): DeliveryKey {
  switch (facts.type) {
    case 'records':
    case 'committed':
      return { topic: facts.dataset, name: `${facts.day}#${String(facts.commit).padStart(6, '0')}` };
    case 'failed':
      return { topic: facts.pipeline, name: `${facts.endedAt}#${runName(facts.run)}` };
    case 'dataActionUpdated':
    case 'dataActionsUpdated':
      return { topic: facts.pipeline, name: `${runName(facts.run)}#${facts.share}` };
  }
}

/** The source of a delivery, made from what is kept of it: the same when it is taken up again, days later. */
export function sourceOf(
  ports: SourcePorts,
  { facts, limits }: Pick<DeliveryItem, 'facts' | 'limits'>,
): DeliverySource {
  const { ledger } = ports;
  const key = keyOf(facts);
  switch (facts.type) {
    case 'records':
    case 'committed':
      return {
        key,
        facts,
        // The commit is in it: a generation that comes back after another one is told anew.
        subject: [ledger.tenant, facts.dataset, facts.day, facts.commit, facts.generation],
        batches: () => (facts.type === 'records' ? recordBatches(ports, facts, limits) : oneBatch()),
        superseded: async () => (await readWindow(ledger, facts.dataset, facts.day)).commits > facts.commit,
      };
    case 'failed':
      return {
        key,
        facts,
        subject: [ledger.tenant, facts.pipeline, facts.run, facts.endedAt],
        batches: oneBatch,
        superseded: async () => false,
      };
    case 'dataActionUpdated':
    case 'dataActionsUpdated':
      return {
        key,
        facts,
        subject: [ledger.tenant, facts.pipeline, facts.run, facts.share],
        batches: () =>
          facts.type === 'dataActionUpdated' ? lineBatches(ports, facts.resultsKey, limits) : oneBatch(),
        superseded: async () => false,
      };
  }
}

/** Keys of the generation's JSON lines, in the manifest's order. */
export async function recordFiles(objects: ObjectStore, manifestKey: string): Promise<string[]> {
  const { window } = Manifest.parse(JSON.parse(await objects.readText(manifestKey)));
  return window.files.filter(({ format }) => format === 'jsonl').map(({ key }) => key);
}

async function* oneBatch(): AsyncGenerator<Batch> {
  yield { number: 1, records: [] };
}

async function* recordBatches(
  { objects }: SourcePorts,
  facts: CommitFacts,
  limits: BatchLimits,
): AsyncGenerator<Batch> {
  const files = await recordFiles(objects, facts.manifestKey);
  yield* batchesOf(linesOf(unpacked(objects, files)), limits);
}

/** The lines of an object of JSON lines that is not packed. */
async function* lineBatches(
  { objects }: SourcePorts,
  key: string,
  limits: BatchLimits,
): AsyncGenerator<Batch> {
  yield* batchesOf(linesOf(await objects.open(key)), limits);
}

/** The files' bytes, one file after the other, as they are asked for. */
async function* unpacked(objects: ObjectStore, files: readonly string[]): AsyncGenerator<Buffer> {
  for (const file of files) {
    const stored = await objects.open(file);
    const text = stored.pipe(createGunzip({ chunkSize: CHUNK_BYTES }));
    stored.once('error', (error) => text.destroy(error));
    try {
      for await (const chunk of text) yield chunk;
    } finally {
      stored.destroy();
      text.destroy();
    }
  }
}
