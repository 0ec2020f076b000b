import { z } from 'zod';
import { Day } from '../model/days.ts';
import type { ClaimedRange } from '../model/range-payloads.ts';
import { conditionalUpdate } from './expressions.ts';
import { pageKey, pagePartition, pagePrefix } from './keys.ts';
import { notePart } from './parts.ts';
import { changed, type RangeState, rangeOf, readRange } from './ranges.ts';
import type { WindowLedger } from './windows.ts';

/** Pages are known for as long as anybody may ask where a record came from: as long as run notes. */
const PAGES_SECONDS = 400 * 86_400;

/** A page that was received whole. */
const ReceivedPage = z.object({
  page: z.int().min(1).describe('From 1'),
  sha256: z.string().describe('Of its body'),
  records: z.int().min(0),
  next: z.string().nullable().describe('Digest of the cursor of the next page; null after the last'),
});
export type ReceivedPage = z.infer<typeof ReceivedPage>;

/** What is stored of one day out of some pages. */
const DayPart = z.object({
  day: Day,
  part: z.int().min(1).optional().describe('Where it is not that of the pages: a file is cut into several'),
  key: z.string(),
  bytes: z.int().min(0),
  sha256: z.string(),
  records: z.int().min(0),
});
export type DayPart = z.infer<typeof DayPart>;

/** Pages that follow each other and the objects, one a day, that hold their records. */
export const StoredPages = z.object({
  part: z.int().min(1),
  pages: z.array(ReceivedPage).min(1),
  days: z.array(DayPart),
});
export type StoredPages = z.infer<typeof StoredPages>;

/**
 * A number for the next part of an export: of two that store the same pages, one after the other or at once, each has its
 * own objects. Throws `ClaimLost` and `LedgerContended`.
 */
export async function beginPart(ledger: WindowLedger, claim: ClaimedRange, attempt: number): Promise<number> {
  await changed(ledger, claim, { add: { partNumber: 1 } }, attempt);
  return (await readRange(ledger, claim.of, rangeOf(claim))).partNumber;
}

/**
 * Makes pages count whose objects are durable: their item first, then, in one conditional write, the range's progress, which
 * names it; last the parts of their days. Whoever stops in between is taken up by `notePartsOf`. Throws `ClaimLost` and `LedgerContended`.
 */
export async function keepPages(
  ledger: WindowLedger,
  claim: ClaimedRange,
  from: RangeState,
  stored: StoredPages,
  cursor: string | null,
): Promise<RangeState> {
  await ledger.table.update(
    pageKey(ledger.tenant, claim.of, from.attempt, stored.part),
    conditionalUpdate({
      set: { ...stored, expiresAt: Math.floor(ledger.clock.now() / 1_000) + PAGES_SECONDS },
    }),
  );
  const records = stored.pages.reduce((total, page) => total + page.records, 0);
  const progress = {
    storedPart: stored.part,
    pages: from.pages + stored.pages.length,
    records: from.records + records,
    lastPage: cursor === null,
  };
  await changed(
    ledger,
    claim,
    cursor === null ? { set: progress, remove: ['cursor'] } : { set: { ...progress, cursor } },
    from.attempt,
    [
      // A retry may work beside the call that it repeats, under the same claim: the pages of one of them count, not those of both.
      from.storedPart === 0
        ? { attribute: 'storedPart', is: 'absent' }
        : { attribute: 'storedPart', is: '=', value: from.storedPart },
    ],
  );
  await notePartsOf(ledger, claim, from.attempt, stored);
  return readRange(ledger, claim.of, rangeOf(claim));
}

/** Notes the parts of the days of some pages. A repeat notes the same. */
export async function notePartsOf(
  ledger: WindowLedger,
  claim: ClaimedRange,
  attempt: number,
  { part, days }: StoredPages,
): Promise<void> {
  for (const { day, ...written } of days)
    await notePart(ledger, { ...claim, dataset: claim.of, day }, attempt, {
      ...written,
      part: written.part ?? part,
      fetch: 1,
    });
}

/** All that is stored of an export's pages, in their order: items of parts whose pages do not count are left out. */
export async function readStoredPages(
  ledger: WindowLedger,
  claim: ClaimedRange,
  { attempt, storedPart, pages }: RangeState,
): Promise<StoredPages[]> {
  const prefix = pagePrefix(attempt);
  const found: StoredPages[] = [];
  for await (const item of ledger.table.query(pagePartition(ledger.tenant, claim.of), {
    from: prefix,
    to: `${prefix}~`,
  }))
    found.push(StoredPages.parse(item));
  return counting(found, storedPart, pages);
}

/** From the last part back to page 1: a part that was given up holds pages that a later one holds again. */
function counting(found: readonly StoredPages[], storedPart: number, pages: number): StoredPages[] {
  const kept: StoredPages[] = [];
  let wanted = pages;
  for (const stored of found.toSorted((left, right) => right.part - left.part)) {
    const last = stored.pages.at(-1)?.page;
    if (stored.part > storedPart || last !== wanted) continue;
    kept.unshift(stored);
    wanted -= stored.pages.length;
  }
  return kept;
}
