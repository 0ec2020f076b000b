import type { WindowState } from '../ledger/window-state.ts';
import { type CataloguedError, catalogued } from '../model/errors.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import { FORGOTTEN_JOBS, UNSEEN_MILLISECONDS } from './polling.ts';

/** What to do about a job whose status call was answered with 404. */
export type AfterUnknown =
  | { action: 'pollAgain' }
  /** `note` is stored first: the next submission is another attempt. */
  | {
      action: 'throw';
      error: CataloguedError;
      note: { jobState: 'expired'; forgottenJobs: number; forgottenUnder: number };
    };

/**
 * Takes the job for expired: `JobExpired`, after which the machine submits the next attempt, and `ExportFailed` from the third
 * one on that was forgotten under the same claim: a redrive or a later run claims anew, and may submit again. A job that was submitted
 * just now and of which no status has been given yet may not be known to all of CXone: it is asked for again.
 */
export function afterUnknown(
  unknown: CataloguedError,
  claim: Pick<ClaimedWindow, 'epoch'>,
  state: WindowState,
  now: number,
): AfterUnknown {
  const seen = state.jobStatus !== undefined;
  if (!seen && now - (state.submittedAt ?? 0) < UNSEEN_MILLISECONDS) return { action: 'pollAgain' };
  const before = state.forgottenUnder === claim.epoch ? (state.forgottenJobs ?? 0) : 0;
  const jobs = before + 1;
  const error =
    jobs < FORGOTTEN_JOBS
      ? unknown
      : catalogued(
          'ExportFailed',
          `CXone forgot ${jobs} jobs of ${state.day} one after the other before their files could be had.`,
          { ...unknown.facts, job: state.jobId, attempt: state.attempt },
          unknown,
        );
  const note = { jobState: 'expired' as const, forgottenJobs: jobs, forgottenUnder: claim.epoch };
  return { action: 'throw', error, note };
}
