import { z } from 'zod';
import { rangesListKey } from '../lake/keys.ts';
import { type RangeState, readRange } from '../ledger/ranges.ts';
import { noteOwnReport } from '../ledger/run-notes.ts';
import type { WindowState } from '../ledger/window-state.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { DatasetId, RunArn } from '../model/ids.ts';
import type { ListedWindow, WindowTask } from '../model/payloads.ts';
import type { PipelineName } from '../model/pipelines.ts';
import type { ObjectStore } from '../model/ports.ts';
import { ListedRange, WindowList } from '../model/range-payloads.ts';
import { type DayRange, halfHolding } from '../model/ranges.ts';

/** The range that a window was planned in: one of the day alone where the plan names none. */
export function plannedRange({ day, range }: Pick<ListedWindow, 'day' | 'range'>): DayRange {
  return range ?? { from: day, days: 1 };
}

/** Windows gathered by their ranges, in the order of the list. */
export function rangesOf(windows: readonly ListedWindow[]): ListedRange[] {
  const found = new Map<string, ListedRange>();
  for (const window of windows) {
    const { from, days } = plannedRange(window);
    const name = nameOf({ dataset: window.dataset, day: from, days });
    const listed = found.get(name) ?? {
      dataset: window.dataset,
      day: from,
      days,
      task: window.task,
      load: false,
      overrides: window.overrides,
      windows: [],
    };
    listed.windows.push({ day: window.day, task: window.task });
    found.set(name, { ...listed, ...taskWith(listed, window.task) });
  }
  return [...found.values()];
}

const EXPORTED: ReadonlySet<WindowTask> = new Set(['export', 'refresh', 'restate', 'adhoc']);

/** Whether a window's task begins with an export by CXone; others take what is stored. */
export function asksCxone(task: WindowTask): boolean {
  return EXPORTED.has(task);
}

/** A range whose windows all have a commit to be finished, or are transformed once more, needs no export. */
function taskWith({ task, load }: ListedRange, added: WindowTask): Pick<ListedRange, 'task' | 'load'> {
  if (!asksCxone(added)) return { task, load };
  return { task: asksCxone(task) ? task : added, load: true };
}

function nameOf({ dataset, day, days }: Pick<ListedRange, 'dataset' | 'day' | 'days'>): string {
  return `${dataset} ${day} ${days}`;
}

/** Reads ranges of the ledger, each once. */
export class RangeReader {
  private readonly ledger: WindowLedger;
  private readonly states = new Map<string, Promise<RangeState>>();

  constructor(ledger: WindowLedger) {
    this.ledger = ledger;
  }

  /** The range that holds the window's day now: a half, and so on, where CXone found the planned one too large. */
  async current({ dataset, ...window }: ListedWindow): Promise<DayRange> {
    let range = plannedRange(window);
    for (;;) {
      const half = (await this.state(dataset, range)).halvedAt && halfHolding(range, window.day);
      if (!half) return range;
      range = half;
    }
  }

  /** The range's state. */
  state(dataset: DatasetId, range: DayRange): Promise<RangeState> {
    const name = nameOf({ dataset, day: range.from, days: range.days });
    const known = this.states.get(name) ?? readRange(this.ledger, dataset, range);
    this.states.set(name, known);
    return known;
  }

  /** All ranges that were read. */
  all(): Promise<RangeState[]> {
    return Promise.all(this.states.values());
  }
}

/** The run that holds the window, or range, where it is not this one and its lease is not over. */
export function holderElsewhere(
  { claimedBy, leaseUntil }: WindowState,
  run: RunArn,
  now: number,
): RunArn | undefined {
  return claimedBy !== run && leaseUntil > now ? claimedBy : undefined;
}

/** The other run that exports the range that the window is in, where there is one. */
export async function exporterElsewhere(
  ranges: RangeReader,
  window: ListedWindow,
  run: RunArn,
  now: number,
): Promise<RunArn | undefined> {
  if (window.range === undefined) return undefined;
  return holderElsewhere(await ranges.state(window.dataset, await ranges.current(window)), run, now);
}

/**
 * Lists the ranges that a list of windows still needs: all of them at first; after that the halves of those that CXone found
 * too large. What was listed before is not listed again: what failed there is for Reconcile to tell.
 */
export async function listRanges(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  request: { run: RunArn; pipeline: PipelineName; listKey: string; round: number; lists: number },
): Promise<{ ranges: number; rangesKey: string }> {
  const { ledger, objects } = ports;
  const keyOf = (list: number) =>
    rangesListKey(ledger.tenant, request.pipeline, request.run, request.round, list);
  const windows = WindowList.parse(JSON.parse(await objects.readText(request.listKey)));
  const reader = new RangeReader(ledger);
  const current: ListedWindow[] = [];
  for (const window of windows) current.push({ ...window, range: await reader.current(window) });
  const listed = new Set<string>();
  for (let list = 0; list < request.lists; list++)
    for (const range of z.array(ListedRange).parse(JSON.parse(await objects.readText(keyOf(list)))))
      listed.add(nameOf(range));
  const ranges = rangesOf(current).filter((range) => !listed.has(nameOf(range)));
  const rangesKey = keyOf(request.lists);
  await objects.writeText(rangesKey, JSON.stringify(ranges), 'application/json');
  const about = { tenant: ledger.tenant, run: request.run, now: ledger.clock.now() };
  await noteOwnReport(ledger.table, about, reportOf(await reader.all()));
  return { ranges: ranges.length, rangesKey };
}

/** What became of a run's ranges, for its record. */
function reportOf(states: readonly RangeState[]): Record<string, number> {
  const sum = (of: (state: RangeState) => number) => states.reduce((total, state) => total + of(state), 0);
  return {
    exports: sum(({ loadedAt }) => (loadedAt === undefined ? 0 : 1)),
    halvedRanges: sum(({ halvedAt }) => (halvedAt === undefined ? 0 : 1)),
    possibleOrphans: sum(({ orphans }) => orphans),
    pages: sum(({ pages }) => pages),
    records: sum(({ records }) => records),
  };
}
