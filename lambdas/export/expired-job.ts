import type { WindowState } from '../ledger/window-state.ts';
import { type CataloguedError, catalogued } from '../model/errors.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import { FORGOTTEN_JOBS, UNSEEN_MILLISECONDS } from './polling.ts';

/** What is noted of a job that CXone has forgotten: the next submission is another attempt. */
export interface ForgottenNote {
  jobState: 'expired';
  forgottenJobs: number;
  forgottenUnder: number;
}

type Claim = Pick<ClaimedWindow, 'epoch'>;

/**
 * Whether a job whose status call was answered with 404 is to be asked for again: it was submitted just now, no status of it has been given
 * yet, and it may not be known to all of CXone.
 */
export function mayBeUnseen({ jobStatus, submittedAt = 0 }: WindowState, now: number): boolean {
  return jobStatus === undefined && now - submittedAt < UNSEEN_MILLISECONDS;
}

/** Counts the job among those that were forgotten under the same claim. From one state it is the same count, however often it is noted. */
export function forgottenNote({ epoch }: Claim, state: WindowState): ForgottenNote {
  return { jobState: 'expired', forgottenJobs: forgottenUnder(epoch, state) + 1, forgottenUnder: epoch };
}

/**
 * The error for a job that is noted as forgotten, for who found it and for who comes back without having heard: `JobExpired`, after which
 * the machine submits the next attempt, and `ExportFailed` from the third one on that was forgotten under the same claim. A later
 * run, and the round of a redrive, claim anew and may submit again.
 * @param what whose job it is, in words
 * @param unknown CXone's answer, where it was given just now
 */
export function forgottenError(
  { epoch }: Claim,
  state: WindowState,
  what: string,
  unknown?: CataloguedError,
): CataloguedError {
  const jobs = forgottenUnder(epoch, state);
  if (jobs < FORGOTTEN_JOBS)
    return unknown ?? catalogued('JobExpired', `The job of ${what} is no longer known.`);
  const facts = { ...unknown?.facts, job: state.jobId, attempt: state.attempt };
  return catalogued(
    'ExportFailed',
    `CXone forgot ${jobs} jobs of ${what} one after the other before they were fetched.`,
    facts,
    unknown,
  );
}

function forgottenUnder(epoch: number, state: WindowState): number {
  return state.forgottenUnder === epoch ? (state.forgottenJobs ?? 0) : 0;
}
