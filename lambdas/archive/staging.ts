import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { stagingPrefix } from '../lake/keys.ts';
import { Day } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import { FailureReason, InteractionId, UnavailableLook } from '../model/interactions.ts';
import type { ObjectStore } from '../model/ports.ts';

/*
 * What was looked up waits under the raw prefix until it is sealed: pieces of a batch, each with the places in the list
 * that it covers and the days that it holds in its key. Pieces may overlap, when a look-up was stopped and begun again: the first to
 * cover a place counts.
 */

const compressed = promisify(gzip);
const uncompressed = promisify(gunzip);

const common = {
  n: z.int().min(0),
  id: InteractionId,
  day: Day,
  tries: z.int().min(1),
  updatedTime: z.string().optional(),
};

/** What a look at an interaction came to. */
export const LookedUp = z.discriminatedUnion('outcome', [
  z.strictObject({
    ...common,
    outcome: z.literal('record'),
    digest: z.string(),
    value: z.unknown().optional(),
  }),
  z.strictObject({ ...common, outcome: z.literal('unavailable'), reason: UnavailableLook }),
  z.strictObject({ ...common, outcome: z.literal('failed'), failure: FailureReason }),
]);
export type LookedUp = z.infer<typeof LookedUp>;

/** What was looked up, with the canonical text of its record where there is one. */
export interface Staged {
  looked: LookedUp;
  record: string;
}

/** Whose staged records: a run, by its name, and the round in which it listed them. */
export interface StagedBy {
  tenant: TenantId;
  run: string;
  round: number;
}

/** A piece, by what its key says. */
interface Piece {
  key: string;
  from: number;
  to: number;
  firstDay: Day;
  lastDay: Day;
}

/** Canonical JSON has no tab: it separates what is noted of a record from the record. */
const TAB = '\t';

/** Stores what was looked up of a batch: places without gap, in their order. `batch` is the place with which the batch begins. */
export async function stagePiece(
  objects: ObjectStore,
  by: StagedBy,
  batch: number,
  pieces: readonly Staged[],
): Promise<void> {
  const [first] = pieces;
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) return;
  const days = pieces.map(({ looked }) => looked.day).toSorted();
  const range = `${padded(first.looked.n)}-${padded(last.looked.n)}_${days[0]}_${days.at(-1)}`;
  const lines = pieces.map(({ looked, record }) => `${JSON.stringify(looked)}${TAB}${record}\n`);
  const bytes = await compressed(lines.join(''));
  const key = `${stagingPrefix(by.tenant, by.run, by.round)}${padded(batch)}/${range}.jsonl.gz`;
  await objects.writeStream(key, Readable.from([bytes]), 'application/gzip');
}

/** The place up to which a batch is staged without gap, or the one before the batch. */
export async function stagedThrough(objects: ObjectStore, by: StagedBy, batch: number): Promise<number> {
  let through = batch - 1;
  for await (const { from, to } of pieces(objects, by, batch))
    if (from <= through + 1) through = Math.max(through, to);
  return through;
}

/** How many places of a list are staged. */
export async function stagedCount(objects: ObjectStore, by: StagedBy): Promise<number> {
  let count = 0;
  let through = -1;
  for await (const { from, to } of pieces(objects, by)) {
    count += Math.max(0, to - Math.max(from - 1, through));
    through = Math.max(through, to);
  }
  return count;
}

/** What is staged of an archive day behind a place of the list, in the order of the list, a piece at a time. Holds one piece. */
export async function* stagedOf(
  objects: ObjectStore,
  by: StagedBy,
  day: Day,
  behind: number,
): AsyncGenerator<Staged[]> {
  let through = behind;
  for await (const { key, to, firstDay, lastDay } of pieces(objects, by)) {
    if (to <= through || day < firstDay || day > lastDay) continue;
    const after = through;
    const staged = await readPiece(objects, key);
    yield staged.filter(({ looked }) => looked.n > after && looked.day === day);
    through = to;
  }
}

async function readPiece(objects: ObjectStore, key: string): Promise<Staged[]> {
  const text = (await uncompressed(await buffer(await objects.open(key)))).toString('utf8');
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    const tab = line.indexOf(TAB);
    const looked = LookedUp.safeParse(JSON.parse(line.slice(0, tab)));
    if (looked.success) return [{ looked: looked.data, record: line.slice(tab + 1) }];
    throw catalogued('PartCorrupted', `The staged object ${key} holds a line that is not one of ours.`);
  });
}

async function* pieces(objects: ObjectStore, by: StagedBy, batch?: number): AsyncGenerator<Piece> {
  const prefix = stagingPrefix(by.tenant, by.run, by.round);
  for await (const { key } of objects.list(batch === undefined ? prefix : `${prefix}${padded(batch)}/`)) {
    const [, from, to, first, last] = /\/(\d+)-(\d+)_([\d-]{10})_([\d-]{10})\.jsonl\.gz$/.exec(key) ?? [];
    if (first === undefined || last === undefined) continue;
    yield { key, from: Number(from), to: Number(to), firstDay: Day.parse(first), lastDay: Day.parse(last) };
  }
}

function padded(place: number): string {
  return String(place).padStart(9, '0');
}
