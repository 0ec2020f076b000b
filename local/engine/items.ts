import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { MapState } from './definition.ts';
import { StateFault } from './errors.ts';
import { asArray, asNumber, asString } from './evaluate.ts';
import { batchItems } from './item-batches.ts';
import type { Json } from './json.ts';
import { withinLimit } from './limits.ts';
import type { MapRunChild } from './store.ts';
import { asIs, evaluateField, INPUT, type Visit } from './visit.ts';

/**
 * The children that a Map Run will have: its items, read from S3 where there is an ItemReader, shaped by ItemSelector
 * and gathered by ItemBatcher. Throws `StateFault` `States.ItemReaderFailed` where the object cannot be read.
 *
 * @param given the items, where there is no ItemReader.
 */
export async function settleChildren(
  state: MapState,
  visit: Visit,
  given: Json[] | undefined,
): Promise<MapRunChild[]> {
  const items = given ?? (await readItems(state, visit));
  const selected: Json[] = [];
  for (const [Index, Value] of items.entries()) {
    const input =
      state.ItemSelector === undefined
        ? Value
        : await evaluateField(visit, 'ItemSelector', state.ItemSelector, asIs, { item: { Index, Value } });
    selected.push(withinLimit(`The item ${Index}`, input));
  }
  if (state.ItemBatcher === undefined)
    return selected.map((input) => ({ name: randomUUID(), input, items: 1 }));
  return await batchItems(state.ItemBatcher, visit, selected);
}

async function readItems(state: MapState, visit: Visit): Promise<Json[]> {
  const reader = state.ItemReader;
  if (reader === undefined) return await evaluateField(visit, 'Items', state.Items ?? INPUT, asArray);
  const bucket = await evaluateField(visit, 'ItemReader/Arguments/Bucket', reader.Arguments.Bucket, asString);
  const key = await evaluateField(visit, 'ItemReader/Arguments/Key', reader.Arguments.Key, asString);
  const { MaxItems: most, InputType: type } = reader.ReaderConfig;
  const limit =
    most === undefined
      ? Number.POSITIVE_INFINITY
      : await evaluateField(visit, 'ItemReader/ReaderConfig/MaxItems', most, (field, value) =>
          asNumber(field, value, 1, 100_000_000),
        );
  const { clock, objects } = visit.run.services;
  try {
    const bytes = await clock.busy(() => objects.read(bucket, key));
    return parseItems(Buffer.from(bytes).toString('utf8'), type).slice(0, limit);
  } catch (error) {
    throw new StateFault('States.ItemReaderFailed', `s3://${bucket}/${key} cannot be read: ${String(error)}`);
  }
}

function parseItems(text: string, type: 'JSON' | 'JSONL'): Json[] {
  if (type === 'JSON') return asItems(JSON.parse(text));
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => JSON.parse(line));
}

function asItems(value: unknown): Json[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('it is not a JSON array');
}
