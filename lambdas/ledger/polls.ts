import { catalogued } from '../model/errors.ts';
import type { RunArn } from '../model/ids.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { JobState, WindowState } from './window-state.ts';
import { changeClaimed, type WindowLedger } from './windows.ts';

/** What a poll leaves in the window's item. */
export interface PollNote {
  foundBy?: RunArn;
  jobState?: JobState;
  jobStatus?: string;
  changedAt?: number;
  waitedSince?: number;
  nextPollAt?: number;
  polls?: number;
  failures?: number;
  forgottenJobs?: number;
  forgottenUnder?: number;
  filesDigest?: string;
  filesSeenAt?: number;
  partsKey?: string;
  partCount?: number;
  completedAt?: number;
  partsMissing?: number;
  missingUnder?: number;
}

/**
 * Stores when the next poll may be, before this one is made: of two that would poll at once one goes on. Says false to the
 * other. Throws `ClaimLost`.
 */
export async function reservePoll(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  state: WindowState,
  nextPollAt: number,
): Promise<boolean> {
  const written = await changeClaimed(ledger, claim, { set: { nextPollAt, polls: state.polls + 1 } }, [
    // Somebody who has polled since this state was read has moved the instant.
    { attribute: 'nextPollAt', is: '=', value: state.nextPollAt },
  ]);
  return written !== 'conditionFailed';
}

/** Stores what a poll found. Throws `ClaimLost`, and `LedgerContended` when the attempt was raised meanwhile. */
export async function notePoll(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  attempt: number,
  note: PollNote,
  remove: readonly (keyof PollNote)[] = [],
): Promise<void> {
  const written = await changeClaimed(ledger, claim, { set: { ...note }, remove }, [
    // What was found of one job must not be noted of the next.
    { attribute: 'attempt', is: '=', value: attempt },
  ]);
  if (written === 'conditionFailed')
    throw catalogued(
      'LedgerContended',
      `The attempt of ${claim.dataset} ${claim.day} changed while its job was polled.`,
    );
}

const OF_THE_LIST = ['partsKey', 'partCount', 'filesDigest', 'filesSeenAt'] as const;

/**
 * Forgets the list of parts that was confirmed: the next poll asks CXone again, and two answers have to agree anew. Throws `ClaimLost`, and
 * `LedgerContended` when the attempt was raised meanwhile.
 */
export function forgetPartList(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  attempt: number,
  note: Pick<PollNote, 'jobState' | 'partsMissing' | 'missingUnder'> = {},
): Promise<void> {
  // Whoever asks again has a day to wait for the answer, as after a submission.
  return notePoll(ledger, claim, attempt, { ...note, waitedSince: ledger.clock.now() }, OF_THE_LIST);
}
