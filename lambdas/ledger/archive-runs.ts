import { z } from 'zod';
import { Day } from '../model/days.ts';
import { type RunArn, runName, type TenantId } from '../model/ids.ts';
import { InteractionId, MarkFailure } from '../model/interactions.ts';
import { MediaTally } from '../model/media.ts';
import { ArchiveTally } from './archive-days.ts';
import { conditionalUpdate } from './expressions.ts';
import type { WindowLedger } from './windows.ts';

/** What a run notes of its work expires after this time: it can be redriven for 14 days. */
const KEPT_SECONDS = 30 * 86_400;

/** How far a run's listing has come. Instants are epoch milliseconds. */
export const ListCursor = z.object({
  phase: z.enum(['query', 'open', 'write', 'done']),
  before: z.number().describe('The next query asks for what was updated before this instant'),
  pageToken: z.string().optional(),
  tokens: z.int().min(0).default(0).describe('Pages in a row that were read by token'),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  listed: z.int().min(0).default(0),
});
export type ListCursor = z.infer<typeof ListCursor>;

/** An archive day of a run: named before anything of it is staged, tallied when it is sealed. */
export const RunDay = z.object({
  round: z.int().min(0),
  day: Day,
  tally: ArchiveTally.optional(),
  marked: z.int().min(0).optional().describe('Marks that the run set; absent until it is through with them'),
  media: MediaTally.optional(),
  pending: z.partialRecord(MarkFailure, z.int().min(0)).default({}).describe('Marks that failed, by reason'),
});
export type RunDay = z.infer<typeof RunDay>;

/** An interaction that a run is to look up. */
export const Wanted = z.object({
  id: InteractionId,
  day: Day.optional(),
  at: z.iso.datetime().optional(),
  refused: z.literal(true).optional().describe('CXone refused it (403) when it was looked at last'),
  givenUp: z.literal(true).optional().describe('An operator has given it up'),
});
export type Wanted = z.infer<typeof Wanted>;

function runPartition(tenant: TenantId, run: RunArn): string {
  return `${tenant}#archive#run#${runName(run)}`;
}

function wantedPartition(tenant: TenantId, run: RunArn, round: number): string {
  return `${tenant}#archive#wanted#${runName(run)}#${round}`;
}

function expiry(ledger: WindowLedger): { expiresAt: number } {
  return { expiresAt: Math.floor(ledger.clock.now() / 1_000) + KEPT_SECONDS };
}

/** How far the listing of a run's round has come; undefined before it began. */
export async function readListCursor(
  ledger: WindowLedger,
  run: RunArn,
  round: number,
): Promise<ListCursor | undefined> {
  const item = await ledger.table.get({ pk: runPartition(ledger.tenant, run), sk: `list#${round}` });
  return item === undefined ? undefined : ListCursor.parse(item);
}

/** Stores how far the listing has come. */
export async function saveListCursor(
  ledger: WindowLedger,
  run: RunArn,
  round: number,
  { pageToken, ...cursor }: ListCursor,
): Promise<void> {
  const change = {
    set: { ...cursor, ...(pageToken === undefined ? {} : { pageToken }), ...expiry(ledger) },
    remove: pageToken === undefined ? ['pageToken'] : [],
  };
  await ledger.table.update(
    { pk: runPartition(ledger.tenant, run), sk: `list#${round}` },
    conditionalUpdate(change),
  );
}

/** What interactions without an archive day are sorted under: behind all days. */
const NO_DAY = '~';

/** Puts an interaction on a run's list: the ledger keeps the list free of repetitions, and sorted by archive day and id. */
export async function want(ledger: WindowLedger, run: RunArn, round: number, wanted: Wanted): Promise<void> {
  const { id, day, at, refused, givenUp } = wanted;
  await ledger.table.update(
    { pk: wantedPartition(ledger.tenant, run, round), sk: `${day ?? NO_DAY}#${id}` },
    conditionalUpdate({ set: { id, day, at, refused, givenUp, ...expiry(ledger) } }),
  );
}

/** The list of a run, by archive day and id. */
export async function* wantedBy(ledger: WindowLedger, run: RunArn, round: number): AsyncGenerator<Wanted> {
  for await (const item of ledger.table.query(wantedPartition(ledger.tenant, run, round)))
    yield Wanted.parse(item);
}

/** Names archive days as the run's, before something of them is staged. */
export async function nameRunDays(
  ledger: WindowLedger,
  run: RunArn,
  round: number,
  days: Iterable<Day>,
): Promise<void> {
  for (const day of days) await noteRunDay(ledger, run, round, day, {});
}

/** Notes what became of an archive day in the run. */
export async function noteRunDay(
  ledger: WindowLedger,
  run: RunArn,
  round: number,
  day: Day,
  note: Partial<Pick<RunDay, 'tally' | 'media' | 'marked' | 'pending'>>,
): Promise<void> {
  await ledger.table.update(
    { pk: runPartition(ledger.tenant, run), sk: `day#${String(round).padStart(5, '0')}#${day}` },
    conditionalUpdate({ set: { ...note, round, day, ...expiry(ledger) } }),
  );
}

/** The archive days of a run, by round. */
export async function runDays(ledger: WindowLedger, run: RunArn): Promise<RunDay[]> {
  const days: RunDay[] = [];
  for await (const item of ledger.table.query(runPartition(ledger.tenant, run), { from: 'day#', to: 'day$' }))
    days.push(RunDay.parse(item));
  return days;
}
