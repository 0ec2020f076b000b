import { catalogued } from '../model/errors.ts';
import type { JobId, RunArn } from '../model/ids.ts';
import type { ClaimedWindow, WindowTask } from '../model/payloads.ts';
import type { WindowState } from './window-state.ts';
import { changeClaimed, type WindowLedger } from './windows.ts';

/** What is to be done to have a job in CXone for the window. */
export type SubmissionPlan =
  /** The job is known: poll it. */
  | { action: 'reuse'; attempt: number; jobId: JobId }
  /** The POST of this attempt was begun, or its reply was lost: the same key gets the same job. */
  | { action: 'post'; attempt: number }
  /** A new attempt is stored first, then posted under its own key. */
  | { action: 'raise'; attempt: number; forRun: boolean };

/**
 * Decides from the ledger alone. An attempt is raised for the first job, after FAILED or an expired job, and once a run for
 * a refresh or a restatement, never while a job is still under way; and where the configuration asks for another job now.
 * @param jobKey the idempotency key of the state's attempt under today's configuration
 */
export function planSubmission(
  state: WindowState,
  run: RunArn,
  task: WindowTask,
  jobKey: string,
): SubmissionPlan {
  const asksAgain = asksForNew(task) && state.raisedFor !== run;
  const forRun = asksAgain && !isInFlight(state);
  const next = state.attempt + 1;
  if (state.attempt === 0 || forRun) return { action: 'raise', attempt: next, forRun };
  if (state.jobState === 'failed' || state.jobState === 'expired')
    return { action: 'raise', attempt: next, forRun: false };
  // Other columns or filters are another job: its parts must not be taken for those of the job before, which are stored by attempt.
  if (state.jobKey !== jobKey) return { action: 'raise', attempt: next, forRun: asksAgain };
  if (state.jobId !== undefined) return { action: 'reuse', attempt: state.attempt, jobId: state.jobId };
  return { action: 'post', attempt: state.attempt };
}

/** Whether CXone still works on the attempt's job, as far as is known: while it does, it is never replaced, and what it gives is new. */
export function isInFlight({ jobState, jobStatus }: WindowState): boolean {
  return (jobState === 'intended' || jobState === 'submitted') && jobStatus !== 'completed';
}

/** Attributes that belong to one job and must not outlive it. */
export const OF_ONE_JOB = [
  'foundBy',
  'jobId',
  'jobStatus',
  'submittedAt',
  'waitedSince',
  'changedAt',
  'nextPollAt',
  'polls',
  'filesDigest',
  'filesSeenAt',
  'partsKey',
  'partCount',
  'completedAt',
  'partsMissing',
  'missingUnder',
] as const;

/**
 * Notes that a run which asks again takes the job that it has found, where that is not to be taken if it has ended before: see
 * `JobOutdated`. Throws `ClaimLost`, and `LedgerContended` when the attempt is no longer the one that was read.
 */
export async function noteFound(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  task: WindowTask,
  state: WindowState,
): Promise<void> {
  if (!mayBeOutdated(state, claim.run, task)) return;
  const written = await changeClaimed(ledger, claim, { set: { foundBy: claim.run } }, [
    { attribute: 'attempt', is: '=', value: state.attempt },
  ]);
  if (written === 'conditionFailed')
    throw catalogued(
      'LedgerContended',
      `The attempt of ${claim.dataset} ${claim.day} changed while its job was taken up.`,
    );
}

/**
 * Whether a job that was found may be older than what is asked for again: not one that the run has raised itself. A refresh is of now. A
 * restated day takes what there is: the commit notes when CXone was asked, and a later night asks again where that was early; only of an
 * intent without an id nobody knows. A job that was waited for in vain for a day is taken by whoever comes next, or a queue that is
 * saturated for longer would never give anything.
 */
function mayBeOutdated(
  { jobState, raisedFor, submittedAt, waitedSince }: WindowState,
  run: RunArn,
  task: WindowTask,
): boolean {
  if (!asksForNew(task) || raisedFor === run) return false;
  if (jobState === 'intended') return true;
  return task === 'refresh' && waitedSince === submittedAt;
}

function asksForNew(task: WindowTask): boolean {
  return task === 'refresh' || task === 'restate';
}

/**
 * Stores the intent to post: the attempt and its key, before the POST. Throws `ClaimLost`, and `LedgerContended` when the
 * attempt is no longer the one that the plan was made from.
 */
export async function storeIntent(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  from: WindowState,
  intent: { attempt: number; jobKey: string; forRun: boolean },
): Promise<void> {
  const written = await changeClaimed(
    ledger,
    claim,
    {
      set: {
        attempt: intent.attempt,
        jobKey: intent.jobKey,
        jobState: 'intended',
        intendedAt: ledger.clock.now(),
        ...(intent.forRun ? { raisedFor: claim.run } : {}),
      },
      remove: OF_ONE_JOB,
    },
    [
      // The attempt is raised by one from what was read, never twice from two readings.
      from.attempt === 0
        ? { attribute: 'attempt', is: 'absent' }
        : { attribute: 'attempt', is: '=', value: from.attempt },
    ],
  );
  if (written === 'conditionFailed')
    throw catalogued(
      'LedgerContended',
      `The attempt of ${claim.dataset} ${claim.day} changed while it was being raised.`,
    );
}

/** Stores the id that CXone gave the attempt's job: nothing else happens before. Throws `ClaimLost`. */
export async function storeJob(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  job: { jobId: JobId; jobKey: string; nextPollAt: number },
): Promise<void> {
  const now = ledger.clock.now();
  const written = await changeClaimed(
    ledger,
    claim,
    {
      set: {
        jobId: job.jobId,
        jobState: 'submitted',
        submittedAt: now,
        waitedSince: now,
        changedAt: now,
        nextPollAt: job.nextPollAt,
        polls: 0,
      },
    },
    // An attempt that was raised meanwhile must not be given this attempt's job.
    [{ attribute: 'jobKey', is: '=', value: job.jobKey }],
  );
  if (written === 'conditionFailed')
    throw catalogued(
      'LedgerContended',
      `The attempt of ${claim.dataset} ${claim.day} changed while its job was being stored.`,
    );
}
