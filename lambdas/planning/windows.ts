import { holesIn } from '../ledger/holes.ts';
import { lateRowsUntil } from '../ledger/late-rows.ts';
import { type Day, daysBetween, lastSettledDay, plusDays } from '../model/days.ts';
import type { PlannedDataset, PlannedWindow, PlanningSettings, WindowTask } from '../model/payloads.ts';
import type { ParsedInput, RunInput } from './run-input.ts';

const MINUTE_MILLISECONDS = 60_000;

/** What the ledger says of a dataset's windows, for planning. */
export interface KnownWindows {
  /** Days with a current generation. */
  committed: ReadonlySet<Day>;
  /** Committed days whose commit somebody has left half way. */
  unfinished: ReadonlySet<Day>;
  /** Committed days that were rolled back and pinned. */
  pinned: ReadonlySet<Day>;
  /** When CXone was asked last, epoch milliseconds, for committed days of which late rows were awaited then. */
  lateRowsSince: ReadonlyMap<Day, number>;
  /** The first day that the pipeline exports, where a run has fixed it. */
  startDate: Day | undefined;
}

/** A day of a dataset that a run takes. */
export type TakenDay = Omit<PlannedWindow, 'dataset'>;

/** What a run takes of a dataset, and what it leaves for later ones. */
export interface WindowPlan {
  windows: TakenDay[];
  /** Due as well, but more than `catchUpDays`. */
  leftOver: number;
  /** Asked for by name and there already. */
  alreadyCommitted: number;
  /** The first day of the dataset: fixed by the first run that is planned. */
  startDate: Day;
  /** Uncommitted days before the last committed one. */
  holes: Day[];
  /** Pinned: nothing that a run does moves them. All of them where days are due, so that none is forgotten; else those that the input asks for again. */
  pinned: Day[];
}

/**
 * Which windows of a dataset a run takes: those that the input names, or those that are due. Commits that were left half
 * way come along always.
 */
export function planWindows(
  request: ParsedInput,
  settings: PlanningSettings & Pick<PlannedDataset, 'startDate'>,
  known: KnownWindows,
): WindowPlan {
  const last = lastSettled(request, settings);
  const startDate = firstPlannedDay(request, settings, known.startDate);
  const named = namedDays(request);
  const plan =
    named === undefined ? dueWindows(last, startDate, settings, known) : namedWindows(named, request, known);
  const beginning = { startDate: known.startDate ?? startDate, configuredStart: settings.startDate };
  return { ...plan, startDate, holes: holesIn(known.committed, beginning) };
}

/** The first day that a run would export of a dataset: the configured one, else the one that a run has fixed, else the last settled one. */
export function firstPlannedDay(
  request: ParsedInput,
  settings: PlanningSettings & Pick<PlannedDataset, 'startDate'>,
  fixed?: Day,
): Day {
  return settings.startDate ?? fixed ?? lastSettled(request, settings);
}

function lastSettled({ instant }: ParsedInput, { settleMinutes }: PlanningSettings): Day {
  return lastSettledDay(instant, settleMinutes * MINUTE_MILLISECONDS);
}

function namedDays({ input }: ParsedInput): Day[] | undefined {
  if (input.date !== undefined) return [input.date];
  return input.from !== undefined && input.to !== undefined ? daysBetween(input.from, input.to) : undefined;
}

/** Whether a run asks for something else than what is configured: what it exports is its own, and no window of the lake. */
export function isAdhoc(input: RunInput): boolean {
  return [input.columns, input.filters, input.format, input.reportId].some(
    (override) => override !== undefined,
  );
}

type Taken = Pick<WindowPlan, 'windows' | 'leftOver' | 'alreadyCommitted' | 'pinned'>;

function namedWindows(days: readonly Day[], { input }: ParsedInput, known: KnownWindows): Taken {
  if (isAdhoc(input))
    return {
      windows: days.map((day) => planned(day, 'adhoc')),
      leftOver: 0,
      alreadyCommitted: 0,
      pinned: [],
    };
  const asksAgain = input.refresh === true || input.replay === true;
  const pinned = days.filter((day) => asksAgain && known.pinned.has(day));
  const taken = days.flatMap((day): TakenDay[] => {
    if (pinned.includes(day)) return [];
    // Also where nothing is committed: what CXone gave may be the reason why.
    if (input.refresh === true) return [{ day, task: 'refresh' }];
    if (input.republish === true) return known.committed.has(day) ? [{ day, task: 'republish' }] : [];
    if (input.replay === true) return known.committed.has(day) ? [{ day, task: 'replay' }] : [];
    return known.committed.has(day) ? [] : [{ day, task: 'export' }];
  });
  return {
    windows: [...taken, ...reasserted(known, taken)],
    leftOver: 0,
    alreadyCommitted:
      input.replay === true || input.republish === true ? 0 : days.length - taken.length - pinned.length,
    pinned,
  };
}

/**
 * The last settled day first, since it is awaited; then the days before it that are restated every night; then the oldest that are
 * missing; then days whose late rows were awaited in nights that did not ask for them, or in vain.
 */
function dueWindows(
  last: Day,
  startDate: Day,
  settings: PlanningSettings & Pick<PlannedDataset, 'startDate'>,
  known: KnownWindows,
): Taken {
  const all = daysBetween(startDate, plusDays(last, 1));
  const again = daysBetween(plusDays(last, -settings.restateDays), last).filter((day) =>
    known.committed.has(day),
  );
  const restated = again.filter((day) => !known.pinned.has(day));
  const missing = all.filter((day) => !known.committed.has(day));
  const due = unique([
    ...missing.filter((day) => day === last).map((day) => planned(day, 'export')),
    ...restated.map((day) => planned(day, 'restate')),
    ...missing.map((day) => planned(day, 'export')),
    ...overdueRestatements(last, settings, known).map((day) => planned(day, 'restate')),
  ]);
  const taken = due.slice(0, settings.catchUpDays);
  return {
    windows: [...taken, ...reasserted(known, taken)],
    leftOver: due.length - taken.length,
    alreadyCommitted: due.length === 0 && known.committed.has(last) ? 1 : 0,
    pinned: [...known.pinned].toSorted(),
  };
}

/**
 * Days that no run has asked for since their late rows were to be there: runs failed, or did not start, while it was their turn, or the day was
 * asked for by name before it had settled.
 */
function overdueRestatements(
  last: Day,
  settings: PlanningSettings & Pick<PlannedDataset, 'startDate'>,
  { committed, unfinished, pinned, lateRowsSince }: KnownWindows,
): Day[] {
  const isOverdue = ([day, askedAt]: [Day, number]) =>
    day <= plusDays(last, -settings.restateDays) &&
    askedAt < lateRowsUntil(day, settings) &&
    committed.has(day) &&
    !pinned.has(day) &&
    // Its commit is seen through first: an export that fails must not stand before that night after night.
    !unfinished.has(day) &&
    (settings.startDate === undefined || day >= settings.startDate);
  return [...lateRowsSince]
    .filter(isOverdue)
    .map(([day]) => day)
    .toSorted();
}

function reasserted(known: KnownWindows, taken: readonly TakenDay[]): TakenDay[] {
  const days = new Set(taken.map(({ day }) => day));
  return [...known.unfinished].filter((day) => !days.has(day)).map((day) => planned(day, 'reassert'));
}

function planned(day: Day, task: WindowTask): TakenDay {
  return { day, task };
}

function unique(windows: readonly TakenDay[]): TakenDay[] {
  return windows.filter((window, index) => windows.findIndex(({ day }) => day === window.day) === index);
}
