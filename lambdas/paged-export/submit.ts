import type { Analytics } from '../cxone/analytics.ts';
import { storeJob } from '../ledger/jobs.ts';
import {
  holdRange,
  nextAttempt,
  noteHalved,
  rangeOf,
  storeExportIntent,
  withdrawIntent,
} from '../ledger/ranges.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { catalogued } from '../model/errors.ts';
import type { JobId } from '../model/ids.ts';
import type { WindowTask } from '../model/payloads.ts';
import type { ClaimedRange, ExportSettings } from '../model/range-payloads.ts';
import { exportPollDelay } from './polling.ts';
import { exportKey, planExport, submissionFailure } from './submission.ts';

/** What submitting needs of the world. */
export interface SubmitPorts {
  ledger: WindowLedger;
  analytics: Analytics;
  random: () => number;
}

/** What is asked for, and why. */
export interface ExportRequest {
  task: WindowTask;
  settings: ExportSettings;
  /** Days that raw parts are kept. */
  rawDays: number;
}

/** How a range stands after its submission. Instants are epoch milliseconds. */
export type SubmittedExport =
  | { outcome: 'submitted'; attempt: number; jobId: JobId; pollAt: number; submittedAt: number }
  | { outcome: 'loaded'; attempt: number; submittedAt: number }
  | { outcome: 'halved' };

/**
 * Sees to it that the range has an export in CXone: the one that the ledger knows, or a new one whose intent is stored
 * before the POST, which has no idempotency key. An intent without an id is submitted again, and counted as a possible
 * orphan. A range that CXone finds too large is halved, down to one day. Throws `ExportTooLarge` for one day.
 */
export async function submitRange(
  ports: SubmitPorts,
  claim: ClaimedRange,
  request: ExportRequest,
): Promise<SubmittedExport> {
  const { ledger } = ports;
  const state = await holdRange(ledger, claim);
  const now = ledger.clock.now();
  const { nextPollAt, submittedAt = now } = state;
  const plan = planExport(state, { ...request, request: request.settings, run: claim.run, now });
  switch (plan.action) {
    case 'halved':
      return { outcome: 'halved' };
    case 'loaded':
      return { outcome: 'loaded', attempt: plan.attempt, submittedAt };
    case 'reuse': {
      const { attempt, jobId } = plan;
      return { outcome: 'submitted', attempt, jobId, pollAt: nextPollAt, submittedAt };
    }
    case 'submit': {
      const attempt = await nextAttempt(ledger, claim.of);
      const jobKey = exportKey(attempt, request.settings);
      const raised = plan.forRun ? { raisedFor: claim.run } : {};
      await storeExportIntent(ledger, claim, state, { attempt, jobKey, ...raised });
      return post(ports, claim, request.settings, { attempt, jobKey });
    }
  }
}

async function post(
  ports: SubmitPorts,
  claim: ClaimedRange,
  settings: ExportSettings,
  { attempt, jobKey }: { attempt: number; jobKey: string },
): Promise<SubmittedExport> {
  const { ledger, analytics } = ports;
  let jobId: JobId;
  try {
    jobId = await analytics.submit({ ...settings, range: rangeOf(claim) });
  } catch (error) {
    return await afterFailure(ledger, claim, attempt, error);
  }
  const submittedAt = ledger.clock.now();
  const pollAt = submittedAt + exportPollDelay({ polls: 0, lastRecords: 0, random: ports.random() });
  await storeJob(ledger, claim, { jobId, jobKey, nextPollAt: pollAt });
  return { outcome: 'submitted', attempt, jobId, pollAt, submittedAt };
}

async function afterFailure(
  ledger: WindowLedger,
  claim: ClaimedRange,
  attempt: number,
  error: unknown,
): Promise<SubmittedExport> {
  const failure = submissionFailure(error);
  if (failure.kind === 'tooLarge' && claim.days > 1) {
    await noteHalved(ledger, claim, attempt, failure.possibleOrphan);
    return { outcome: 'halved' };
  }
  const settled = failure.kind === 'refused' || (failure.kind === 'tooLarge' && !failure.possibleOrphan);
  // Why it failed is what the machine decides by; an intent that stays is counted as an orphan, which is no more than a count.
  if (settled) await withdrawIntent(ledger, claim, attempt).catch(() => undefined);
  if (failure.kind === 'tooLarge' && !failure.possibleOrphan)
    throw catalogued(
      'ExportTooLarge',
      `CXone refuses the export of ${claim.of} for the one day ${claim.day}.`,
      {},
      error,
    );
  throw error;
}
