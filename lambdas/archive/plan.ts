import { costOf } from '../delivery/cost.ts';
import { windowListKey } from '../lake/keys.ts';
import { readArchiveMarks } from '../ledger/archive-marks.ts';
import { fixStartDate } from '../ledger/marks.ts';
import { notePlan } from '../ledger/run-notes.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { ArchivePlanSettings } from '../model/archive-payloads.ts';
import { DAY_MILLISECONDS, type Day, dayOf, isoInstant, plusDays, startOf } from '../model/days.ts';
import type { RunArn } from '../model/ids.ts';
import { ARCHIVE_DATASET } from '../model/interactions.ts';
import type { ObjectStore } from '../model/ports.ts';
import { notePaused } from '../planning/paused.ts';
import type { ArchiveInput, ParsedArchiveInput } from './input.ts';
import { openDays, refusedSince } from './open-looks.ts';
import { type ArchiveRequest, writeRequest } from './request.ts';

const MINUTE_MILLISECONDS = 60_000;

/** What a run of the archive takes, and what it leaves. */
export interface ArchivePlan {
  request: ArchiveRequest;
  /** The first day of the archive: fixed by the first run. */
  startDate: Day;
  /** The range ends before the instant: later runs take the rest. */
  leftOver: boolean;
  /** Archive days with something that earlier runs left to do. */
  pendingDays: number;
  estimate: ArchiveEstimate;
}

/** What a plan would come to, by what earlier runs found. */
export interface ArchiveEstimate {
  interactions: number;
  calls: number;
  costUsd: number;
  /** False before the first run: there is nothing to estimate from. */
  known: boolean;
}

/** Plans a run. Reads the ledger, and writes nothing. */
export async function planArchive(
  ledger: WindowLedger,
  { input, instant }: ParsedArchiveInput,
  settings: ArchivePlanSettings,
): Promise<ArchivePlan> {
  const marks = await readArchiveMarks(ledger);
  const startDate = settings.startDate ?? marks.startDate ?? plusDays(dayOf(instant), -1);
  const beginning = startOf(startDate);
  // A first day that was moved beyond the mark leaves out what lies between.
  const mark = Math.max(beginning, Date.parse(marks.loadedThrough ?? isoInstant(beginning)));
  let pendingDays = 0;
  const lastNight = marks.dueAt ?? marks.loadedThrough;
  const since = refusedSince(input.retryPending === true, instant, lastNight);
  for await (const _ of openDays(ledger, since)) pendingDays += 1;
  const to = Math.min(instant, mark + settings.catchUpDays * DAY_MILLISECONDS);
  const lookBack = Math.max(settings.lookBackMinutes * MINUTE_MILLISECONDS, 2 * marks.passMilliseconds);
  const due = { from: Math.max(beginning, mark - lookBack), to: Math.max(to, mark) };
  const request = requestOf(input, { ...due, refusedSince: since });
  const expected =
    request.mode === 'range'
      ? expectedIn(request, marks.interactionsPerDay)
      : request.mode === 'ids'
        ? request.ids.length
        : 0;
  return {
    request,
    startDate,
    leftOver: request.mode === 'range' && request.due && due.to < instant,
    pendingDays,
    estimate: {
      ...estimateOf(expected ?? 0),
      known: expected !== undefined,
    },
  };
}

/** Leaves for the later states what a run is to do, and for its record what it planned. */
export async function beginRun(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  plan: ArchivePlan,
  run: RunArn,
): Promise<void> {
  const { ledger, objects } = ports;
  const { tenant } = ledger;
  await fixStartDate(ledger, ARCHIVE_DATASET, plan.startDate);
  await writeRequest(objects, tenant, run, plan.request);
  // The archive has no windows of a table: its record has a report of its own.
  const listKey = windowListKey(tenant, 'interaction-archive', run, 0);
  await objects.writeText(listKey, '[]', 'application/json');
  const about = { tenant, run, now: ledger.clock.now() };
  const leftOver = plan.leftOver ? 1 : 0;
  await notePlan(ledger.table, about, {
    listKey,
    alreadyCommitted: 0,
    leftOver,
    datasets: [ARCHIVE_DATASET],
  });
}

/** Notes of a run that its pause holds back that nothing was done, and from where on what is due is due: a pause leaves nothing out. */
export async function holdBackRun(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  plan: ArchivePlan,
  run: RunArn,
): Promise<void> {
  await fixStartDate(ports.ledger, ARCHIVE_DATASET, plan.startDate);
  await notePaused(ports, 'interaction-archive', run, [ARCHIVE_DATASET]);
}

function requestOf(
  input: ArchiveInput,
  due: { from: number; to: number; refusedSince: string },
): ArchiveRequest {
  const { ids, retryPending, date, from, to, refresh = false } = input;
  if (ids !== undefined) return { mode: 'ids', ids, refresh };
  if (retryPending === true) return { mode: 'pending' };
  const first = date ?? from;
  const end = date === undefined ? to : plusDays(date, 1);
  if (first === undefined || end === undefined) return { mode: 'range', ...due, due: true, refresh: false };
  return { mode: 'range', from: startOf(first), to: startOf(end), due: false, refresh };
}

function expectedIn(
  { from, to }: { from: number; to: number },
  perDay: number | undefined,
): number | undefined {
  return perDay === undefined ? undefined : Math.ceil((perDay * (to - from)) / DAY_MILLISECONDS);
}

/** Interactions that a query lists at most. */
const PAGE_SIZE = 100;

/** A token, a query for every page, and for each interaction its details and its mark; usage as the traced clean night shows it. */
function estimateOf(interactions: number): { interactions: number; calls: number; costUsd: number } {
  if (interactions === 0) return { interactions, calls: 0, costUsd: 0 };
  const costUsd = costOf({
    stateTransitions: 40 + interactions / 8,
    gigabyteSeconds: 5 + interactions / 10,
    functionCalls: 10 + interactions / 40,
    ledgerReads: 60 + 9 * interactions,
    ledgerWrites: 60 + 7 * interactions,
    objectWrites: 10 + interactions / 100,
    // Every call opens its token.
    keyCalls: 30 + 2.1 * interactions,
  });
  return {
    interactions,
    calls: 1 + Math.ceil(interactions / PAGE_SIZE) + 2 * interactions,
    costUsd: Math.round(costUsd * 1_000_000) / 1_000_000,
  };
}
