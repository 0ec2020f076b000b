import type { Day } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { DatasetId, GenerationId, RunArn, TenantId } from '../model/ids.ts';
import { runName } from '../model/ids.ts';
import type { ClaimedWindow, WindowTask } from '../model/payloads.ts';
import type { Clock, Table } from '../model/ports.ts';
import { type Change, type Clause, conditionalUpdate } from './expressions.ts';
import { windowKey, windowPartition } from './keys.ts';
import { isRegistrantOf } from './registrants.ts';
import { isSettled, owesSteps, type WindowState, windowStateOf } from './window-state.ts';

/** How long a claim lasts without a sign of life: every handler renews it, and no Wait of a healthy child is longer than 10 minutes. */
export const LEASE_MILLISECONDS = 45 * 60_000;

/**
 * Windows that are read side by side where a run's whole list is: a year of fifty reports is 18,300 windows, which take a few
 * milliseconds each.
 */
export const READS_AT_ONCE = 16;

/** Times that a claim is tried again when another writer comes between reading and writing. */
const CLAIM_TRIES = 8;

/** Whose windows are meant, and with what. */
export interface WindowLedger {
  table: Table;
  tenant: TenantId;
  clock: Clock;
}

/** What came of a claim. */
export type ClaimOutcome =
  | { outcome: 'claimed'; epoch: number; task: WindowTask; attempt?: number }
  | { outcome: 'alreadyCommitted'; generation: GenerationId }
  | { outcome: 'alreadyRunning'; owner: RunArn }
  | { outcome: 'pinned'; generation: GenerationId };

/** The window as the ledger has it now. */
export async function readWindow(ledger: WindowLedger, dataset: DatasetId, day: Day): Promise<WindowState> {
  const key = windowKey(ledger.tenant, dataset, day);
  return windowStateOf(key, await ledger.table.get(key));
}

/** All windows of a dataset that the ledger knows, by day; from a day on, if given. */
export async function* readWindows(
  ledger: WindowLedger,
  dataset: DatasetId,
  from?: Day,
): AsyncIterable<WindowState> {
  const pk = windowPartition(ledger.tenant, dataset);
  for await (const item of ledger.table.query(pk, from === undefined ? {} : { from }))
    yield windowStateOf({ pk, sk: String(item.sk) }, item);
}

/**
 * Claims a window for a run. The run that holds it takes it again with a higher epoch; another takes over when the holder
 * has ended or its lease is over. Throws `LedgerContended` when other writers keep coming between.
 * @param hasEnded whether a run's execution has ended
 */
export async function claimWindow(
  ledger: WindowLedger,
  request: { run: RunArn; dataset: DatasetId; day: Day; task: WindowTask },
  hasEnded: (run: RunArn) => Promise<boolean>,
): Promise<ClaimOutcome> {
  for (let tries = 0; tries < CLAIM_TRIES; tries++) {
    const state = await readWindow(ledger, request.dataset, request.day);
    if (state.generation !== undefined && isDone(state, request.run, request.task))
      return { outcome: 'alreadyCommitted', generation: state.generation };
    if (state.generation !== undefined && isPinnedAgainst(state, request.task))
      return { outcome: 'pinned', generation: state.generation };
    const holder = state.claimedBy;
    const mine = holder === undefined || holder === request.run || state.leaseUntil <= ledger.clock.now();
    if (!mine && !(await hasEnded(holder))) return { outcome: 'alreadyRunning', owner: holder };
    const epoch = state.epoch + 1;
    const claimed = await ledger.table.update(
      windowKey(ledger.tenant, request.dataset, request.day),
      conditionalUpdate(
        { set: { claimedBy: request.run, epoch, leaseUntil: ledger.clock.now() + LEASE_MILLISECONDS } },
        [
          // Of two that saw the same state one claims; the other reads again.
          state.epoch === 0
            ? { attribute: 'epoch', is: 'absent' }
            : { attribute: 'epoch', is: '=', value: state.epoch },
        ],
      ),
    );
    if (claimed !== 'conditionFailed')
      return {
        outcome: 'claimed',
        epoch,
        task: taskFor(state, request.run, request.task),
        ...(request.task === 'replay' ? { attempt: state.sourceAttempt ?? state.attempt } : {}),
      };
  }
  throw catalogued(
    'LedgerContended',
    `The claim of ${request.dataset} ${request.day} kept losing to other writers.`,
  );
}

/** Whether the window is pinned to its generation, and the task would replace that. */
export function isPinnedAgainst(state: WindowState, task: WindowTask): boolean {
  return state.pinned && (task === 'export' || task === 'refresh' || task === 'restate' || task === 'replay');
}

/** Whether nothing is left to do for this run: committed and seen through by itself, or by others where it need not ask CXone again. */
export function isDone(state: WindowState, run: RunArn, task: WindowTask): boolean {
  if (state.generation === undefined) return false;
  const registered = [...state.registrants].some((entry) => isRegistrantOf(entry, run));
  if (state.publishedBy === run && !registered && !owesSteps(state)) return true;
  const asksAgain = task !== 'export' && task !== 'reassert';
  return !asksAgain && isSettled(state);
}

/** A commit that was left half way is finished before anything else; a window without one cannot be re-asserted and is exported. */
function taskFor(state: WindowState, run: RunArn, task: WindowTask): WindowTask {
  // The steps are those of a commit that was left: nothing is made, and nobody asks CXone.
  if (task === 'republish') return 'reassert';
  const leftHalfWay = state.generation !== undefined && !isSettled(state);
  if (task === 'export' && leftHalfWay) return 'reassert';
  if (
    (task === 'refresh' || task === 'restate' || task === 'replay') &&
    leftHalfWay &&
    state.committedBy === run
  )
    return 'reassert';
  return task === 'reassert' && state.generation === undefined ? 'export' : task;
}

/**
 * Changes a claimed window and renews its lease. Throws `ClaimLost` when the claim is no longer this run's.
 * @param clauses further conditions; when one of them fails the result is `'conditionFailed'`
 */
export async function changeClaimed(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  change: Change,
  clauses: readonly Clause[] = [],
): Promise<WindowState | 'conditionFailed'> {
  const key = windowKey(ledger.tenant, claim.dataset, claim.day);
  const leased = { ...change, set: { ...change.set, leaseUntil: ledger.clock.now() + LEASE_MILLISECONDS } };
  const written = await ledger.table.update(
    key,
    conditionalUpdate(leased, [
      // Another run may have taken the window over while this one slept.
      { attribute: 'claimedBy', is: '=', value: claim.run },
      // A redrive of this very run may have claimed it anew: its older child must not write any more.
      { attribute: 'epoch', is: '=', value: claim.epoch },
      ...clauses,
    ]),
  );
  if (written !== 'conditionFailed') return windowStateOf(key, written);
  assertHeld(await readWindow(ledger, claim.dataset, claim.day), claim);
  return 'conditionFailed';
}

/** Gives a claimed window free: another run need not wait for this one to end. Throws `ClaimLost`. */
export async function releaseWindow(ledger: WindowLedger, claim: ClaimedWindow): Promise<void> {
  const written = await ledger.table.update(
    windowKey(ledger.tenant, claim.dataset, claim.day),
    conditionalUpdate({ set: { leaseUntil: 0 } }, [
      // Somebody who has taken the window over holds it for himself.
      { attribute: 'claimedBy', is: '=', value: claim.run },
      { attribute: 'epoch', is: '=', value: claim.epoch },
    ]),
  );
  if (written === 'conditionFailed') assertHeld(await readWindow(ledger, claim.dataset, claim.day), claim);
}

/** Renews the lease and gives the window's state. Throws `ClaimLost`. */
export async function holdWindow(ledger: WindowLedger, claim: ClaimedWindow): Promise<WindowState> {
  const state = await changeClaimed(ledger, claim, {});
  if (state !== 'conditionFailed') return state;
  throw catalogued('LedgerContended', `The lease of ${claim.dataset} ${claim.day} could not be renewed.`);
}

function assertHeld(state: WindowState, claim: ClaimedWindow): void {
  if (state.claimedBy === claim.run && state.epoch === claim.epoch) return;
  const holder = state.claimedBy === undefined ? 'nobody' : runName(state.claimedBy);
  throw catalogued('ClaimLost', `${claim.dataset} ${claim.day} is no longer claimed by this child.`, {
    holder,
    epoch: state.epoch,
    ours: claim.epoch,
  });
}
