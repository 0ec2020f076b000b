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

/** Attempts of an update that meets faults. Between them 2, 4, 8, 16 s at the most, full jitter: 30 s in all. */
const ATTEMPTS = 5;
const FIRST_BACK_OFF_MILLISECONDS = 2_000;
const LONGEST_BACK_OFF_MILLISECONDS = 30_000;

/** An update is not begun with less time than this left: four calls that each sleep a minute for their slot, and what is noted of them. */
const UPDATE_MILLISECONDS = 300_000;

/** What a probe finds out is asked for again after this time. */
const PROBE_MILLISECONDS = 5_000;

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

/**
 * Works a batch of updates off, one after the other, as far as time allows; what has ended is passed over. One bad update
 * does not stop the others. What is the machine's to handle (`Throttled`, `TokenRejected`) is thrown.
 *
 * @param dryRun reads and compares alone
 */
export async function updateBatch(
  ports: BatchPorts,
  batch: { name: string; updates: readonly PlannedUpdate[]; dryRun: boolean },
): Promise<BatchStep> {
  for (const update of batch.updates) {
    const state = await ports.progress.stateOf(update.index);
    if (state.ended) continue;
    if (ports.remainingMilliseconds() < UPDATE_MILLISECONDS)
      return { outcome: 'again', at: ports.clock.now() };
    const at = await tryUpdate(ports, update, batch);
    if (at !== undefined) return { outcome: 'again', at };
  }
  return { outcome: 'done' };
}

/** Tries one update and notes how it ended; the instant to try again at where a fault may pass. */
async function tryUpdate(
  ports: BatchPorts,
  update: PlannedUpdate,
  about: { name: string; dryRun: boolean },
): Promise<number | undefined> {
  const { progress, breaker } = ports;
  const { index } = update;
  try {
    const id = idOf(ports.ids, update.action);
    const admission = await breaker.admits(`${about.name}#${index}`);
    if (admission === 'probing') return ports.clock.now() + PROBE_MILLISECONDS;
    if (admission === 'open') {
      await progress.end(index, await notTried(breaker));
      return undefined;
    }
    const end = about.dryRun
      ? await previewAction(ports, update, id)
      : await updateAction({ ...ports, changes: progress }, update, id);
    await breaker.succeeded();
    await progress.end(index, end);
    return undefined;
  } catch (error) {
    if (!(error instanceof CataloguedError)) throw error;
    if (OF_THE_ACTION.includes(error.name)) await progress.end(index, failure(error));
    else if (OF_OUR_ACCESS.includes(error.name)) await giveUp(ports, index, error);
    else if (PASSING.includes(error.name)) return fault(ports, index, error);
    else throw error;
    return undefined;
  }
}

async function fault(ports: BatchPorts, index: number, error: CataloguedError): Promise<number | undefined> {
  const faults = await ports.progress.fault(index);
  if (faults < ATTEMPTS) return ports.clock.now() + pause(error, faults, ports.random);
  await giveUp(ports, index, error);
  return undefined;
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

function idOf(ids: BatchPorts['ids'], action: string): ActionId {
  const [id, ...others] = ids.get(action) ?? [];
  if (id === undefined) throw catalogued('ActionNotFound', 'CXone has no data action of exactly this name.');
  if (others.length === 0) return id;
  throw catalogued('ActionAmbiguous', `CXone has ${others.length + 1} data actions of exactly this name.`);
}
