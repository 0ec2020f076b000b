import type { z } from 'zod';
import type { DataActions } from '../cxone/data-actions.ts';
import type { UpdateLedger } from '../ledger/action-updates.ts';
import { type Breaker, breakerKey, createBreaker } from '../ledger/breaker.ts';
import type { UpdateActionsPayload, UpdateActionsResult } from '../model/action-payloads.ts';
import { isoInstant } from '../model/days.ts';
import type { Clock, ObjectStore } from '../model/ports.ts';
import { readActionIds } from './listing.ts';
import { ledgerProgress, previewProgress } from './progress.ts';
import { readBatch } from './run-objects.ts';
import { updateBatch } from './update-batch.ts';

/** What working a run's batch off needs of the world. */
export interface RunBatchPorts {
  ledger: UpdateLedger;
  objects: ObjectStore;
  dataActions: DataActions;
  clock: Clock;
  /** A number from 0 up to, without, 1. */
  random: () => number;
  remainingMilliseconds: () => number;
}

/** Works one batch of a run off, as far as time allows: see `updateBatch`. */
export async function updateRunBatch(
  ports: RunBatchPorts,
  { run, round, dryRun, batch, key, startTime }: z.output<typeof UpdateActionsPayload>,
): Promise<UpdateActionsResult> {
  const { ledger, objects } = ports;
  const owner = { tenant: ledger.tenant, run };
  const updates = await readBatch(objects, key);
  const step = await updateBatch(
    {
      ...ports,
      ids: await readActionIds(objects, owner, round),
      progress: dryRun
        ? await previewProgress(objects, owner, batch)
        : ledgerProgress(
            ledger,
            { run, round, startedAt: startTime === undefined ? undefined : Date.parse(startTime) },
            ports.remainingMilliseconds,
          ),
      breaker: dryRun ? ALWAYS_CLOSED : createBreaker(breakerKey(ledger.tenant, 'dataActions'), ledger),
    },
    { name: run, updates, dryRun },
  );
  return step.outcome === 'done'
    ? { outcome: 'done', updates: updates.length }
    : { outcome: 'again', at: isoInstant(step.at) };
}

/** A dry run writes nothing, and whether others could is not its business. */
const ALWAYS_CLOSED: Breaker = {
  admits: async () => 'admitted',
  succeeded: async () => undefined,
  failed: async () => undefined,
  state: async () => ({ state: 'closed', failuresInARow: 0 }),
};
