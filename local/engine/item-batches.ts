import { randomUUID } from 'node:crypto';
import type { MapState } from './definition.ts';
import { StateFault } from './errors.ts';
import { asNumber } from './evaluate.ts';
import type { Json, JsonObject } from './json.ts';
import { bytesOf, PAYLOAD_LIMIT, withinLimit } from './limits.ts';
import type { MapRunChild } from './store.ts';
import { asIs, evaluateField, type Visit } from './visit.ts';

/**
 * Gathers items, in their order, into as few batches as both limits allow; each is a child's input `{ BatchInput?, Items }`. The
 * bytes are those of the whole input, BatchInput included. Throws `StateFault` `States.DataLimitExceeded` where an item
 * alone is above the limit.
 */
export async function batchItems(
  batcher: NonNullable<MapState['ItemBatcher']>,
  visit: Visit,
  items: readonly Json[],
): Promise<MapRunChild[]> {
  const common: JsonObject =
    batcher.BatchInput === undefined
      ? {}
      : { BatchInput: await evaluateField(visit, 'ItemBatcher/BatchInput', batcher.BatchInput, asIs) };
  const mostItems = await limitOf(visit, batcher, 'MaxItemsPerBatch', Number.MAX_SAFE_INTEGER);
  const mostBytes = await limitOf(visit, batcher, 'MaxInputBytesPerBatch', PAYLOAD_LIMIT);
  const empty = bytesOf({ ...common, Items: [] });
  const batches: Json[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    if (empty + size > mostBytes)
      throw new StateFault(
        'States.DataLimitExceeded',
        `A batch of one item has ${empty + size} bytes; at most ${mostBytes} are allowed.`,
      );
    const last = batches.at(-1);
    const comma = 1;
    if (last === undefined || last.length >= mostItems || bytes + comma + size > mostBytes) {
      batches.push([item]);
      bytes = empty + size;
    } else {
      last.push(item);
      bytes += comma + size;
    }
  }
  return batches.map((Items) => {
    const input = withinLimit('A batch of items', { ...common, Items });
    return { name: randomUUID(), input, items: Items.length };
  });
}

async function limitOf(
  visit: Visit,
  batcher: NonNullable<MapState['ItemBatcher']>,
  field: 'MaxItemsPerBatch' | 'MaxInputBytesPerBatch',
  otherwise: number,
): Promise<number> {
  const template = batcher[field];
  if (template === undefined) return otherwise;
  return evaluateField(visit, `ItemBatcher/${field}`, template, (name, value) =>
    asNumber(name, value, 1, otherwise),
  );
}
