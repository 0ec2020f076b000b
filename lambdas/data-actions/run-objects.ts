import { Readable } from 'node:stream';
import { z } from 'zod';
import { runObjectKey } from '../lake/keys.ts';
import type { RunArn, TenantId } from '../model/ids.ts';
import { PlannedUpdate, UpdateBatch } from '../model/planned-update.ts';
import type { ObjectStore } from '../model/ports.ts';

/** Which run's objects are meant. */
export interface RunOwner {
  tenant: TenantId;
  run: RunArn;
}

const PIPELINE = 'data-action-dates';
const JSON_TYPE = 'application/json';

/** Key of a run's object. */
export function objectKey({ tenant, run }: RunOwner, name: string): string {
  return runObjectKey(tenant, PIPELINE, run, name);
}

/** Key of the list of batches that the Map of a round reads. */
export function batchListKey(owner: RunOwner, round: number): string {
  return objectKey(owner, `batches-${round}.json`);
}

/**
 * Leaves updates as the batches of a round: one object each, and the list of them. Doing it again for the same round
 * overwrites it with the same.
 */
export async function writeBatches(
  objects: ObjectStore,
  owner: RunOwner,
  round: number,
  updates: readonly PlannedUpdate[],
  batchSize: number,
): Promise<{ listKey: string; updates: number; nameHint: string }> {
  const batches: UpdateBatch[] = [];
  for (let from = 0; from < updates.length; from += batchSize) {
    const batch = batches.length;
    const share = updates.slice(from, from + batchSize);
    const key = objectKey(owner, `round-${round}/batch-${String(batch).padStart(5, '0')}.json`);
    await objects.writeText(key, JSON.stringify(share), JSON_TYPE);
    batches.push({ batch, key, updates: share.length });
  }
  const listKey = batchListKey(owner, round);
  await objects.writeText(listKey, JSON.stringify(batches), JSON_TYPE);
  const [first] = updates;
  return {
    listKey,
    updates: updates.length,
    nameHint: first !== undefined && updates.length === 1 ? first.action : '',
  };
}

/** The updates of a batch. */
export async function readBatch(objects: ObjectStore, key: string): Promise<PlannedUpdate[]> {
  return z.array(PlannedUpdate).parse(JSON.parse(await objects.readText(key)));
}

/** Every batch of a round with its updates, one after the other. */
export async function* batchesOf(
  objects: ObjectStore,
  owner: RunOwner,
  round: number,
): AsyncIterable<{ batch: number; updates: PlannedUpdate[] }> {
  const list = z.array(UpdateBatch).parse(JSON.parse(await objects.readText(batchListKey(owner, round))));
  for (const { batch, key } of list) yield { batch, updates: await readBatch(objects, key) };
}

/** Writes values as JSON lines, one at a time. */
export async function writeLines(
  objects: ObjectStore,
  key: string,
  values: AsyncIterable<unknown>,
): Promise<void> {
  async function* lines() {
    for await (const value of values) yield Buffer.from(`${JSON.stringify(value)}\n`);
  }
  await objects.writeStream(key, Readable.from(lines(), { objectMode: false }), 'application/x-ndjson');
}
