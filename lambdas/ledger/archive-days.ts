import { z } from 'zod';
import type { ArchivalEntry } from '../model/audit.ts';
import { Day, isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { ARCHIVE_DATASET, InteractionId } from '../model/interactions.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { Item } from '../model/ports.ts';
import { windowKey, windowPartition } from './keys.ts';
import { changeClaimed, type WindowLedger } from './windows.ts';

const count = z.int().min(0);
const byReason = z.record(z.string(), count).default({});

/** What became of the interactions that a run looked up, of one archive day. */
export const ArchiveTally = z.object({
  archived: count.default(0),
  retried: count.default(0).describe('Of those archived: looked up only after a fault'),
  unchanged: count.default(0).describe('Archived by an earlier run, and the same since'),
  unavailable: byReason,
  failed: byReason,
  objects: z.array(z.string()).default([]).describe('Keys'),
  plainBytes: count.default(0),
  sealedBytes: count.default(0),
});
export type ArchiveTally = z.infer<typeof ArchiveTally>;

/** Whose staged records are being sealed, and how far it has come: set before the first object is uploaded. */
export const DaySealing = z.object({
  run: z.string().describe('Name of the run'),
  round: count,
  through: z.int().min(-1).describe('Records up to this place in the list are done'),
  done: z.boolean(),
  tally: ArchiveTally,
});
export type DaySealing = z.infer<typeof DaySealing>;

/** An archive day: its claim is that of a window, what is sealed and what is left to do stand beside it. */
export const ArchiveDay = z.object({
  day: Day,
  claimedBy: z.string().optional(),
  leaseUntil: z.number().default(0),
  sealing: DaySealing.optional(),
  marksOpen: z.boolean().default(false).describe('Some of its interactions are not marked'),
  mediaOpen: z.boolean().default(false).describe('Some of its media failed'),
  looksOpen: z.boolean().default(false).describe('Some of its interactions could not be looked up'),
  refused: count.default(0).describe('Interactions that CXone refused (403) when they were looked at last'),
  refusedAt: z
    .string()
    .default('')
    .describe('The latest instant at which one of them was refused for the first time'),
  decisions: count.default(0).describe('Decisions of operators about its interactions'),
  givenUp: z.set(z.string()).default(new Set()).describe('Interactions that are given up, each as JSON'),
  takenUp: z
    .set(InteractionId)
    .default(new Set())
    .describe('Interactions that were given up once, and are to be looked at again'),
  unaudited: z.set(z.string()).default(new Set()).describe('Audit records that it owes, each as JSON'),
});
export type ArchiveDay = z.infer<typeof ArchiveDay>;

/** The archive day as the ledger has it now. */
export async function readArchiveDay(ledger: WindowLedger, day: Day): Promise<ArchiveDay> {
  return archiveDay(day, await ledger.table.get(windowKey(ledger.tenant, ARCHIVE_DATASET, day)));
}

/** All archive days that the ledger knows. */
export async function* archiveDays(ledger: WindowLedger): AsyncGenerator<ArchiveDay> {
  for await (const item of ledger.table.query(windowPartition(ledger.tenant, ARCHIVE_DATASET)))
    yield archiveDay(Day.parse(item.sk), item);
}

/** Changes a claimed archive day and renews its lease; the audit record of what is done by it is owed with that very write. Throws `ClaimLost`. */
export async function changeArchiveDay(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  set: Partial<
    Pick<ArchiveDay, 'sealing' | 'marksOpen' | 'mediaOpen' | 'looksOpen' | 'refused' | 'refusedAt'>
  >,
  owes?: Pick<ArchivalEntry, 'step' | 'name' | 'facts'>,
  take: Partial<Pick<ArchiveDay, 'givenUp' | 'takenUp'>> = {},
): Promise<void> {
  const taken = Object.fromEntries(Object.entries(take).filter(([, texts]) => texts.size > 0));
  if (owes === undefined) return void (await changeClaimed(ledger, claim, { set, take: taken }));
  const { run, dataset, day } = claim;
  const at = isoInstant(ledger.clock.now());
  const entry: ArchivalEntry = { kind: 'archive', ...owes, at, run, dataset, day };
  await changeClaimed(ledger, claim, {
    set,
    take: taken,
    add: { unaudited: new Set([JSON.stringify(entry)]) },
  });
}

/** Whether something of a day is left for whoever takes it up. */
export function isLeftOpen({ marksOpen, mediaOpen, sealing, unaudited }: ArchiveDay): boolean {
  return marksOpen || mediaOpen || sealing?.done === false || unaudited.size > 0;
}

/** Renews the lease and gives the day's state. Throws `ClaimLost`. */
export async function holdArchiveDay(ledger: WindowLedger, claim: ClaimedWindow): Promise<ArchiveDay> {
  await changeClaimed(ledger, claim, {});
  return readArchiveDay(ledger, claim.day);
}

function archiveDay(day: Day, item: Item | undefined): ArchiveDay {
  const parsed = ArchiveDay.safeParse({ ...item, day });
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw catalogued(
    'LedgerUnreadable',
    `The ledger's item of archive day ${day} has unreadable fields: ${fields}.`,
  );
}
