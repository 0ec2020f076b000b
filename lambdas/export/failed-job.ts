import type { JobStatus } from '../cxone/job-status.ts';
import type { WindowState } from '../ledger/window-state.ts';
import { catalogued } from '../model/errors.ts';
import { COOL_DOWN_MILLISECONDS, RESUBMISSIONS, TOO_LARGE_AFTER_MILLISECONDS } from './polling.ts';

type FailedStatus = Extract<JobStatus, { kind: 'failed' }>;

/** What to do about a job that CXone ended as FAILED. */
export type AfterFailure = { failures: number; at: number } | { failures: number; error: Error };

/**
 * Submits again, the next attempt, at most twice after a cool-down; then, or at once where the export is too large, an
 * error with CXone's own words. An error sets the count back: a redrive or a later run may submit again.
 */
export function afterFailure(status: FailedStatus, state: WindowState, now: number): AfterFailure {
  const minutes = Math.round(lifeOf(status, state, now) / 60_000);
  const facts = { job: state.jobId, code: status.errorCode, attempt: state.attempt, minutes };
  const words = status.message === undefined ? '' : ` CXone says: ${status.message}`;
  const tooLarge =
    status.errorCode === 'INTERNAL_SERVER_ERROR' &&
    lifeOf(status, state, now) >= TOO_LARGE_AFTER_MILLISECONDS;
  if (tooLarge)
    return {
      failures: 0,
      error: catalogued('ExportTooLarge', `CXone gave the export of ${state.day} up.${words}`, facts),
    };
  const failures = state.failures + 1;
  if (failures > RESUBMISSIONS)
    return {
      failures: 0,
      error: catalogued(
        'ExportFailed',
        `CXone failed the export of ${state.day} ${failures} times.${words}`,
        facts,
      ),
    };
  return { failures, at: now + COOL_DOWN_MILLISECONDS * failures };
}

/** How long the job lived, by CXone's own times where it gives them. */
function lifeOf(status: FailedStatus, state: WindowState, now: number): number {
  const created = Date.parse(status.createdAt ?? '');
  const completed = Date.parse(status.completedAt ?? '');
  return completed - created || now - (state.submittedAt ?? now);
}
