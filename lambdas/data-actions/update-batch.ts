import type { DataActions } from '../cxone/data-actions.ts';
import { BLOCK_MILLISECONDS } from '../cxone/throttling.ts';
import type { EndedUpdate } from '../ledger/action-updates.ts';
import type { Breaker } from '../ledger/breaker.ts';
import { isoInstant } from '../model/days.ts';
import type { ErrorName } from '../model/error-catalogue.ts';
import { CataloguedError, catalogued } from '../model/errors.ts';
import type { ActionId } from '../model/ids.ts';
import type { PlannedUpdate } from '../model/planned-update.ts';
import type { Clock } from '../model/ports.ts';
import type { Progress } from './progress.ts';
import { previewAction, updateAction } from './update-action.ts';

/** Attempts of an update that meets faults. Between them 2, 4, 8, 16 s at the most, full jitter: 30 s in all; after writes 30 s each. */
const ATTEMPTS = 5;
const FIRST_BACK_OFF_MILLISECONDS = 2_000;
const LONGEST_BACK_OFF_MILLISECONDS = 30_000;

/** An update is not begun with less time than this left: four calls that each sleep a minute for their slot, and what is noted of them. */
const UPDATE_MILLISECONDS = 300_000;

/** What a probe finds out is asked for again after this time. */
const PROBE_MILLISECONDS = 5_000;

/** A write whose answer did not come, or was a fault, may still be carried out: it has been by then, or never is. */
const WRITE_ARRIVES_MILLISECONDS = 30_000;

/** Faults that pass: the update is tried again, and tells the breaker when it is given up. */
const PASSING: readonly ErrorName[] = ['ServerFault', 'ConnectionLost', 'ClientBlocked'];

/** Refusals of our access as a whole: the update fails at once, and tells the breaker. */
const OF_OUR_ACCESS: readonly ErrorName[] = ['ScopeMissing', 'TokenRejectedTwice'];

/** What is wrong with one data action or its update: the others are none the worse. */
const OF_THE_ACTION: readonly ErrorName[] = [
  'ActionNotFound',
  'ActionAmbiguous',
  'ActionUnreadable',
  'ActionContended',
  'ActionSuperseded',
  'ActionNotAsWritten',
  'RequestRefused',
  'ResultInaccurate',
];

/** What working a batch off needs of the world. */
export interface BatchPorts {
  dataActions: DataActions;
  ids: ReadonlyMap<string, readonly ActionId[]>;
  progress: Progress;
  breaker: Breaker;
  clock: Clock;
  /** A number from 0 up to, without, 1. */
  random: () => number;
  remainingMilliseconds: () => number;
}

/** Where a batch stands: worked off, or to be gone on with at an instant (epoch milliseconds). */
export type BatchStep = { outcome: 'done' } | { outcome: 'again'; at: number };

/** An update that has not ended, and the instant to try it again at. `turn`: another run is at work on the action. */
interface Later {
  because: 'turn' | 'fault';
  at: number;
}

/**
 * Works a batch of updates off, one after the other, as far as time allows; what has ended is passed over, and what another run is at
 * work on is left for later. One bad update does not stop the others. What is the machine's to handle (`Throttled`, `TokenRejected`) is thrown.
 *
 * @param dryRun reads and compares alone
 */
export async function updateBatch(
  ports: BatchPorts,
  batch: { name: string; updates: readonly PlannedUpdate[]; dryRun: boolean },
): Promise<BatchStep> {
  const turns: number[] = [];
  for (const update of batch.updates) {
    const state = await ports.progress.stateOf(update.index);
    if (state.ended) continue;
    if (ports.remainingMilliseconds() < UPDATE_MILLISECONDS)
      return { outcome: 'again', at: ports.clock.now() };
    const later = await tryUpdate(ports, update, batch);
    if (later?.because === 'fault') return { outcome: 'again', at: later.at };
    if (later !== undefined) turns.push(later.at);
  }
  return turns.length === 0 ? { outcome: 'done' } : { outcome: 'again', at: Math.min(...turns) };
}

/** Tries one update, unless another run is at work on its action. */
async function tryUpdate(
  ports: BatchPorts,
  update: PlannedUpdate,
  about: { name: string; dryRun: boolean },
): Promise<Later | undefined> {
  const { progress } = ports;
  const { index, action } = update;
  const [id, ...others] = ports.ids.get(action) ?? [];
  if (id === undefined || others.length > 0) {
    await progress.end(index, failure(notOne(others.length)));
    return undefined;
  }
  const turnAt = await progress.takeTurn(id);
  if (turnAt !== undefined) return { because: 'turn', at: turnAt };
  let attempt: Attempt = {};
  try {
    // Another invocation may have ended it while this one had not the turn.
    if (!(await progress.stateOf(index)).ended) attempt = await attemptUpdate(ports, update, id, about);
    return attempt.againAt === undefined ? undefined : { because: 'fault', at: attempt.againAt };
  } catch (error) {
    // Of what has no name nobody knows whether a write is under way.
    if (!(error instanceof CataloguedError)) attempt = { freeAt: arrivalOf(ports.clock) };
    throw error;
  } finally {
    await progress.giveTurnBack(id, attempt.freeAt);
  }
}

/** What is left of an attempt, epoch milliseconds each. */
interface Attempt {
  /** When to try again, where a fault may pass. */
  againAt?: number;
  /** When another run may write the action, where a write of ours may be under way. */
  freeAt?: number;
}

/** Makes one attempt at an update, and notes how it ended. */
async function attemptUpdate(
  ports: BatchPorts,
  update: PlannedUpdate,
  id: ActionId,
  about: { name: string; dryRun: boolean },
): Promise<Attempt> {
  const { progress, breaker } = ports;
  const { index } = update;
  try {
    const admission = await breaker.admits(`${about.name}#${index}`);
    if (admission === 'probing') return { againAt: ports.clock.now() + PROBE_MILLISECONDS };
    if (admission === 'open') {
      await progress.end(index, await notTried(breaker));
      return {};
    }
    const end = about.dryRun
      ? await previewAction(ports, update, id)
      : await updateAction({ ...ports, changes: progress }, update, id);
    await breaker.succeeded();
    await progress.holds(id);
    await progress.end(index, end);
    return {};
  } catch (error) {
    if (!(error instanceof CataloguedError)) throw error;
    if (OF_THE_ACTION.includes(error.name)) await progress.end(index, failure(error));
    else if (OF_OUR_ACCESS.includes(error.name)) await giveUp(ports, index, error);
    else if (PASSING.includes(error.name)) return fault(ports, index, error);
    else throw error;
    return {};
  }
}

async function fault(ports: BatchPorts, index: number, error: CataloguedError): Promise<Attempt> {
  const now = ports.clock.now();
  const free = error.facts.call === 'replace' ? { freeAt: arrivalOf(ports.clock) } : {};
  const faults = await ports.progress.fault(index);
  if (faults < ATTEMPTS)
    return { ...free, againAt: Math.max(free.freeAt ?? 0, now + pause(error, faults, ports.random)) };
  await giveUp(ports, index, error);
  return free;
}

/** When a write that is under way now, if any is, has been carried out. */
function arrivalOf(clock: Clock): number {
  return clock.now() + WRITE_ARRIVES_MILLISECONDS;
}

function pause(error: CataloguedError, faults: number, random: () => number): number {
  if (error.name === 'ClientBlocked') return BLOCK_MILLISECONDS;
  const longest = Math.min(LONGEST_BACK_OFF_MILLISECONDS, FIRST_BACK_OFF_MILLISECONDS * 2 ** (faults - 1));
  return Math.ceil(random() * longest);
}

async function giveUp({ breaker, progress }: BatchPorts, index: number, error: CataloguedError) {
  await breaker.failed();
  await progress.end(index, failure(error));
}

function failure(error: CataloguedError): EndedUpdate {
  return { outcome: 'failed', error: error.name, sentence: error.message };
}

async function notTried(breaker: Breaker): Promise<EndedUpdate> {
  const { openUntil } = await breaker.state();
  const { name, message } = catalogued('CircuitOpen', 'Five updates in a row failed before this one.', {
    openUntil: openUntil ?? isoInstant(0),
  });
  return { outcome: 'notTried', error: name, sentence: message };
}

function notOne(others: number): CataloguedError {
  return others === 0
    ? catalogued('ActionNotFound', 'CXone has no data action of exactly this name.')
    : catalogued('ActionAmbiguous', `CXone has ${others + 1} data actions of exactly this name.`);
}
