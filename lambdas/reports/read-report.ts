import type { Reporting } from '../cxone/reporting.ts';
import type { Reading, ReadRange } from '../ledger/readings.ts';
import { keepReading } from '../ledger/readings.ts';
import { rest, restsUntil } from '../ledger/rests.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { ClaimedWindow, WindowTask } from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { ReportQuestion } from '../model/report-payloads.ts';
import { finishReading } from './finish.ts';
import { cutShort, REST_MILLISECONDS } from './ladder.ts';
import { openReading } from './open-reading.ts';
import { judge } from './progress.ts';
import { type ReadPages, readPages } from './read-pages.ts';

/** What reading needs of the world. */
export interface ReadingPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  reporting: Reporting;
  /** Whether there is time for one more page. */
  mayGoOn: () => boolean;
}

/** How far a window's report has been read. `resumeAt` is epoch milliseconds. */
export type ReadingOutcome =
  | { outcome: 'more' }
  | { outcome: 'resting'; resumeAt: number }
  | { outcome: 'read'; attempt: number; parts: number; records: number };

/** The family that rests after a truncation. */
const FAMILY = 'reporting';

/**
 * Reads a report's day to its end, or for as long as there is time: pages go to the raw prefix as they come, and what has been
 * received is in the ledger before this returns or throws. A query that CXone cuts short is asked again, see `healing`. Throws
 * what the calls throw, `ReportTruncated`, `TimestampNotUtc`, `CursorRepeated`, `WindowTooLarge`, `ClaimLost`.
 */
export async function readReport(
  ports: ReadingPorts,
  claim: ClaimedWindow,
  task: WindowTask,
  question: ReportQuestion,
): Promise<ReadingOutcome> {
  const { ledger } = ports;
  let reading = await openReading(ledger, claim, task, question);
  for (;;) {
    const range = reading.ranges.find(({ phase }) => phase !== 'complete');
    if (range === undefined) return finishReading(ledger, claim, reading);
    const resumeAt = await restsUntil(ledger, FAMILY);
    if (resumeAt > ledger.clock.now()) return { outcome: 'resting', resumeAt };
    if (!ports.mayGoOn()) return { outcome: 'more' };
    reading = await readOn(ports, claim, reading, range, question);
  }
}

/** Reads pages of a range for as long as nothing stands against it, judges it where it has come to its end, and stores what came of it. */
async function readOn(
  ports: ReadingPorts,
  claim: ClaimedWindow,
  before: Reading,
  range: ReadRange,
  question: ReportQuestion,
): Promise<Reading> {
  const { ledger } = ports;
  const resting = async () => (await restsUntil(ledger, FAMILY)) > ledger.clock.now();
  const read = await readPages({ ...ports, resting }, claim, before, range, question);
  const { reading, failure } = read;
  if (isError(failure, 'CursorRefused')) return cut(ports, claim, read, 'cursor', question);
  if (failure !== undefined) {
    await keepReading(ledger, claim, read.before, reading);
    throw failure;
  }
  if (!read.ended) return keepReading(ledger, claim, read.before, reading);
  if (overlaps(reading, read.range))
    return giveUp(ledger, claim, read.before, reading, unsplittable(read.range));
  const verdict = judge(read.range);
  if ('cut' in verdict) return cut(ports, claim, read, verdict.cut, question);
  return keepReading(ledger, claim, read.before, {
    ...reading,
    ranges: reading.ranges.map((one) => (one === read.range ? verdict.range : one)),
  });
}

type CutReason = Reading['cuts'][number]['reason'];

async function cut(
  { ledger }: ReadingPorts,
  claim: ClaimedWindow,
  { before, reading, range }: ReadPages,
  reason: CutReason,
  { intervalMinutes }: ReportQuestion,
): Promise<Reading> {
  const now = ledger.clock.now();
  try {
    const healed = cutShort(reading, range, { reason, at: now }, intervalMinutes);
    // The rest comes first: whoever stops in between has rested for nothing, which does no harm.
    if (healed.rests) await rest(ledger, FAMILY, now + REST_MILLISECONDS);
    return await keepReading(ledger, claim, before, healed.reading);
  } catch (error) {
    return giveUp(ledger, claim, before, reading, error);
  }
}

/** Gives a reading up where its report is truncated for good: a redrive, or a later run, begins a new attempt with the largest pages. */
async function giveUp(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  before: Reading,
  reading: Reading,
  error: unknown,
): Promise<never> {
  if (isError(error, 'ReportTruncated'))
    await keepReading(ledger, claim, before, { ...reading, state: 'failed' });
  throw error;
}

/** Parts of a split range can be put together only where each row is of one of them. */
function overlaps({ ranges }: Reading, { outside }: ReadRange): boolean {
  return outside > 0 && ranges.length > 1;
}

function unsplittable({ outside, from, to }: ReadRange) {
  return catalogued(
    'ReportTruncated',
    'CXone cut the report short, and gives rows for a part of its time that are not of that part: it cannot be split.',
    { outside, from: new Date(from).toISOString(), to: new Date(to).toISOString() },
  );
}
