import { createHash } from 'node:crypto';
import { keepReading, type Reading, readReading } from '../ledger/readings.ts';
import type { WindowState } from '../ledger/window-state.ts';
import { changeClaimed, holdWindow, type WindowLedger } from '../ledger/windows.ts';
import { endOf, startOf } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { ClaimedWindow, WindowTask } from '../model/payloads.ts';
import type { ReportQuestion } from '../model/report-payloads.ts';
import { freshRange } from './ladder.ts';

/** Pages of one reading are to be of about one time: what has not moved for so long is begun anew. */
const READING_LIFE_MILLISECONDS = 60 * 60_000;

/**
 * The reading that the claim goes on with: the one that is there, where it is of this very question and fit for that, or a new
 * attempt. A refresh and a restatement read anew once a run. Throws `ClaimLost`, and `LedgerContended` when the attempt was raised meanwhile.
 */
export async function openReading(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  task: WindowTask,
  question: ReportQuestion,
): Promise<Reading> {
  const state = await holdWindow(ledger, claim);
  const found = await readReading(ledger, claim);
  const asksAgain = (task === 'refresh' || task === 'restate') && state.raisedFor !== claim.run;
  if (
    found?.attempt === state.attempt &&
    !asksAgain &&
    isFit(found, state, claim, question, ledger.clock.now())
  )
    return found;
  // An attempt that was raised, and of which nothing was stored yet, is this one.
  const unused = state.attempt > (found?.attempt ?? 0) && !asksAgain;
  const attempt = unused ? state.attempt : await raiseAttempt(ledger, claim, state, asksAgain);
  const now = ledger.clock.now();
  return keepReading(ledger, claim, found, {
    attempt,
    question: questionDigest(attempt, question),
    state: 'open',
    startedAt: now,
    objects: 0,
    requests: 0,
    pauses: 0,
    ranges: [freshRange(startOf(claim.day), endOf(claim.day))],
    cuts: [],
  });
}

/**
 * Names what is asked for in an attempt: records of another question are other records, and its cursors are worth nothing here. The
 * attempt is part of it, so that the digest is never taken for that of a reading which a release without digests began.
 */
function questionDigest(attempt: number, { reportId, parameters, intervalMinutes }: ReportQuestion): string {
  const canonical = JSON.stringify([attempt, reportId, parameters, intervalMinutes]);
  return createHash('sha256').update(canonical).digest('hex');
}

/** Whether a reading may be gone on with. One that is complete, and of which nothing has been committed, serves the run that made it for ever. */
function isFit(
  found: Reading,
  state: WindowState,
  claim: ClaimedWindow,
  question: ReportQuestion,
  now: number,
): boolean {
  if (found.state === 'failed' || found.question !== questionDigest(found.attempt, question)) return false;
  if (found.state === 'complete' && state.readBy === claim.run) return true;
  return now - found.progressAt <= READING_LIFE_MILLISECONDS;
}

async function raiseAttempt(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  { attempt }: WindowState,
  forRun: boolean,
): Promise<number> {
  const written = await changeClaimed(
    ledger,
    claim,
    {
      set: {
        attempt: attempt + 1,
        submittedAt: ledger.clock.now(),
        ...(forRun ? { raisedFor: claim.run } : {}),
      },
      remove: ['partCount', 'readBy'],
    },
    [
      // Raised by one from what was read, never twice from two readings.
      attempt === 0
        ? { attribute: 'attempt', is: 'absent' }
        : { attribute: 'attempt', is: '=', value: attempt },
    ],
  );
  if (written !== 'conditionFailed') return written.attempt;
  throw catalogued(
    'LedgerContended',
    `The attempt of ${claim.dataset} ${claim.day} changed while it was being raised.`,
  );
}
