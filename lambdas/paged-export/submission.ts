import { createHash } from 'node:crypto';
import type { RangeState } from '../ledger/ranges.ts';
import type { AnalyticsRequest } from '../model/analytics-request.ts';
import { DAY_MILLISECONDS } from '../model/days.ts';
import { CataloguedError, isError } from '../model/errors.ts';
import type { JobId, RunArn } from '../model/ids.ts';
import type { WindowTask } from '../model/payloads.ts';

/** Names what is asked for in an attempt: another request is another export. */
export function exportKey(attempt: number, request: AnalyticsRequest): string {
  const { reportId, format, columns, filters } = request;
  const canonical = JSON.stringify([reportId, format, columns, filters ?? null]);
  return `${attempt}-${createHash('sha256').update(canonical).digest('hex')}`;
}

/** What is to be done to have the records of a range. */
export type SubmissionPlan =
  /** The range was too large: its halves are exported. */
  | { action: 'halved' }
  /** All records are stored. */
  | { action: 'loaded'; attempt: number }
  /** The export is known: poll it. */
  | { action: 'reuse'; attempt: number; jobId: JobId }
  /** A new export, under a number of its own. */
  | { action: 'submit'; forRun: boolean };

/**
 * Decides from the ledger alone. A new export is asked for at first, after one that failed, expired or never got an id, once
 * a run for a refresh or a restatement, never while one is under way; where the configuration asks for something else now;
 * and where the raw parts of a loaded one may be gone.
 */
export function planExport(
  state: RangeState,
  asked: { run: RunArn; task: WindowTask; request: AnalyticsRequest; rawDays: number; now: number },
): SubmissionPlan {
  if (state.halvedAt !== undefined) return { action: 'halved' };
  const asksAgain = (asked.task === 'refresh' || asked.task === 'restate') && state.raisedFor !== asked.run;
  const forRun = asksAgain && !isInFlight(state, asked.now);
  const { jobId } = state;
  const known = state.jobKey === exportKey(state.attempt, asked.request);
  const ended = state.jobState === 'failed' || state.jobState === 'expired';
  if (jobId === undefined || !known || ended || forRun) return { action: 'submit', forRun: asksAgain };
  if (state.loadedAt === undefined) return { action: 'reuse', attempt: state.attempt, jobId };
  // A day early: lifecycle rules count whole days, from midnight.
  const kept = asked.now < state.loadedAt + (asked.rawDays - 1) * DAY_MILLISECONDS;
  return kept ? { action: 'loaded', attempt: state.attempt } : { action: 'submit', forRun: false };
}

/** An export whose poll is overdue by this was left by its run: it may have ended long ago, with what CXone had by then. */
const UNWATCHED_MILLISECONDS = 15 * 60_000;

/** Whether CXone still works on the export, as far as is known, and it is watched: what it gives is new in any case. */
function isInFlight({ jobState, jobId, jobStatus, nextPollAt }: RangeState, now: number): boolean {
  const watched = now < nextPollAt + UNWATCHED_MILLISECONDS;
  return jobState === 'submitted' && jobId !== undefined && jobStatus !== 'completed' && watched;
}

/** What the failure of a submission means. */
export type SubmissionFailure =
  /** CXone finds the range too large. A gateway that gave up may have let the export begin all the same. */
  | { kind: 'tooLarge'; possibleOrphan: boolean }
  /** No export can have come of it. */
  | { kind: 'refused' }
  /** An export may have come of it. */
  | { kind: 'unknown' };

/** CXone's words for a range that is too large, in the error code or the sentence of a 400. */
const TOO_LARGE = /too[\s_-]*(large|big|wide|long|many)|exceed|(size|record|row|range)[\s_-]*limit/i;

/** Errors that leave open whether CXone took the request: an answer that did not come, or was none of its API's. */
const UNKNOWN = ['ServerFault', 'ConnectionLost', 'UnexpectedFault'] as const;

/** Tells what a submission's error means for the range. */
export function submissionFailure(error: unknown): SubmissionFailure {
  if (!(error instanceof CataloguedError)) return { kind: 'unknown' };
  if (isError(error, 'ServerFault') && error.facts.status === 504)
    return { kind: 'tooLarge', possibleOrphan: true };
  if (isError(error, 'RequestRefused') && error.facts.status === 400 && TOO_LARGE.test(error.message))
    return { kind: 'tooLarge', possibleOrphan: false };
  return UNKNOWN.some((name) => name === error.name) ? { kind: 'unknown' } : { kind: 'refused' };
}
