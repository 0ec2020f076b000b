import { z } from 'zod';
import { failureNoteOf, readNotes } from '../ledger/run-notes.ts';
import { owesSteps, type WindowState } from '../ledger/window-state.ts';
import { isDone, isPinnedAgainst, READS_AT_ONCE, readWindow, type WindowLedger } from '../ledger/windows.ts';
import { catalogued } from '../model/errors.ts';
import type { RunArn } from '../model/ids.ts';
import { ListedWindow, type PlannedWindow } from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';
import { allSideBySide } from '../model/side-by-side.ts';
import { exporterElsewhere, holderElsewhere, RangeReader } from './ranges.ts';

/** Windows that an error's message names; the run's record has all. */
const NAMED_WINDOWS = 20;

/** Where a run stands after its Map. */
export interface Reconciliation {
  committed: number;
  /** Held, or committed and being audited or delivered, by another run that lives: that run will say what becomes of them. */
  alreadyRunning: number;
  /** Rolled back and pinned while the run was under way: left as they are. */
  pinned: number;
  unfinished: ListedWindow[];
}

/** What reconciling reads. */
export interface ReconcilePorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  /** Whether a run's execution has ended. */
  hasEnded(run: RunArn): Promise<boolean>;
}

/**
 * Compares the run's list of windows with the ledger. A window that a run holds which has ended is unfinished like any other, although
 * the lease is not over: nobody is at work on it.
 */
export async function reconcile(
  ports: ReconcilePorts,
  request: { run: RunArn; listKey: string },
): Promise<Reconciliation> {
  const windows = z.array(ListedWindow).parse(JSON.parse(await ports.objects.readText(request.listKey)));
  const ranges = new RangeReader(ports.ledger);
  const ended = new Map<RunArn, Promise<boolean>>();
  const lives = async (holder: RunArn | undefined) => {
    if (holder === undefined) return false;
    const known = ended.get(holder) ?? ports.hasEnded(holder);
    ended.set(holder, known);
    return !(await known);
  };
  const standings = await allSideBySide(windows, READS_AT_ONCE, async (window) => {
    const state = await readWindow(ports.ledger, window.dataset, window.day);
    const now = ports.ledger.clock.now();
    if (isDone(state, request.run, window.task)) return 'committed';
    if (isPinnedAgainst(state, window.task)) return 'pinned';
    const isHeld =
      (await lives(holderElsewhere(state, request.run, now))) ||
      (await lives(finisherElsewhere(state, request.run, window.task))) ||
      (await lives(await exporterElsewhere(ranges, window, request.run, now)));
    if (isHeld) return 'alreadyRunning';
    // The other run may have seen the window through and ended after the window was read.
    const latest = await readWindow(ports.ledger, window.dataset, window.day);
    return isDone(latest, request.run, window.task) ? 'committed' : 'unfinished';
  });
  const count = (standing: (typeof standings)[number]) => standings.filter((one) => one === standing).length;
  return {
    committed: count('committed'),
    alreadyRunning: count('alreadyRunning'),
    pinned: count('pinned'),
    unfinished: windows.filter((_, index) => standings[index] === 'unfinished'),
  };
}

/**
 * The other run that has published the window and still has it audited or delivered: it gave the window free before that. For a
 * task that asks CXone again another run's commit is none of this run's.
 */
function finisherElsewhere(state: WindowState, run: RunArn, task: ListedWindow['task']): RunArn | undefined {
  const asksAgain = task !== 'export' && task !== 'reassert';
  const shown = state.generation !== undefined && state.registrants.size === 0 && owesSteps(state);
  return !asksAgain && shown && state.publishedBy !== run ? state.publishedBy : undefined;
}

/** The error that ends a run with unfinished windows: names each with the error that its child ended with. */
export async function windowsFailed(
  ledger: WindowLedger,
  run: RunArn,
  unfinished: readonly (PlannedWindow & Pick<ListedWindow, 'range'>)[],
) {
  const notes = await readNotes(ledger.table, ledger.tenant, run);
  const listed = unfinished.slice(0, NAMED_WINDOWS).map((window) => {
    const { dataset, day } = window;
    return `${dataset} ${day} ${failureNoteOf(notes, window)?.error || 'without a word'}`;
  });
  const more = unfinished.length > NAMED_WINDOWS ? `, and ${unfinished.length - NAMED_WINDOWS} more` : '';
  return catalogued(
    'WindowsFailed',
    `${unfinished.length} of the run's windows failed: ${listed.join(', ')}${more}.`,
    {
      failed: unfinished.length,
    },
  );
}
