import { createHash } from 'node:crypto';
import type { Analytics } from '../cxone/analytics.ts';
import { beginPart, keepPages, notePartsOf, type ReceivedPage, readStoredPages } from '../ledger/pages.ts';
import { holdRange, noteLoaded, type RangeState, rangeOf } from '../ledger/ranges.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { JobId } from '../model/ids.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { ClaimedRange } from '../model/range-payloads.ts';
import { forgotten, noLongerKnown } from './expiry.ts';
import { RecordInstants } from './record-instants.ts';
import { RecordSpool, SPOOLED_BYTES, type SpooledDay, storeDays } from './record-spool.ts';
import { type FetchedPage, fetchPage } from './result-page.ts';

/** Pages that become one part: what a crash costs at most. */
const PAGES_OF_PART = 20;
/** No page is asked for with less time left: one may take two minutes, and storing a part another. */
const SHORTEST_TIME_LEFT_MILLISECONDS = 240_000;

/** What fetching needs of the world. */
export interface FetchPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  analytics: Analytics;
  /** Until the function is stopped. */
  remainingMilliseconds: () => number;
}

/** Which export, and how its records are read. */
export interface FetchRequest {
  attempt: number;
  pageSize: number;
  /** Where a record says when it began; the first path that holds something counts. */
  instantPaths: readonly string[];
}

/** How far the export is stored. */
export interface FetchProgress {
  more: boolean;
  pages: number;
  records: number;
}

/** Times that a call goes on from what another one under the same claim has stored meanwhile: each time one of them has got on. */
const CONTENDED_TRIES = 10;

/** Begins anew where another call under the same claim has got on in between: from what that one has stored. Throws what the work throws. */
export async function besideOthers<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++)
    try {
      return await work();
    } catch (error) {
      if (!isError(error, 'LedgerContended') || tries >= CONTENDED_TRIES) throw error;
    }
}

/**
 * Stores the pages of an export, from the cursor that the ledger holds on, until the last or until the function's time is
 * up: some pages at a time become a part, an object a day, and count once they are durable. Whatever stops it, the next call goes
 * on at the next page; what was stored and does not count has a number of its own and is never read. Throws
 * `JobExpired` when CXone no longer knows the export, `CursorRepeated`, `PageMalformed` and `TimestampNotUtc`.
 */
export function fetchPages(
  ports: FetchPorts,
  claim: ClaimedRange,
  request: FetchRequest,
): Promise<FetchProgress> {
  return besideOthers(() => fetchOn(ports, claim, request));
}

async function fetchOn(
  ports: FetchPorts,
  claim: ClaimedRange,
  request: FetchRequest,
): Promise<FetchProgress> {
  let state = await holdRange(ports.ledger, claim);
  if (state.loadedAt !== undefined) return progressOf(state, false);
  const jobId = completedJob(state, claim, request.attempt);
  const cursors = await takenUp(ports, claim, state);
  while (!state.lastPage) {
    if (ports.remainingMilliseconds() < SHORTEST_TIME_LEFT_MILLISECONDS) return progressOf(state, true);
    state = await storePart(ports, claim, request, { jobId, state, cursors });
  }
  await noteLoaded(ports.ledger, claim, state);
  return progressOf(state, false);
}

/** The export whose records may be fetched. Throws `JobExpired` where another is wanted by now, and `ExportFailed` where none is any more. */
export function completedJob(state: RangeState, claim: ClaimedRange, wanted: number): JobId {
  const { jobId, jobState, attempt } = state;
  if (jobId !== undefined && jobState === 'completed' && attempt === wanted) return jobId;
  throw noLongerKnown(claim, state);
}

/** How far a range's records are stored. */
export function progressOf({ pages, records }: RangeState, more: boolean): FetchProgress {
  return { more, pages, records };
}

/** The digests of all cursors so far. The parts of the pages that count last are noted again: whoever stored them may have stopped before. */
async function takenUp(ports: FetchPorts, claim: ClaimedRange, state: RangeState): Promise<Set<string>> {
  const stored = await readStoredPages(ports.ledger, claim, state);
  const last = stored.at(-1);
  if (last !== undefined) await notePartsOf(ports.ledger, claim, state.attempt, last);
  return new Set(stored.flatMap(({ pages }) => pages.flatMap(({ next }) => next ?? [])));
}

interface Progress {
  jobId: JobId;
  state: RangeState;
  cursors: Set<string>;
}

/** Fetches some pages and makes them count. What was fetched before an error counts as well. */
async function storePart(
  ports: FetchPorts,
  claim: ClaimedRange,
  request: FetchRequest,
  { jobId, state, cursors }: Progress,
): Promise<RangeState> {
  const spool = new RecordSpool(rangeOf(claim));
  const instants = new RecordInstants(request.instantPaths);
  const pages: ReceivedPage[] = [];
  let cursor = state.cursor ?? null;
  const keep = () => keepPart(ports, claim, state, spool.taken(), pages, cursor);
  try {
    do {
      const asked = { cursor, pageSize: request.pageSize, wanted: instants.wanted };
      const page = await nextPage(ports, claim, { jobId, state, cursors }, asked);
      await spool.addPage(page, instants);
      cursor = page.nextPageToken;
      const next = cursor === null ? null : digestOf(cursor);
      if (next !== null) cursors.add(next);
      pages.push({
        page: state.pages + pages.length + 1,
        sha256: page.sha256,
        records: page.records,
        next,
      });
    } while (cursor !== null && !isFull(ports, spool, pages));
  } catch (error) {
    // The error is what the machine decides by. Pages that could not be kept are fetched again.
    if (pages.length > 0) await keep().catch(() => undefined);
    throw error;
  }
  return keep();
}

function isFull(ports: FetchPorts, spool: RecordSpool, pages: readonly ReceivedPage[]): boolean {
  return (
    pages.length >= PAGES_OF_PART ||
    spool.bytes >= SPOOLED_BYTES ||
    ports.remainingMilliseconds() < SHORTEST_TIME_LEFT_MILLISECONDS
  );
}

async function nextPage(
  ports: FetchPorts,
  claim: ClaimedRange,
  { jobId, state, cursors }: Progress,
  asked: { cursor: string | null; pageSize: number; wanted: readonly string[] },
): Promise<FetchedPage> {
  try {
    const page = await fetchPage(ports.analytics, jobId, { ...asked, cursor: asked.cursor ?? undefined });
    const { nextPageToken } = page;
    if (nextPageToken === null || !cursors.has(digestOf(nextPageToken))) return page;
    throw catalogued(
      'CursorRepeated',
      `A page of the export of ${claim.of} from ${claim.day} leads back to one that was fetched before.`,
      { job: jobId, pages: state.pages },
    );
  } catch (error) {
    throw isError(error, 'JobExpired') ? await forgotten(ports.ledger, claim, state, error) : error;
  }
}

async function keepPart(
  ports: FetchPorts,
  claim: ClaimedRange,
  state: RangeState,
  spooled: readonly SpooledDay[],
  pages: readonly ReceivedPage[],
  cursor: string | null,
): Promise<RangeState> {
  const { ledger, objects } = ports;
  const part = await beginPart(ledger, claim, state.attempt);
  const days = await storeDays({ ledger, objects }, claim, { attempt: state.attempt, part }, spooled);
  return keepPages(ledger, claim, state, { part, pages: [...pages], days }, cursor);
}

function digestOf(cursor: string): string {
  return createHash('sha256').update(cursor).digest('hex').slice(0, 32);
}
