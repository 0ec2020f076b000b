import type { Analytics } from '../cxone/analytics.ts';
import type { JobStatus } from '../cxone/job-status.ts';
import { mayBeUnseen } from '../export/expired-job.ts';
import { afterFailure } from '../export/failed-job.ts';
import {
  LONGEST_SLOT_WAIT_MILLISECONDS,
  QUEUED_AFTER_MILLISECONDS,
  QUEUED_POLL_MILLISECONDS,
  SATURATED_AFTER_MILLISECONDS,
} from '../export/polling.ts';
import { notePoll, reservePoll } from '../ledger/polls.ts';
import { holdRange, lastRecords, type RangeState } from '../ledger/ranges.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { catalogued, factIn, isError } from '../model/errors.ts';
import type { ClaimedRange } from '../model/range-payloads.ts';
import { forgotten, noLongerKnown } from './expiry.ts';
import { exportPollDelay } from './polling.ts';

/** What polling needs of the world. */
export interface PollPorts {
  ledger: WindowLedger;
  analytics: Analytics;
  random: () => number;
}

/** Where the export stands. Instants are epoch milliseconds. */
export type PollOutcome =
  | { outcome: 'pending' | 'waiting'; pollAt: number }
  | { outcome: 'resubmit'; at: number }
  | { outcome: 'completed' };

/**
 * Asks for the status of the range's export, when its turn has come. What CXone says is terminal only as `completed` and
 * `failed`: anything else is asked again, for a day at most. A fault of CXone or of the connection is simply the next poll.
 * Throws `JobExpired`, `ExportFailed` with CXone's words, and `QueueSaturated`.
 */
export async function pollRange(
  ports: PollPorts,
  claim: ClaimedRange,
  request: { attempt: number; renewed: boolean },
): Promise<PollOutcome> {
  const { ledger } = ports;
  const state = await holdRange(ledger, claim);
  if (state.jobState === 'completed') return { outcome: 'completed' };
  if (state.jobState === 'failed')
    return { outcome: 'resubmit', at: Math.max(state.nextPollAt, ledger.clock.now()) };
  if (state.jobState !== 'submitted' || state.jobId === undefined || state.attempt !== request.attempt)
    throw noLongerKnown(claim, state);
  const now = ledger.clock.now();
  if (now < state.nextPollAt && !request.renewed) return turnAt(state, now, state.nextPollAt);
  const records = await lastRecords(ledger, claim.of);
  const delay = isQueued(state, now)
    ? QUEUED_POLL_MILLISECONDS
    : exportPollDelay({ polls: state.polls, lastRecords: records, random: ports.random() });
  const reserved = now + delay + LONGEST_SLOT_WAIT_MILLISECONDS;
  if (!(await reservePoll(ledger, claim, state, reserved))) return turnAt(state, now, reserved);
  // The call may have slept for its slot: the distance is kept from when it was made.
  const turn = () => ledger.clock.now() + delay;
  const status = await askStatus(ports, claim, state, turn);
  return status === undefined
    ? asksAgain(ledger, claim, state, {}, turn())
    : judge(ledger, claim, state, status, turn());
}

async function askStatus(
  { ledger, analytics }: PollPorts,
  claim: ClaimedRange,
  state: RangeState,
  turn: () => number,
): Promise<JobStatus | undefined> {
  if (state.jobId === undefined) return undefined;
  try {
    return await analytics.status(state.jobId);
  } catch (error) {
    if (isError(error, 'ServerFault') || isError(error, 'ConnectionLost')) return undefined;
    if (isError(error, 'Throttled')) {
      // The pause that CXone asks for holds for every run that polls this export.
      const retryAt = Date.parse(factIn(error.message, 'retryAt') ?? '');
      await notePoll(ledger, claim, state.attempt, { nextPollAt: Math.max(turn(), retryAt || 0) });
    }
    if (!isError(error, 'JobExpired')) throw error;
    // Another export in its place would leave this one as one that nobody knows.
    if (mayBeUnseen(state, ledger.clock.now())) return undefined;
    throw await forgotten(ledger, claim, state, error);
  }
}

async function judge(
  ledger: WindowLedger,
  claim: ClaimedRange,
  state: RangeState,
  status: JobStatus,
  pollAt: number,
): Promise<PollOutcome> {
  const now = ledger.clock.now();
  const jobStatus = status.kind === 'unknown' ? status.text : status.kind;
  const moved = jobStatus === state.jobStatus ? {} : { jobStatus, changedAt: now };
  switch (status.kind) {
    case 'completed':
      await notePoll(ledger, claim, state.attempt, {
        ...moved,
        jobState: 'completed',
        completedAt: now,
        failures: 0,
      });
      return { outcome: 'completed' };
    case 'failed': {
      const verdict = afterFailure(status, state, now);
      await notePoll(ledger, claim, state.attempt, {
        ...moved,
        jobState: 'failed',
        failures: verdict.failures,
        // The cool-down holds also for who comes back here because the answer was lost.
        ...('at' in verdict ? { nextPollAt: verdict.at } : {}),
      });
      if ('error' in verdict) throw verdict.error;
      return { outcome: 'resubmit', at: verdict.at };
    }
    case 'pending':
    case 'processing':
    case 'unknown':
      return asksAgain(ledger, claim, state, moved, pollAt);
  }
}

/** A day of waiting ends the run, not the export: the count begins anew, and the next run polls the same one. */
async function asksAgain(
  ledger: WindowLedger,
  claim: ClaimedRange,
  before: RangeState,
  moved: { jobStatus?: string; changedAt?: number },
  pollAt: number,
): Promise<PollOutcome> {
  const state = { ...before, ...moved };
  const now = ledger.clock.now();
  const saturated = now - (state.waitedSince ?? now) >= SATURATED_AFTER_MILLISECONDS;
  await notePoll(ledger, claim, state.attempt, {
    ...moved,
    nextPollAt: pollAt,
    ...(saturated ? { waitedSince: now } : {}),
  });
  if (!saturated) return turnAt(state, now, pollAt);
  const hours = Math.floor((now - (state.submittedAt ?? now)) / 3_600_000);
  throw catalogued(
    'QueueSaturated',
    `CXone has not finished the export of ${claim.of} from ${claim.day} in a day; it is kept.`,
    { job: state.jobId, hours },
  );
}

function isQueued(state: RangeState, now: number): boolean {
  return now - (state.changedAt ?? now) >= QUEUED_AFTER_MILLISECONDS;
}

function turnAt(state: RangeState, now: number, pollAt: number): PollOutcome {
  return { outcome: isQueued(state, now) ? 'waiting' : 'pending', pollAt };
}
