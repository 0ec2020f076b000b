import { windowListKey } from '../lake/keys.ts';
import { fixStartDate, readMarks } from '../ledger/marks.ts';
import { notePlan } from '../ledger/run-notes.ts';
import { isSettled } from '../ledger/window-state.ts';
import { readWindows, type WindowLedger } from '../ledger/windows.ts';
import type { Day } from '../model/days.ts';
import { adhocDataset, type DatasetId, type RunArn } from '../model/ids.ts';
import type {
  ListedWindow,
  PinnedWindow,
  PlannedDataset,
  PlannedWindow,
  PlanSettings,
} from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';
import { rangeHolding } from '../model/ranges.ts';
import { isHeldBack, notePaused } from './paused.ts';
import type { ParsedInput } from './run-input.ts';
import { firstPlannedDay, isAdhoc, type KnownWindows, planWindows, type WindowPlan } from './windows.ts';

/** Pinned windows that a run's record lists: they are an operator's, one by one, and the note of a plan is an item of 400 KB at most. */
const MOST_PINNED_LISTED = 500;

/** What a run takes of all its datasets, and what it leaves for later ones. */
export interface RunPlan {
  windows: PlannedWindow[];
  /** Due as well, but more than `catchUpDays` of a dataset. */
  leftOver: number;
  /** Asked for by name and there already. */
  alreadyCommitted: number;
  /** Uncommitted days before the last committed one of their dataset. */
  holes: number;
  /** Rolled back and pinned: left as they are, and told of. */
  pinned: PinnedWindow[];
  /** The datasets that the run is about, whether windows of theirs are due or not. */
  datasets: DatasetId[];
  /** The pipeline is paused and its schedule has started it: nothing is done. */
  paused: boolean;
}

/** What the ledger says of a dataset's windows. */
export async function knownWindows(ledger: WindowLedger, dataset: DatasetId): Promise<KnownWindows> {
  const committed = new Set<Day>();
  const unfinished = new Set<Day>();
  const pinned = new Set<Day>();
  const lateRowsSince = new Map<Day, number>();
  for await (const window of readWindows(ledger, dataset)) {
    if (window.generation === undefined) continue;
    committed.add(window.day);
    if (!isSettled(window)) unfinished.add(window.day);
    if (window.pinned) pinned.add(window.day);
    if (window.lateRowsSince !== undefined) lateRowsSince.set(window.day, window.lateRowsSince);
  }
  const { startDate } = await readMarks(ledger, dataset);
  return { committed, unfinished, pinned, lateRowsSince, startDate };
}

/**
 * Plans a run and leaves the list of its windows in S3, for the Map. A dry run leaves nothing. Planning again for the same
 * run overwrites the list with what is due by then.
 */
export async function planRun(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  request: ParsedInput,
  run: RunArn,
  settings: PlanSettings,
): Promise<{ plan: RunPlan; list: ListedWindow[]; listKey: string }> {
  const { ledger } = ports;
  const { report, columns, filters, format, reportId, dryRun } = request.input;
  const listKey = windowListKey(ledger.tenant, settings.pipeline, run, 0);
  const wanted = settings.datasets.filter(({ dataset }) => report === undefined || dataset === report);
  if (await isHeldBack(ledger, settings.pipeline, request.input)) {
    const datasets = wanted.map(({ dataset }) => dataset);
    // Its days count from now on: those of a pause are caught up with, also of one before the first run.
    for (const { dataset, startDate } of wanted)
      await fixStartDate(ledger, dataset, firstPlannedDay(request, { ...settings, startDate }), startDate);
    await notePaused(ports, settings.pipeline, run, datasets);
    return { plan: { ...HELD_BACK, datasets }, list: [], listKey };
  }
  const plans = await Promise.all(wanted.map((dataset) => planDataset(ledger, request, settings, dataset)));
  const plan = together(plans);
  const adhoc = isAdhoc(request.input);
  const list = plan.windows.map(
    (window): ListedWindow => ({
      ...window,
      dataset: adhoc ? adhocDataset(window.dataset, run) : window.dataset,
      overrides: { columns, filters, format, reportId },
      ...rangeFor(window.day, request, settings),
    }),
  );
  if (dryRun === true) return { plan, list, listKey };
  if (!adhoc)
    for (const { dataset, startDate, configured } of plans)
      await fixStartDate(ledger, dataset, startDate, configured);
  await ports.objects.writeText(listKey, JSON.stringify(list), 'application/json');
  const about = { tenant: ledger.tenant, run, now: ledger.clock.now() };
  const { alreadyCommitted, leftOver, datasets } = plan;
  const pinned = plan.pinned.slice(0, MOST_PINNED_LISTED);
  await notePlan(ledger.table, about, { listKey, alreadyCommitted, leftOver, datasets, pinned });
  return { plan, list, listKey };
}

/** The days that are exported together with a day, where the pipeline does so: those that the input names, cut from its first day on, else the day alone. */
function rangeFor(
  day: Day,
  { input: { from, to } }: ParsedInput,
  { rangeDays }: PlanSettings,
): Pick<ListedWindow, 'range'> {
  if (rangeDays === undefined) return {};
  if (from === undefined || to === undefined || day < from || day >= to)
    return { range: { from: day, days: 1 } };
  return { range: rangeHolding(day, { from, to }, rangeDays) };
}

/** What the schedule's start of a paused pipeline comes to. */
const HELD_BACK: Omit<RunPlan, 'datasets'> = {
  windows: [],
  leftOver: 0,
  alreadyCommitted: 0,
  holes: 0,
  pinned: [],
  paused: true,
};

type DatasetPlan = WindowPlan & { dataset: DatasetId; configured: Day | undefined };

async function planDataset(
  ledger: WindowLedger,
  request: ParsedInput,
  settings: PlanSettings,
  { dataset, startDate }: PlannedDataset,
): Promise<DatasetPlan> {
  const known = await knownWindows(ledger, dataset);
  return { dataset, configured: startDate, ...planWindows(request, { ...settings, startDate }, known) };
}

/** One run's plan of its datasets' plans: by turns, so that one that has much to catch up with does not keep the others waiting. */
function together(plans: readonly DatasetPlan[]): RunPlan {
  const sum = (of: (plan: DatasetPlan) => number) => plans.reduce((total, plan) => total + of(plan), 0);
  const turns = Math.max(0, ...plans.map(({ windows }) => windows.length));
  return {
    windows: Array.from({ length: turns }, (_, turn) =>
      plans.flatMap(({ dataset, windows }) => {
        const window = windows[turn];
        return window === undefined ? [] : [{ dataset, ...window }];
      }),
    ).flat(),
    leftOver: sum(({ leftOver }) => leftOver),
    alreadyCommitted: sum(({ alreadyCommitted }) => alreadyCommitted),
    holes: sum(({ holes }) => holes.length),
    pinned: plans.flatMap(({ dataset, pinned }) => pinned.map((day) => ({ dataset, day }))),
    datasets: plans.map(({ dataset }) => dataset),
    paused: false,
  };
}
