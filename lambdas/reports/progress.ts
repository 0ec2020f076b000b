import { createHash } from 'node:crypto';
import type { ReportPage } from '../cxone/reporting.ts';
import { recordInstant } from '../dataset/page.ts';
import type { Cut, ReadRange } from '../ledger/readings.ts';
import { catalogued } from '../model/errors.ts';
import { EMPTY_BAG, sameRecords, withRecords } from './record-bag.ts';

/** Where a record says which interval it is of: the only field of a report that is certain (API notes, section 2). */
export const INTERVAL_START = 'interval.startTime';

/** Pages of one query at the most: what the ledger's item has room for. */
const MOST_PAGES = 5_000;

/** Of a digest, the hex digits that are kept: pages and cursors of one query are told apart by them. */
const DIGEST_DIGITS = 16;

/**
 * The range after one more page of its phase. Throws `CursorRepeated` where the page gives a cursor that an earlier one has
 * given, `TimestampNotUtc`, and `WindowTooLarge` where the query has more pages than can be kept.
 */
export function withPage(range: ReadRange, page: ReportPage): ReadRange {
  const cursor = page.nextPageToken ?? undefined;
  const paged: ReadRange = { ...range, cursor, pages: [...range.pages, pageDigest(range, page)] };
  return range.phase === 'proof' ? proofWith(paged, page) : recordsWith(paged, page);
}

function recordsWith(range: ReadRange, { records, totalRecords }: ReportPage): ReadRange {
  let { last, inOrder, outside } = range;
  for (const record of records) {
    const start = recordInstant(record, INTERVAL_START);
    if (start === undefined) continue;
    if (start < range.from || start >= range.to) outside += 1;
    if (last === undefined || start > last.start) last = { start, records: withRecords(EMPTY_BAG, [record]) };
    else if (start === last.start) last = { start, records: withRecords(last.records, [record]) };
    else inOrder = false;
  }
  return {
    ...range,
    received: range.received + records.length,
    all: withRecords(range.all, records),
    inOrder,
    outside,
    ...(last === undefined ? {} : { last }),
    ...announcedWith(range.announced, totalRecords),
  };
}

function proofWith(range: ReadRange, { records, totalRecords }: ReportPage): ReadRange {
  const { last, proof = { records: EMPTY_BAG } } = range;
  const bearing =
    last === undefined
      ? records
      : records.filter((record) => recordInstant(record, INTERVAL_START) !== undefined);
  return {
    ...range,
    proof: {
      records: withRecords(proof.records, bearing),
      ...announcedWith(proof.announced, totalRecords),
    },
  };
}

/** A total that grows from page to page counts as it is last: a smaller one may be of an earlier time. */
function announcedWith(before: number | undefined, now: number | undefined): { announced?: number } {
  const known = [before, now].filter((total) => total !== undefined);
  return known.length === 0 ? {} : { announced: Math.max(...known) };
}

/** Where the next page of the range begins: the last interval only, once all its records are there. */
export function queriedFrom({ from, phase, last }: ReadRange): number {
  return phase === 'proof' ? (last?.start ?? from) : from;
}

/** What a phase that has come to its last page shows. */
export type Verdict = { range: ReadRange } | { cut: Cut['reason'] };

/**
 * Judges a phase whose last page has come. The records count as complete when they are no fewer than announced, and when
 * the last interval, asked for once more up to the range's end, has these records and no others: a query that was cut
 * has more to show there. A total that agrees does not spare that second look: it may be of an earlier time, or grow with what has been given.
 */
export function judge(range: ReadRange): Verdict {
  const { phase, received, announced, inOrder } = range;
  const complete: Verdict = { range: { ...range, phase: 'complete', pages: [] } };
  if (phase === 'proof') return isProven(range) ? complete : { cut: 'lastInterval' };
  if (announced !== undefined && received < announced) return { cut: 'total' };
  // Out of order, an earlier interval may lack records, and its total alone would tell.
  if (!inOrder && received !== announced) return { cut: 'order' };
  return { range: { ...range, phase: 'proof', pages: [] } };
}

function isProven({ all, last, proof = { records: EMPTY_BAG } }: ReadRange): boolean {
  if (proof.announced !== undefined && proof.records.count < proof.announced) return false;
  return sameRecords(last === undefined ? all : last.records, proof.records);
}

function pageDigest({ pages }: ReadRange, page: ReportPage): string {
  const next = page.nextPageToken === null ? '' : shortened(sha256(page.nextPageToken));
  if (next !== '' && pages.some((earlier) => earlier.endsWith(`:${next}`)))
    throw catalogued(
      'CursorRepeated',
      'A page of the report gives a cursor that an earlier page has given.',
      {
        page: pages.length + 1,
      },
    );
  if (pages.length >= MOST_PAGES)
    throw catalogued('WindowTooLarge', `The report has more than ${MOST_PAGES} pages a query.`);
  return `${shortened(page.sha256)}:${next}`;
}

function shortened(digest: string): string {
  return digest.slice(0, DIGEST_DIGITS);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
