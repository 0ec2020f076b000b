import type { DataDownload } from '../cxone/data-download.ts';
import { completeFiles, fileListDigest, type JobFile, type JobStatus } from '../cxone/job-status.ts';
import { partListKey } from '../lake/keys.ts';
import { forgetPartList, notePoll, reservePoll } from '../ledger/polls.ts';
import type { WindowState } from '../ledger/window-state.ts';
import { holdWindow, type WindowLedger } from '../ledger/windows.ts';
import { catalogued, factIn, isError } from '../model/errors.ts';
import type { ClaimedWindow } from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';
import { forgottenError, forgottenNote, mayBeUnseen } from './expired-job.ts';
import { afterFailure } from './failed-job.ts';
import { type PartList, readPartList, writePartList } from './part-list.ts';
import {
  LONGEST_SLOT_WAIT_MILLISECONDS,
  pollDelay,
  QUEUED_AFTER_MILLISECONDS,
  QUEUED_POLL_MILLISECONDS,
  SATURATED_AFTER_MILLISECONDS,
  SHORTEST_POLL_MILLISECONDS,
} from './polling.ts';

/** What polling needs of the world. */
export interface PollPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  dataDownload: DataDownload;
  random: () => number;
}

/** Which job is polled. */
export interface PollRequest {
  attempt: number;
  /** The call repeats one that was answered with 401: it need not wait for its turn. */
  renewed: boolean;
  /** How often a listed part was not there: above what the ledger has seen, the list is asked for again. */
  partsMissing: number;
}

/** Where the job stands. Instants are epoch milliseconds. */
export type PollOutcome =
  | { outcome: 'pending' | 'waiting'; pollAt: number }
  | { outcome: 'resubmit'; at: number }
  | { outcome: 'completed'; list: PartList };

/**
 * Asks for the status of the window's job, when its turn has come. A list of parts counts when two answers at least 15 s
 * apart agree on it; then it is stored, and later polls of the attempt take it from there. A fault of CXone or of the
 * connection is simply the next poll. Throws `JobExpired`, `JobOutdated`, `ExportFailed`, `ExportTooLarge` and `QueueSaturated`.
 */
export async function pollJob(
  ports: PollPorts,
  claim: ClaimedWindow,
  request: PollRequest,
): Promise<PollOutcome> {
  const { state, list } = await stateForPoll(ports, claim, request);
  if (list !== undefined) return { outcome: 'completed', list };
  if (state.jobState === 'failed')
    return { outcome: 'resubmit', at: Math.max(state.nextPollAt, ports.ledger.clock.now()) };
  if (state.jobState === 'expired' || state.jobId === undefined)
    throw forgottenError(claim, state, `${claim.dataset} ${claim.day}`);
  const now = ports.ledger.clock.now();
  if (now < state.nextPollAt && !request.renewed) return turnAt(state, now, state.nextPollAt);
  const delay = nextDelay(state, now, ports.random());
  const reserved = now + delay + LONGEST_SLOT_WAIT_MILLISECONDS;
  if (!(await reservePoll(ports.ledger, claim, state, reserved))) return turnAt(state, now, reserved);
  const turn = () => Math.max(now + delay, ports.ledger.clock.now() + SHORTEST_POLL_MILLISECONDS);
  const status = await askStatus(ports, claim, request, state, turn);
  if (status !== undefined) return judge(ports, claim, request, state, status, turn());
  await notePoll(ports.ledger, claim, request.attempt, { nextPollAt: turn() });
  return stillWaiting(ports, claim, request, state, turn());
}

/** The window's state, and its confirmed list of parts. One that did not hold, or is no longer stored, is forgotten first. */
async function stateForPoll(
  { ledger, objects }: PollPorts,
  claim: ClaimedWindow,
  { attempt, partsMissing }: PollRequest,
): Promise<{ state: WindowState; list?: PartList }> {
  const state = await holdWindow(ledger, claim);
  if (state.partsKey === undefined) return { state };
  // Each claim counts its rounds from the first: those of another one say nothing of whether this one has asked.
  const seen = state.missingUnder === claim.epoch ? state.partsMissing : 0;
  const list = partsMissing > seen ? undefined : await keptPartList(objects, state.partsKey);
  if (list !== undefined) return { state, list };
  const round = { partsMissing, missingUnder: claim.epoch };
  await forgetPartList(ledger, claim, attempt, { jobState: 'submitted', ...round });
  return { state: await holdWindow(ledger, claim) };
}

/** The list of parts, or undefined where the raw prefix's retention has taken it: the parts are gone with it, or soon. */
async function keptPartList(objects: ObjectStore, key: string): Promise<PartList | undefined> {
  try {
    return await readPartList(objects, key);
  } catch (error) {
    if (isError(error, 'ObjectMissing')) return undefined;
    throw error;
  }
}

async function askStatus(
  ports: PollPorts,
  claim: ClaimedWindow,
  request: PollRequest,
  state: WindowState,
  turn: () => number,
): Promise<JobStatus | undefined> {
  if (state.jobId === undefined) return undefined;
  try {
    return await ports.dataDownload.status(state.jobId);
  } catch (error) {
    if (isError(error, 'ServerFault') || isError(error, 'ConnectionLost')) return undefined;
    if (isError(error, 'Throttled')) {
      // The pause that CXone asks for holds for every run that polls this job.
      const retryAt = Date.parse(factIn(error.message, 'retryAt') ?? '');
      await notePoll(ports.ledger, claim, request.attempt, { nextPollAt: Math.max(turn(), retryAt || 0) });
    }
    if (!isError(error, 'JobExpired')) throw error;
    if (mayBeUnseen(state, ports.ledger.clock.now())) return undefined;
    const note = forgottenNote(claim, state);
    await notePoll(ports.ledger, claim, request.attempt, { ...note });
    throw forgottenError(claim, { ...state, ...note }, `${claim.dataset} ${claim.day}`, error);
  }
}

async function judge(
  ports: PollPorts,
  claim: ClaimedWindow,
  request: PollRequest,
  state: WindowState,
  status: JobStatus,
  pollAt: number,
): Promise<PollOutcome> {
  const now = ports.ledger.clock.now();
  const jobStatus = status.kind === 'unknown' ? status.text : status.kind;
  const changed = jobStatus === state.jobStatus ? {} : { jobStatus, changedAt: now };
  if (status.kind === 'failed') {
    const verdict = afterFailure(status, state, now);
    await notePoll(ports.ledger, claim, request.attempt, {
      ...changed,
      jobState: 'failed',
      failures: verdict.failures,
      // The cool-down holds also for who comes back here because the answer was lost.
      ...('at' in verdict ? { nextPollAt: verdict.at } : {}),
    });
    if ('error' in verdict) throw verdict.error;
    return { outcome: 'resubmit', at: verdict.at };
  }
  if (status.kind === 'completed' && state.foundBy === claim.run) {
    await notePoll(ports.ledger, claim, request.attempt, { ...changed });
    throw outdated(claim, state);
  }
  const list = completeFiles(status);
  if (!list.complete) {
    const forgotten = [
      // What CXone still works on will be of now.
      ...(state.foundBy === undefined ? [] : (['foundBy'] as const)),
      ...(state.filesDigest === undefined ? [] : (['filesDigest', 'filesSeenAt'] as const)),
    ];
    await notePoll(ports.ledger, claim, request.attempt, { ...changed, nextPollAt: pollAt }, forgotten);
    return stillWaiting(ports, claim, request, { ...state, ...changed }, pollAt);
  }
  return confirm(ports, claim, request, state, { ...list, parts: list.files }, changed, pollAt);
}

/** The error for a job whose first answer to a run that asks again is that it has ended: it may be of any time before. */
function outdated(claim: ClaimedWindow, { jobId, attempt }: WindowState) {
  return catalogued(
    'JobOutdated',
    `The job of ${claim.dataset} ${claim.day} that an earlier run left had ended before this one asked.`,
    { job: jobId, attempt },
  );
}

async function confirm(
  ports: PollPorts,
  claim: ClaimedWindow,
  request: PollRequest,
  state: WindowState,
  given: { recordCount?: number; parts: JobFile[] },
  changed: { jobStatus?: string; changedAt?: number },
  pollAt: number,
): Promise<PollOutcome> {
  const now = ports.ledger.clock.now();
  const list: PartList = { recordCount: given.recordCount, parts: given.parts };
  const filesDigest = fileListDigest(given.parts);
  const agreed =
    state.filesDigest === filesDigest && now - (state.filesSeenAt ?? now) >= SHORTEST_POLL_MILLISECONDS;
  if (!agreed) {
    const filesSeenAt = state.filesDigest === filesDigest ? state.filesSeenAt : now;
    await notePoll(ports.ledger, claim, request.attempt, {
      ...changed,
      nextPollAt: pollAt,
      filesDigest,
      ...(filesSeenAt === undefined ? {} : { filesSeenAt }),
    });
    return { outcome: 'pending', pollAt };
  }
  const partsKey = partListKey(ports.ledger.tenant, claim.dataset, claim.day, request.attempt);
  await writePartList(ports.objects, partsKey, list);
  const completed = {
    jobState: 'completed' as const,
    partsKey,
    partCount: list.parts.length,
    completedAt: now,
    failures: 0,
  };
  await notePoll(ports.ledger, claim, request.attempt, { ...changed, ...completed });
  return { outcome: 'completed', list };
}

function nextDelay(state: WindowState, now: number, random: number): number {
  return isQueued(state, now) ? QUEUED_POLL_MILLISECONDS : pollDelay(state.polls, random);
}

function isQueued(state: WindowState, now: number): boolean {
  return now - (state.changedAt ?? now) >= QUEUED_AFTER_MILLISECONDS;
}

function turnAt(state: WindowState, now: number, pollAt: number): PollOutcome {
  return { outcome: isQueued(state, now) ? 'waiting' : 'pending', pollAt };
}

/** A day of waiting ends the run, not the job: the count begins anew, and the next run polls the same job. */
async function stillWaiting(
  ports: PollPorts,
  claim: ClaimedWindow,
  request: PollRequest,
  state: WindowState,
  pollAt: number,
): Promise<PollOutcome> {
  const now = ports.ledger.clock.now();
  if (now - (state.waitedSince ?? now) < SATURATED_AFTER_MILLISECONDS) return turnAt(state, now, pollAt);
  await notePoll(ports.ledger, claim, request.attempt, { waitedSince: now });
  const hours = Math.floor((now - (state.submittedAt ?? now)) / 3_600_000);
  const facts = { job: state.jobId, hours };
  throw catalogued(
    'QueueSaturated',
    `CXone has not finished the job of ${state.day} in a day; it is kept.`,
    facts,
  );
}
