import type { DataDownload } from '../cxone/data-download.ts';
import { requestUuid } from '../cxone/idempotency-key.ts';
import { noteFound, planSubmission, storeIntent, storeJob } from '../ledger/jobs.ts';
import { holdWindow, type WindowLedger } from '../ledger/windows.ts';
import type { JobId } from '../model/ids.ts';
import type { ClaimedWindow, SubmitSettings, WindowTask } from '../model/payloads.ts';
import { pollDelay } from './polling.ts';

/** A job that the window has in CXone. */
export interface SubmittedJob {
  attempt: number;
  jobId: JobId;
  /** Epoch milliseconds. */
  pollAt: number;
}

/**
 * Sees to it that the window has a job in CXone: the one that the ledger knows, or a new attempt whose intent and key are
 * stored before the POST. Stopped anywhere and started again it posts under the same key, which gives the same job.
 */
export async function submitWindow(
  ports: { ledger: WindowLedger; dataDownload: DataDownload; random: () => number },
  claim: ClaimedWindow,
  task: WindowTask,
  settings: SubmitSettings,
): Promise<SubmittedJob> {
  const { ledger, dataDownload } = ports;
  const state = await holdWindow(ledger, claim);
  const keyOf = (attempt: number) =>
    requestUuid({
      ...settings,
      filters: settings.filters,
      tenant: ledger.tenant,
      dataset: claim.dataset,
      day: claim.day,
      attempt,
    });
  const plan = planSubmission(state, claim.run, task, keyOf(Math.max(1, state.attempt)));
  if (plan.action !== 'raise') await noteFound(ledger, claim, task, state);
  if (plan.action === 'reuse') return { attempt: plan.attempt, jobId: plan.jobId, pollAt: state.nextPollAt };
  const jobKey = keyOf(plan.attempt);
  if (plan.action === 'raise') await storeIntent(ledger, claim, state, { ...plan, jobKey });
  const jobId = await dataDownload.submit({ ...settings, day: claim.day }, jobKey);
  const pollAt = ledger.clock.now() + pollDelay(0, ports.random());
  await storeJob(ledger, claim, { jobId, jobKey, nextPollAt: pollAt });
  return { attempt: plan.attempt, jobId, pollAt };
}
