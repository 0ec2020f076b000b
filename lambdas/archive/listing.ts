import { Readable } from 'node:stream';
import type { InteractionPage, Interactions } from '../cxone/interactions.ts';
import { interactionListKey } from '../lake/keys.ts';
import { allGivenUp } from '../ledger/archive-decisions.ts';
import {
  type ArchiveEntry,
  archiveDayOf,
  fixArchiveDay,
  isArchived,
  readArchiveEntry,
} from '../ledger/archive-entries.ts';
import {
  type ListCursor,
  readListCursor,
  saveListCursor,
  type Wanted,
  want,
  wantedBy,
} from '../ledger/archive-runs.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { ListedInteraction } from '../model/archive-payloads.ts';
import { dayOf, isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { type RunArn, runName } from '../model/ids.ts';
import type { InteractionId } from '../model/interactions.ts';
import type { ObjectStore } from '../model/ports.ts';
import { allSideBySide } from '../model/side-by-side.ts';
import { openLooks, refusedSince } from './open-looks.ts';
import { type ArchiveRequest, takesPending } from './request.ts';

/** Items of the ledger that are looked at side by side. */
const LEDGER_AT_ONCE = 16;

/** So many pages by token in a row, a hundred thousand interactions of one millisecond, are a list that has no end. */
const MOST_TOKENS = 1_000;

/** Interactions that earlier runs left open and that are put on the list together. */
const OPEN_PIECE = 1_000;

/** Whose list, and in which round. */
export interface ListedBy {
  run: RunArn;
  round: number;
}

/** What listing needs of the world. */
export interface ListPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  interactions: Pick<Interactions, 'query'>;
  /** Whether there is time for another page. */
  goesOn: () => boolean;
}

/**
 * Lists the interactions that a run is to look up, as JSON lines by archive day and id. Goes on where it stopped: after each
 * page the ledger knows how far it has come. Says `more` when time was up before the end.
 */
export async function listInteractions(
  ports: ListPorts,
  by: ListedBy,
  request: ArchiveRequest,
): Promise<{ more: boolean; listed: number; listKey: string }> {
  const { ledger } = ports;
  const listKey = interactionListKey(ledger.tenant, by.run, by.round);
  let cursor = (await readListCursor(ledger, by.run, by.round)) ?? begun(request, ledger.clock.now());
  const givenUp = await allGivenUp(ledger);
  while (cursor.phase !== 'done') {
    if (!ports.goesOn()) return { more: true, listed: 0, listKey };
    cursor = await step({ ...ports, givenUp }, by, request, cursor, listKey);
    await saveListCursor(ledger, by.run, by.round, cursor);
  }
  return { more: false, listed: cursor.listed, listKey };
}

function begun(request: ArchiveRequest, now: number): ListCursor {
  const before = request.mode === 'range' ? request.to : now;
  const phase = request.mode === 'range' && request.from < request.to ? 'query' : 'open';
  return { phase, before, tokens: 0, startedAt: now, listed: 0 };
}

/** With the interactions that operators have given up. */
type DecidedPorts = ListPorts & { givenUp: ReadonlySet<InteractionId> };

async function step(
  ports: DecidedPorts,
  by: ListedBy,
  request: ArchiveRequest,
  cursor: ListCursor,
  listKey: string,
): Promise<ListCursor> {
  const { ledger } = ports;
  switch (cursor.phase) {
    case 'query': {
      if (request.mode !== 'range') return { ...cursor, phase: 'open' };
      const page = await ports.interactions.query(
        { from: request.from, to: cursor.before },
        cursor.pageToken,
      );
      await allSideBySide(page.interactions, LEDGER_AT_ONCE, ({ id, updatedAt }) =>
        wantQueried(ports, by, request, id, updatedAt),
      );
      return nextQuery(cursor, page);
    }
    case 'open':
      if (request.mode === 'ids')
        await allSideBySide(request.ids, LEDGER_AT_ONCE, (id) => wantNamed(ports, by, request, id));
      if (takesPending(request)) await wantOpen(ports, by, request);
      return { ...cursor, phase: 'write', endedAt: ledger.clock.now() };
    case 'write':
      return { ...cursor, phase: 'done', listed: await writeList(ports, by, listKey) };
    case 'done':
      return cursor;
  }
}

/**
 * Where the next query begins. The list is newest first, so the next page is what was updated up to the oldest of this
 * one: what is deleted or moves meanwhile shifts nothing, as it would shift the pages behind a token. Only where a whole page has one
 * and the same instant is the token needed.
 */
function nextQuery({ pageToken, tokens, ...cursor }: ListCursor, page: InteractionPage): ListCursor {
  if (page.nextPage === undefined) return { ...cursor, tokens: 0, phase: 'open' };
  const oldest = Math.min(...page.interactions.map(({ updatedAt }) => updatedAt));
  if (oldest + 1 < cursor.before) return { ...cursor, tokens: 0, before: oldest + 1 };
  const goesRound = page.nextPage === pageToken;
  if (!goesRound && tokens < MOST_TOKENS) return { ...cursor, tokens: tokens + 1, pageToken: page.nextPage };
  throw catalogued(
    'ServerFault',
    goesRound
      ? 'CXone names a page of interactions as its own next one.'
      : `CXone gives page after page of interactions, ${MOST_TOKENS} by now, without coming to an earlier instant.`,
    { call: 'query' },
  );
}

async function wantQueried(
  { ledger, givenUp }: DecidedPorts,
  by: ListedBy,
  { refresh }: { refresh: boolean },
  id: InteractionId,
  updatedAt: number,
): Promise<void> {
  const at = isoInstant(updatedAt);
  const day = await fixArchiveDay(ledger, id, dayOf(updatedAt));
  const entry = await readArchiveEntry(ledger, day, id);
  const settled = refresh ? isLookedAt(entry, by) : isSettled(entry, at);
  if (!settled) await want(ledger, by.run, by.round, { id, day, at, ...knownOf(entry, givenUp) });
}

/** Its archive day follows from its details, where the ledger has not seen it yet. */
async function wantNamed(
  { ledger, givenUp }: DecidedPorts,
  by: ListedBy,
  { refresh }: { refresh: boolean },
  id: InteractionId,
): Promise<void> {
  const day = await archiveDayOf(ledger, id);
  const entry = day === undefined ? undefined : await readArchiveEntry(ledger, day, id);
  const known = knownOf(entry, refresh ? new Set() : givenUp);
  if (!isLookedAt(entry, by)) await want(ledger, by.run, by.round, { id, ...known });
}

/** What earlier runs could not look up, and what is asked for again. */
async function wantOpen(
  { ledger, givenUp }: DecidedPorts,
  by: ListedBy,
  request: ArchiveRequest,
): Promise<void> {
  const planned = request.mode === 'range' ? request.refusedSince : undefined;
  const since = planned ?? refusedSince(request.mode === 'pending', ledger.clock.now(), undefined);
  let open: ArchiveEntry[] = [];
  const wantThem = async () => {
    await allSideBySide(open, LEDGER_AT_ONCE, (entry) => {
      const { id, day, updatedTime } = entry;
      return want(ledger, by.run, by.round, { id, day, at: updatedTime, ...knownOf(entry, givenUp) });
    });
    open = [];
  };
  for await (const entry of openLooks(ledger, since)) {
    open.push(entry);
    if (open.length >= OPEN_PIECE) await wantThem();
  }
  await wantThem();
}

/** What whoever looks it up has to know of it. */
function knownOf(
  entry: ArchiveEntry | undefined,
  givenUp: ReadonlySet<InteractionId>,
): Pick<Wanted, 'refused' | 'givenUp'> {
  if (entry === undefined) return {};
  return {
    ...(entry.reason === 'forbidden' ? { refused: true } : {}),
    ...(givenUp.has(entry.id) && !isArchived(entry) ? { givenUp: true } : {}),
  };
}

/**
 * Whether nothing has happened to an interaction since it was looked at. What CXone lists as closed and did not give all the same, be it
 * refused, not there or not closed, is looked at again whenever a run comes by: a permission is granted without a trace in the
 * interaction, and a detail may lag behind the list.
 */
function isSettled(entry: ArchiveEntry | undefined, updatedTime: string): boolean {
  if (entry?.state === undefined || entry.failure !== undefined || entry.reason !== undefined) return false;
  return entry.updatedTime === updatedTime;
}

/** Whether an earlier round of the same run has looked at it. */
function isLookedAt(entry: ArchiveEntry | undefined, { run }: ListedBy): boolean {
  return entry?.failure === undefined && entry?.lookedBy?.startsWith(`${runName(run)}#`) === true;
}

async function writeList({ ledger, objects }: ListPorts, by: ListedBy, listKey: string): Promise<number> {
  let listed = 0;
  async function* lines() {
    for await (const wanted of wantedBy(ledger, by.run, by.round)) {
      yield Buffer.from(`${JSON.stringify(lineOf(listed, wanted))}\n`);
      listed += 1;
    }
  }
  await objects.writeStream(listKey, Readable.from(lines()), 'application/x-ndjson');
  return listed;
}

function lineOf(n: number, { id, day, at, refused, givenUp }: Wanted): ListedInteraction {
  return {
    n,
    id,
    ...(day === undefined ? {} : { day }),
    ...(at === undefined ? {} : { at }),
    ...(refused === undefined ? {} : { refused }),
    ...(givenUp === undefined ? {} : { givenUp }),
  };
}
