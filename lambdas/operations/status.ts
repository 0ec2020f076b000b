import { openDays, refusedSince } from '../archive/open-looks.ts';
import { readArchiveMarks } from '../ledger/archive-marks.ts';
import { breakerKey, createBreaker } from '../ledger/breaker.ts';
import { driftEvents } from '../ledger/drift.ts';
import { holesIn } from '../ledger/holes.ts';
import { readMarks } from '../ledger/marks.ts';
import { readPause } from '../ledger/pauses.ts';
import { type ListedRun, lastRuns } from '../ledger/run-list.ts';
import { isSettled, type WindowState } from '../ledger/window-state.ts';
import { LEASE_MILLISECONDS, readWindows, type WindowLedger } from '../ledger/windows.ts';
import { Day, isoInstant, plusDays } from '../model/days.ts';
import { runName } from '../model/ids.ts';
import type { PipelineName } from '../model/pipelines.ts';
import {
  type ArchiveStatus,
  type ClaimedStatus,
  type DatasetStatus,
  type Deployed,
  type PipelineStatus,
  STATUS_LISTED,
  TenantStatus,
} from '../model/status.ts';
import { owedRecords } from './owed-records.ts';

/** Runs that are looked through for the last of each pipeline. */
const LOOKED_THROUGH = 500;

/** Days that the lists of a kind name over all datasets at most, so that a status of fifty stays under 64 KiB: three of each then. */
const LISTED_IN_ALL = 150;

/** How a tenant stands, as the ledger says. Reads, and changes nothing. */
export async function tenantStatus(ledger: WindowLedger, deployed: Deployed): Promise<TenantStatus> {
  const runs = await lastRuns(ledger.table, ledger.tenant, LOOKED_THROUGH);
  const atMost = Math.min(STATUS_LISTED, Math.floor(LISTED_IN_ALL / Math.max(1, deployed.datasets.length)));
  return TenantStatus.parse({
    tenant: ledger.tenant,
    at: isoInstant(ledger.clock.now()),
    pipelines: await Promise.all(
      deployed.pipelines.map((pipeline) => pipelineStatus(ledger, pipeline, runs)),
    ),
    datasets: await Promise.all(
      deployed.datasets.map((dataset) => datasetStatus(ledger, dataset, { runs, atMost })),
    ),
    archive: deployed.pipelines.includes('interaction-archive') ? await archiveStatus(ledger) : undefined,
    breakers: await Promise.all(
      deployed.breakers.map(async (family) => ({
        family,
        ...(await createBreaker(breakerKey(ledger.tenant, family), ledger).state()),
      })),
    ),
    owedRecords: await owedRecords(ledger, deployed),
  });
}

async function pipelineStatus(
  ledger: WindowLedger,
  pipeline: PipelineName,
  runs: readonly ListedRun[],
): Promise<PipelineStatus> {
  const pause = await readPause(ledger, pipeline);
  const own = runs.filter((run) => run.pipeline === pipeline);
  const [last] = own;
  return {
    pipeline,
    paused: pause && { since: pause.pausedAt, reason: pause.reason },
    lastRun: last && {
      run: runName(last.run),
      outcome: last.outcome,
      startedAt: last.startedAt,
      error: last.error,
    },
    lastSuccess: own.find(({ outcome }) => outcome === 'SUCCEEDED')?.startedAt,
  };
}

async function datasetStatus(
  ledger: WindowLedger,
  { dataset, pipeline }: Deployed['datasets'][number],
  { runs, atMost }: { runs: readonly ListedRun[]; atMost: number },
): Promise<DatasetStatus> {
  const windows: WindowState[] = [];
  for await (const window of readWindows(ledger, dataset)) windows.push(window);
  const marks = await readMarks(ledger, dataset);
  const { loadedThrough, maxEvent } = marks;
  const committed = windows.filter(({ generation }) => generation !== undefined);
  const holes = holesIn(new Set(committed.map(({ day }) => day)), marks);
  const pinned = windows.filter((window) => window.pinned).map(({ day }) => day);
  const queued = windows.filter(isQueued);
  const claimed = windows.flatMap((window) => claimedStatus(window, runs, ledger.clock.now()));
  const drift = await driftEvents(ledger, dataset);
  return {
    dataset,
    pipeline,
    lastGoodDay:
      loadedThrough === undefined ? undefined : plusDays(Day.parse(loadedThrough.slice(0, 10)), -1),
    maxEvent,
    committedDays: committed.length,
    holes: holes.length,
    firstHoles: holes.slice(0, atMost),
    pinned: pinned.length,
    firstPinned: pinned.slice(0, atMost),
    unfinishedCommits: committed.filter((window) => !isSettled(window)).length,
    queued: queued.length,
    firstQueued: queued.slice(0, atMost).map(queuedStatus),
    claimed: claimed.length,
    firstClaimed: claimed.slice(0, atMost),
    openDrift: drift.filter(({ acknowledgedAt }) => acknowledgedAt === undefined).length,
  };
}

/** A job that has been submitted and has not ended, of a window that still wants it. */
function isQueued({ jobState, submittedAt }: WindowState): boolean {
  return jobState === 'submitted' && submittedAt !== undefined;
}

function queuedStatus({ day, submittedAt = 0, jobStatus = '' }: WindowState) {
  return { day, since: isoInstant(submittedAt), status: jobStatus };
}

function claimedStatus(
  { day, claimedBy, leaseUntil }: WindowState,
  runs: readonly ListedRun[],
  now: number,
): ClaimedStatus[] {
  if (claimedBy === undefined || leaseUntil === 0) return [];
  const listed = runs.find(({ run }) => run === claimedBy);
  // A sign of life after the end that is listed is a redrive's: that has not ended.
  const heardOf = leaseUntil - LEASE_MILLISECONDS;
  const ended = listed !== undefined && Date.parse(listed.startedAt) + listed.milliseconds >= heardOf;
  return [
    {
      day,
      run: runName(claimedBy),
      leaseUntil: isoInstant(leaseUntil),
      expired: leaseUntil <= now,
      ...(ended ? { ended: listed.outcome } : {}),
    },
  ];
}

/** How far the archive is, and what its next nightly run would look at once more. */
async function archiveStatus(ledger: WindowLedger): Promise<ArchiveStatus> {
  const { loadedThrough, dueAt } = await readArchiveMarks(ledger);
  const since = refusedSince(false, ledger.clock.now(), dueAt ?? loadedThrough);
  const days: Day[] = [];
  for await (const day of openDays(ledger, since)) days.push(day);
  return { loadedThrough, openDays: days.length, firstOpenDays: days.slice(0, STATUS_LISTED) };
}
