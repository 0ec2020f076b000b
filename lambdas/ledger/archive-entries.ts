import { z } from 'zod';
import { Day, isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import { FailureReason, InteractionId, MarkFailure, UnavailableReason } from '../model/interactions.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { Item, ItemKey } from '../model/ports.ts';
import { type Change, conditionalUpdate } from './expressions.ts';
import type { WindowLedger } from './windows.ts';

/** What is known of an interaction: `archived` once its object is durable, `marked` once CXone shows it. */
export const ArchiveEntry = z.object({
  id: InteractionId,
  day: Day,
  state: z.enum(['archived', 'marked', 'markPending', 'unavailable']).optional(),
  object: z.string().optional().describe('Key of the object that holds its record'),
  digest: z.string().optional().describe('Of its record, without updated time and mark'),
  archivedBy: z.string().optional().describe('Name of the run'),
  archivedAt: z.string().optional(),
  segment: z.string().optional().describe('What it was sealed together with: see sealing'),
  reason: UnavailableReason.optional(),
  refusedAt: z.iso
    .datetime()
    .optional()
    .describe('Since when CXone refuses it (403): runs look again for a time'),
  givenUp: z.boolean().default(false).describe('An operator has given it up, and a run has noted that'),
  failure: FailureReason.optional().describe('The last look failed: later runs look again'),
  updatedTime: z.string().optional().describe('CXone’s, at the last look'),
  lookedBy: z.string().optional().describe('Name of the run that looked last, with the round'),
  markFailure: MarkFailure.optional(),
  markTries: z.number().default(0),
  markTriedBy: z.string().optional(),
  markedBy: z.string().optional(),
});
export type ArchiveEntry = z.infer<typeof ArchiveEntry>;

/** The partition that holds the interactions of an archive day, by id. */
export function archiveDayPartition(tenant: TenantId, day: Day): string {
  return `${tenant}#archive#day#${day}`;
}

function entryKey(tenant: TenantId, day: Day, id: InteractionId): ItemKey {
  return { pk: archiveDayPartition(tenant, day), sk: id };
}

function pointerKey(tenant: TenantId, id: InteractionId): ItemKey {
  return { pk: `${tenant}#archive#interaction#${id}`, sk: 'day' };
}

const Pointer = z.object({ day: Day });

/** Fixes an interaction's archive day, once and for all: gives the one that was fixed first. */
export async function fixArchiveDay(ledger: WindowLedger, id: InteractionId, day: Day): Promise<Day> {
  const key = pointerKey(ledger.tenant, id);
  const written = await ledger.table.update(key, conditionalUpdate({ setOnce: { day } }));
  return parsed(Pointer, key, written === 'conditionFailed' ? undefined : written).day;
}

/** An interaction's archive day, or undefined where the ledger has never seen it. */
export async function archiveDayOf(ledger: WindowLedger, id: InteractionId): Promise<Day | undefined> {
  const key = pointerKey(ledger.tenant, id);
  const item = await ledger.table.get(key);
  return item === undefined ? undefined : parsed(Pointer, key, item).day;
}

/** What the ledger knows of an interaction; undefined where it has no entry. */
export async function readArchiveEntry(
  ledger: WindowLedger,
  day: Day,
  id: InteractionId,
): Promise<ArchiveEntry | undefined> {
  const key = entryKey(ledger.tenant, day, id);
  const item = await ledger.table.get(key);
  return item === undefined ? undefined : parsed(ArchiveEntry, key, { ...item, id, day });
}

/** All interactions of an archive day by id; from an id on, exclusive, where it is given. */
export async function* archiveEntries(
  ledger: WindowLedger,
  day: Day,
  after?: string,
): AsyncGenerator<ArchiveEntry> {
  const pk = archiveDayPartition(ledger.tenant, day);
  for await (const item of ledger.table.query(pk, after === undefined ? {} : { from: `${after}\u0000` }))
    yield parsed(ArchiveEntry, { pk, sk: String(item.sk) }, { ...item, id: item.sk, day });
}

/** What earlier looks left that is so no more when one succeeds. */
const FORMER_LOOK = ['failure', 'reason', 'refusedAt', 'givenUp'];

/** What a look at an interaction came to, beside its state. */
interface Look {
  id: InteractionId;
  /** Name of the run and its round. */
  lookedBy: string;
  /** CXone's updated time; absent where it was not told. */
  updatedTime?: string | undefined;
}

/** Notes that an interaction's record lies in an object that is durable. `marked` says that CXone shows our mark already. */
export async function noteArchived(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  look: Look & { digest: string; marked: boolean },
  sealed: { object: string; archivedBy: string; segment: string },
): Promise<void> {
  const { id, marked, ...looked } = look;
  const archivedAt = isoInstant(ledger.clock.now());
  const state = marked ? 'marked' : 'archived';
  await change(ledger, claim, id, {
    set: { ...looked, ...sealed, archivedAt, state, markTries: 0 },
    remove: [...FORMER_LOOK, 'markFailure', 'markTriedBy', 'markedBy'],
  });
}

/** Notes that a look found what is archived already. */
export async function noteUnchanged(ledger: WindowLedger, claim: ClaimedWindow, look: Look): Promise<void> {
  const { id, ...looked } = look;
  await change(ledger, claim, id, { set: looked, remove: FORMER_LOOK });
}

/** Notes that an interaction is not to be had. What was archived of it earlier stays archived. */
export async function noteUnavailable(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  look: Look & { reason: UnavailableReason },
): Promise<void> {
  const { id, ...looked } = look;
  const refused = look.reason === 'forbidden';
  await change(ledger, claim, id, {
    set: looked,
    setOnce: {
      state: 'unavailable',
      ...(refused ? { refusedAt: isoInstant(ledger.clock.now()) } : {}),
    },
    remove: ['failure', 'givenUp', ...(refused ? [] : ['refusedAt'])],
  });
}

/** Notes that an operator has given an interaction up. What was archived of it earlier stays archived. */
export async function noteGivenUp(ledger: WindowLedger, claim: ClaimedWindow, look: Look): Promise<void> {
  const { id, ...looked } = look;
  await change(ledger, claim, id, {
    set: { ...looked, givenUp: true },
    setOnce: { state: 'unavailable' },
    remove: ['failure', 'reason', 'refusedAt'],
  });
}

/** Whether an object holds the interaction's record: as it was at some time. */
export function hasRecord({ state }: Pick<ArchiveEntry, 'state'>): boolean {
  return state !== undefined && state !== 'unavailable';
}

/** Whether an interaction is archived, and no later look at it has failed or was given up. */
export function isArchived(entry: Pick<ArchiveEntry, 'state' | 'failure' | 'givenUp'>): boolean {
  return hasRecord(entry) && entry.failure === undefined && !entry.givenUp;
}

/** Notes that an interaction could not be looked up. */
export async function noteLookFailed(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  look: Look & { failure: FailureReason },
): Promise<void> {
  const { id, ...looked } = look;
  await change(ledger, claim, id, { set: looked, remove: ['givenUp'] });
}

/** Notes what came of marking an archived interaction in CXone. */
export async function noteMark(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  id: InteractionId,
  tried: { by: string; failure?: MarkFailure },
): Promise<void> {
  const { by, failure } = tried;
  const outcome: Change =
    failure === undefined
      ? { set: { state: 'marked', markedBy: by, markTriedBy: by }, remove: ['markFailure'] }
      : { set: { state: 'markPending', markFailure: failure, markTriedBy: by } };
  await change(ledger, claim, id, { ...outcome, add: { markTries: 1 } });
}

async function change(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  id: InteractionId,
  { set, ...rest }: Change,
): Promise<void> {
  const written = await ledger.table.update(
    entryKey(ledger.tenant, claim.day, id),
    conditionalUpdate({ ...rest, set: { ...set, epoch: claim.epoch } }, [
      {
        any: [
          { attribute: 'epoch', is: 'absent' },
          // Whoever has lost the day must not write what its successor has written since.
          { attribute: 'epoch', is: '<=', value: claim.epoch },
        ],
      },
    ]),
  );
  if (written === 'conditionFailed')
    throw catalogued('ClaimLost', `An interaction of ${claim.day} was written under a later claim.`);
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  key: ItemKey,
  item: Item | undefined,
): z.output<Schema> {
  const result = schema.safeParse(item ?? {});
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw catalogued(
    'LedgerUnreadable',
    `The ledger's item ${key.pk} / ${key.sk} has unreadable fields: ${fields}.`,
  );
}
