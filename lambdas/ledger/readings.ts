import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { ItemKey } from '../model/ports.ts';
import { conditionalUpdate } from './expressions.ts';
import { readingKey } from './keys.ts';
import type { WindowLedger } from './windows.ts';

const count = z.int().min(0);
const instant = z.number().describe('Epoch milliseconds');

/** Records irrespective of their order: how many, and the sum of their SHA-256 digests, modulo 2^256, as hex. */
export const RecordBag = z.object({ count, sum: z.string() });
export type RecordBag = z.infer<typeof RecordBag>;

/** An object that holds records of a range. */
const StoredPages = z.object({ key: z.string(), bytes: count, sha256: z.string(), records: count });
export type StoredPages = z.infer<typeof StoredPages>;

/** A part of a window's time that is asked for in one query, page by page. */
export const ReadRange = z.object({
  from: instant,
  to: instant.describe('Exclusive'),
  level: z.int().min(0).max(2).describe('Of the page sizes, from the largest'),
  rested: z.boolean().describe('Its query was cut at the last level and has been given a pause'),
  phase: z
    .enum(['records', 'proof', 'complete'])
    .describe('proof: all records are there, and the last interval is asked for once more'),
  cursor: z.string().optional().describe('Of the next page of the phase'),
  received: count.describe('Records of the phase “records”'),
  announced: count.optional().describe('The greatest total that any page has named'),
  inOrder: z.boolean().describe('No record was of an earlier interval than one before it'),
  outside: count.describe('Records of intervals that do not begin in the range'),
  all: RecordBag,
  last: z.object({ start: instant, records: RecordBag }).optional().describe('Of the latest interval'),
  proof: z.object({ records: RecordBag, announced: count.optional() }).optional(),
  pages: z.array(z.string()).describe('Digest of each page and of the cursor that it gave, as hex'),
  stored: z.array(StoredPages),
});
export type ReadRange = z.infer<typeof ReadRange>;

/** A query that was cut short, and what had been received by then. */
export const Cut = z.object({
  from: instant,
  to: instant,
  pageSize: count,
  received: count,
  announced: count.optional(),
  reason: z.enum(['total', 'lastInterval', 'order', 'cursor']),
  at: instant,
});
export type Cut = z.infer<typeof Cut>;

/** How far the pages of a window's attempt have been read: one item, so that its steps are one conditional write each. */
export const Reading = z.object({
  attempt: z.int().min(1),
  question: z
    .string()
    .optional()
    .describe(
      'Digest of what is asked, see `questionDigest`; absent where an earlier release began the reading',
    ),
  version: count.describe('Raised by every write: of two that read the same one goes on'),
  state: z.enum(['open', 'complete', 'failed']),
  startedAt: instant,
  progressAt: instant,
  objects: count.describe('Numbers of objects that were taken: none is used twice'),
  requests: count.describe('Pages received, those of cut queries among them'),
  pauses: count,
  ranges: z.array(ReadRange).min(1),
  cuts: z.array(Cut),
});
export type Reading = z.infer<typeof Reading>;

/** How the latest reading of a window stands, whichever attempt's it is; undefined before the first. Throws `LedgerUnreadable`. */
export async function readReading(
  ledger: WindowLedger,
  { dataset, day }: Pick<ClaimedWindow, 'dataset' | 'day'>,
): Promise<Reading | undefined> {
  const key = readingKey(ledger.tenant, dataset, day);
  const item = await ledger.table.get(key);
  return item === undefined ? undefined : readingOf(key, item);
}

/**
 * Stores how far a reading has come. Throws `ClaimLost` when a later claim has written it, and `LedgerContended` when
 * another machine has, under this very claim.
 * @param before the reading that this one follows from; undefined where there was none
 */
export async function keepReading(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  before: Reading | undefined,
  after: Omit<Reading, 'version' | 'progressAt'>,
): Promise<Reading> {
  const key = readingKey(ledger.tenant, claim.dataset, claim.day);
  const { version = 0 } = before ?? {};
  const kept: Reading = { ...after, version: version + 1, progressAt: ledger.clock.now() };
  const written = await ledger.table.update(
    key,
    conditionalUpdate({ set: { ...kept, epoch: claim.epoch } }, [
      // A child whose claim was taken over must not write over its successor's progress.
      {
        any: [
          { attribute: 'epoch', is: 'absent' },
          { attribute: 'epoch', is: '<=', value: claim.epoch },
        ],
      },
      // Of two invocations for the same claim, one of them believed dead, one goes on.
      before === undefined
        ? { attribute: 'version', is: 'absent' }
        : { attribute: 'version', is: '=', value: version },
    ]),
  );
  if (written !== 'conditionFailed') return readingOf(key, written);
  const { epoch } = z
    .looseObject({ epoch: z.number().default(0) })
    .parse((await ledger.table.get(key)) ?? {});
  const where = `The reading of ${claim.dataset} ${claim.day}`;
  throw epoch > claim.epoch
    ? catalogued('ClaimLost', `${where} goes on under a later claim.`, { epoch, ours: claim.epoch })
    : catalogued('LedgerContended', `${where} was moved on by another machine.`);
}

function readingOf(key: ItemKey, item: unknown): Reading {
  const parsed = Reading.safeParse(item);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw catalogued(
    'LedgerUnreadable',
    `The ledger's item ${key.pk} / ${key.sk} has unreadable fields: ${fields}.`,
  );
}
