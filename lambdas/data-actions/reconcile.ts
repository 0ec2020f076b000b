import {
  isUntold,
  owesAudit,
  readUpdates,
  type UpdateLedger,
  type UpdateState,
} from '../ledger/action-updates.ts';
import type { Breaker } from '../ledger/breaker.ts';
import { noteOf, noteOwnReport, readNotes } from '../ledger/run-notes.ts';
import { catalogued } from '../model/errors.ts';
import type { RunArn } from '../model/ids.ts';
import type { PlannedUpdate } from '../model/planned-update.ts';
import type { ObjectStore } from '../model/ports.ts';
import { batchesOf, objectKey, writeLines } from './run-objects.ts';

/** Updates that an error's message and a run's record name; the results have all. */
const NAMED_UPDATES = 20;

/** How an update stands that no item is kept of. */
const NOTHING_NOTED = { round: 0, times: 0, faults: 0, faultRound: 0 };

/** How often each outcome came. */
export type OutcomeCounts = Record<'updated' | 'inPlace' | 'failed' | 'notTried', number>;

/** Where a run stands after its Map. */
export interface UpdatesReconciled {
  counts: OutcomeCounts;
  unfinished: { update: PlannedUpdate; state: UpdateState }[];
  resultsKey: string;
}

/** What reconciling needs of the world. */
export interface ReconcilePorts {
  ledger: UpdateLedger;
  objects: ObjectStore;
  breaker: Breaker;
}

/** Compares the run's list with the ledger, writes every update's result, and notes the sums for the run's record. */
export async function reconcileUpdates(
  ports: ReconcilePorts,
  run: RunArn,
  { round, tellsEach }: { round: number; tellsEach: boolean },
): Promise<UpdatesReconciled> {
  const { ledger, objects } = ports;
  const owner = { tenant: ledger.tenant, run };
  const states = new Map<number, UpdateState>();
  for await (const state of readUpdates(ledger, run)) states.set(state.index, state);
  const errors = await batchErrors(ports, run, round);
  const isLeft = (state: UpdateState) => owesAudit(state) || (tellsEach && isUntold(state));
  const counts: OutcomeCounts = { updated: 0, inPlace: 0, failed: 0, notTried: 0 };
  const unfinished: UpdatesReconciled['unfinished'] = [];
  async function* results() {
    for await (const { updates } of batchesOf(objects, owner, 0))
      for (const update of updates) {
        const known = states.get(update.index) ?? { index: update.index, ...NOTHING_NOTED };
        // One that has not come to its end has the error of its batch.
        const unended = known.outcome === undefined || isLeft(known);
        const state = unended ? { ...known, ...errors.get(update.index) } : known;
        const { outcome = 'notTried' } = state;
        counts[outcome] += 1;
        if (outcome === 'failed' || outcome === 'notTried' || isLeft(state))
          unfinished.push({ update, state });
        yield resultOf(update, state);
      }
  }
  const resultsKey = objectKey(owner, 'results.jsonl');
  await writeLines(objects, resultsKey, results());
  await noteOwnReport(
    ledger.table,
    { tenant: ledger.tenant, run, now: ledger.clock.now() },
    {
      updates: { ...counts },
      unfinished: unfinished.slice(0, NAMED_UPDATES).map(named),
      breaker: { ...(await ports.breaker.state()) },
      resultsKey,
    },
  );
  return { counts, unfinished, resultsKey };
}

/** Errors that ended whole batches of a round, by the places of their updates: those have none of their own. */
async function batchErrors(
  { ledger, objects }: ReconcilePorts,
  run: RunArn,
  round: number,
): Promise<Map<number, { error: string; sentence: string }>> {
  const owner = { tenant: ledger.tenant, run };
  const notes = await readNotes(ledger.table, ledger.tenant, run);
  const errors = new Map<number, { error: string; sentence: string }>();
  for await (const { batch, updates } of batchesOf(objects, owner, round)) {
    const note = noteOf(notes, { unit: `batch ${round}.${batch}` });
    if (!note?.error) continue;
    for (const { index } of updates) errors.set(index, { error: note.error, sentence: note.sentence });
  }
  return errors;
}

/** The error that ends a run with unfinished updates: names each with its own error. */
export function updatesFailed({ unfinished, resultsKey }: UpdatesReconciled) {
  const listed = unfinished
    .slice(0, NAMED_UPDATES)
    .map(({ update, state }) => `[${update.index}] ${update.action} ${state.error ?? 'NotTried'}`);
  const left = unfinished.length - listed.length;
  const more = left === 0 ? '' : `, and ${left} more`;
  return catalogued(
    'UpdatesFailed',
    `${unfinished.length} of the run's updates are not made, recorded and told: ${listed.join(', ')}${more}. All results: ${resultsKey}.`,
    { failed: unfinished.length },
  );
}

function named({ update, state }: UpdatesReconciled['unfinished'][number]) {
  return { index: update.index, action: update.action, error: state.error ?? 'NotTried' };
}

/** One line of a run's results. */
export function resultOf(update: PlannedUpdate, state: UpdateState) {
  const { before, after } = state;
  return {
    index: update.index,
    action: update.action,
    outcome: state.outcome ?? 'notTried',
    timestamp: update.timestamp,
    zone: update.zone,
    operation: update.operation,
    offsetMinutes: update.offsetMinutes,
    arithmetic: update.arithmetic,
    precision: update.precision,
    truncated: update.truncated,
    computedValue: update.computedValue,
    localValue: update.localValue,
    before: before === undefined ? undefined : JSON.parse(before),
    after: after === undefined ? undefined : JSON.parse(after),
    changedSince: state.changedSince,
    madeBy: state.madeBy,
    latencyMilliseconds: state.latencyMilliseconds,
    accuracyMilliseconds: state.accuracyMilliseconds,
    auditSequence: state.auditSequence,
    webhook: state.webhook,
    error: state.error,
    sentence: state.sentence,
  };
}
