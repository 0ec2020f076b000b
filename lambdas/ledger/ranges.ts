import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import { type DatasetId, type RunArn, rangeDataset } from '../model/ids.ts';
import type { ClaimedRange } from '../model/range-payloads.ts';
import type { DayRange } from '../model/ranges.ts';
import { type Clause, conditionalUpdate } from './expressions.ts';
import { OF_ONE_JOB } from './jobs.ts';
import { attemptKey, windowKey } from './keys.ts';
import { WindowState } from './window-state.ts';
import { changeClaimed, holdWindow, type WindowLedger } from './windows.ts';

const milliseconds = z.number();
const count = z.int().min(0);

/** A result file as it was received. */
export const StoredFile = z.object({ key: z.string(), bytes: count, sha256: z.string() });
export type StoredFile = z.infer<typeof StoredFile>;

/**
 * The item of a range: claimed, submitted and polled like a window, under `rangeDataset` and its first day. Its `attempt` is a
 * number that no other export of the dataset has.
 */
export const RangeState = WindowState.extend({
  halvedAt: milliseconds
    .optional()
    .describe('CXone found the range too large: its halves are exported instead'),
  orphans: count
    .default(0)
    .describe('Submissions of unknown outcome: each may have left an export that nobody knows'),
  partNumber: count.default(0).describe('The last part that was begun, whether its pages count or not'),
  storedPart: count.default(0).describe('The last part whose pages count; 0 before the first'),
  pages: count.default(0).describe('Pages whose records are stored'),
  records: count.default(0),
  cursor: z.string().optional().describe('Of the page after those'),
  file: StoredFile.optional().describe('The result of a csv or xlsx export'),
  lastPage: z.boolean().default(false).describe('There is none after those'),
  loadedAt: milliseconds
    .optional()
    .describe('When the last part was noted: the range’s days may be transformed'),
});
export type RangeState = z.infer<typeof RangeState>;

/** Attributes that belong to one export and must not outlive it. */
const OF_ONE_EXPORT = [
  ...OF_ONE_JOB,
  'partNumber',
  'storedPart',
  'pages',
  'records',
  'cursor',
  'file',
  'lastPage',
  'loadedAt',
] as const;

/** The range as the ledger has it now. Throws `LedgerUnreadable`. */
export async function readRange(
  ledger: WindowLedger,
  dataset: DatasetId,
  range: DayRange,
): Promise<RangeState> {
  const key = windowKey(ledger.tenant, rangeDataset(dataset, range.days), range.from);
  const parsed = RangeState.safeParse({ ...(await ledger.table.get(key)), day: range.from });
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw catalogued(
    'LedgerUnreadable',
    `The ledger's item ${key.pk} / ${key.sk} has unreadable fields: ${fields}.`,
  );
}

/** The range that a claim is about. */
export function rangeOf({ day, days }: ClaimedRange): DayRange {
  return { from: day, days };
}

/** Renews the lease and gives the range's state. Throws `ClaimLost`. */
export async function holdRange(ledger: WindowLedger, claim: ClaimedRange): Promise<RangeState> {
  await holdWindow(ledger, claim);
  return readRange(ledger, claim.of, rangeOf(claim));
}

/** A number for an export that none of the dataset has had: raw parts of two exports never meet. */
export async function nextAttempt(ledger: WindowLedger, dataset: DatasetId): Promise<number> {
  const written = await ledger.table.update(
    attemptKey(ledger.tenant, dataset),
    conditionalUpdate({ add: { attempts: 1 } }),
  );
  return z.object({ attempts: z.int().min(1) }).parse(written).attempts;
}

/** How many records the dataset's last loaded export had: 0 before the first. */
export async function lastRecords(ledger: WindowLedger, dataset: DatasetId): Promise<number> {
  const item = (await ledger.table.get(attemptKey(ledger.tenant, dataset))) ?? {};
  return z.object({ records: count.default(0) }).parse(item).records;
}

/**
 * Stores the intent to post, before the POST: its number and what is asked for. An earlier intent that is still open was
 * posted, or may have been: it is counted as an orphan. Throws `ClaimLost` and `LedgerContended`.
 */
export async function storeExportIntent(
  ledger: WindowLedger,
  claim: ClaimedRange,
  from: RangeState,
  intent: { attempt: number; jobKey: string; raisedFor?: RunArn },
): Promise<void> {
  const { raisedFor, ...exported } = intent;
  await changed(
    ledger,
    claim,
    {
      set: { ...exported, jobState: 'intended', ...(raisedFor === undefined ? {} : { raisedFor }) },
      remove: OF_ONE_EXPORT,
      ...(from.jobState === 'intended' ? { add: { orphans: 1 } } : {}),
    },
    from.attempt,
  );
}

/** Takes an intent back that CXone refused, or that was never posted: nothing can have come of it. */
export function withdrawIntent(ledger: WindowLedger, claim: ClaimedRange, attempt: number): Promise<void> {
  return changed(ledger, claim, { remove: ['jobKey', 'jobState'] }, attempt);
}

/** Notes that the range is too large for CXone. Where its answer was that of a gateway, an export may have come of it. */
export function noteHalved(
  ledger: WindowLedger,
  claim: ClaimedRange,
  attempt: number,
  possibleOrphan: boolean,
): Promise<void> {
  const change = { set: { halvedAt: ledger.clock.now() }, remove: ['jobKey', 'jobState'] };
  return changed(ledger, claim, { ...change, ...(possibleOrphan ? { add: { orphans: 1 } } : {}) }, attempt);
}

/** Notes the result file, after its object is durable. */
export function noteFile(
  ledger: WindowLedger,
  claim: ClaimedRange,
  attempt: number,
  file: StoredFile,
): Promise<void> {
  return changed(ledger, claim, { set: { file } }, attempt);
}

/** Forgets the result file, which is none: whoever comes next fetches it anew. */
export function forgetFile(ledger: WindowLedger, claim: ClaimedRange, attempt: number): Promise<void> {
  return changed(ledger, claim, { remove: ['file'] }, attempt);
}

/** Notes that every record of the export is stored and every part noted: the days of the range may be transformed. */
export async function noteLoaded(
  ledger: WindowLedger,
  claim: ClaimedRange,
  state: RangeState,
): Promise<void> {
  await ledger.table.update(
    attemptKey(ledger.tenant, claim.of),
    conditionalUpdate({ set: { records: state.records } }),
  );
  await changed(ledger, claim, { set: { loadedAt: ledger.clock.now() } }, state.attempt);
}

/** Changes a claimed range while its attempt is that one, and the clauses hold. Throws `ClaimLost` and `LedgerContended`. */
export async function changed(
  ledger: WindowLedger,
  claim: ClaimedRange,
  change: Parameters<typeof changeClaimed>[2],
  attempt: number,
  clauses: readonly Clause[] = [],
): Promise<void> {
  const written = await changeClaimed(ledger, claim, change, [
    // What was found of one export must not be noted of the next.
    attempt === 0
      ? { attribute: 'attempt', is: 'absent' }
      : { attribute: 'attempt', is: '=', value: attempt },
    ...clauses,
  ]);
  if (written === 'conditionFailed')
    throw catalogued(
      'LedgerContended',
      `The export of ${claim.of} from ${claim.day} changed while it was worked on.`,
    );
}
