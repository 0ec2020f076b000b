import type { z } from 'zod';
import { costOf } from '../delivery/cost.ts';
import type { UpdateLedger } from '../ledger/action-updates.ts';
import { noteOwnReport } from '../ledger/run-notes.ts';
import type { PlanUpdatesPayload, PlanUpdatesResult } from '../model/action-payloads.ts';
import type { ObjectStore } from '../model/ports.ts';
import { isHeldBack, notePaused } from '../planning/paused.ts';
import { readRequest } from './run-input.ts';
import { writeBatches } from './run-objects.ts';

/** Calls of an update where CXone numbers no versions: read, read again, write, read back. */
const CALLS_OF_UPDATE = 4;

/** Calls in a minute that the limiter lets through where nothing is documented: 95 % of 60. */
const CALLS_A_MINUTE = 57;

/**
 * Usage of one update, as a traced run shows it: a share of a function that waits for four slots of about a second with a quarter
 * of a gigabyte, the ledger's writes for limiter, progress and audit, and the objects of the audit chain.
 */
const UPDATE_USAGE = {
  stateTransitions: 0.3,
  gigabyteSeconds: 1.1,
  functionCalls: 0.05,
  ledgerReads: 17,
  ledgerWrites: 15,
  objectWrites: 1.2,
  // Every call opens its token.
  keyCalls: 4.2,
};

/**
 * Plans a run: validates the whole input, computes every update, and leaves them as batches for the Map. Planning again for
 * the same run overwrites them with the same.
 *
 * @throws InputRefused with every problem
 */
export async function planUpdates(
  ports: { ledger: UpdateLedger; objects: ObjectStore },
  { run, startTime, input, settings }: z.output<typeof PlanUpdatesPayload>,
): Promise<z.input<typeof PlanUpdatesResult>> {
  const { ledger, objects } = ports;
  const { tenant } = ledger;
  const request = await readRequest({ objects, tenant }, input, startTime, settings.updates);
  const { dryRun } = request;
  const paused = await isHeldBack(ledger, 'data-action-dates', request);
  const updates = paused ? [] : request.updates;
  const written = await writeBatches(objects, { tenant, run }, 0, updates, settings.batchSize);
  if (paused) await notePaused(ports, 'data-action-dates', run, []);
  else if (!dryRun)
    await noteOwnReport(
      ledger.table,
      { tenant, run, now: ledger.clock.now() },
      { updates: { planned: updates.length } },
    );
  return { ...written, dryRun, paused, estimate: estimateOf(updates.length) };
}

/** What so many updates come to at the most, without repeats and without the list of actions. */
function estimateOf(updates: number) {
  const calls = updates * CALLS_OF_UPDATE;
  const costUsd = Math.round(updates * costOf(UPDATE_USAGE) * 1_000_000) / 1_000_000;
  return { calls, minutes: Math.ceil(calls / CALLS_A_MINUTE), costUsd };
}
