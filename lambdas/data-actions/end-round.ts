import type { z } from 'zod';
import type { UpdateLedger } from '../ledger/action-updates.ts';
import { breakerKey, createBreaker } from '../ledger/breaker.ts';
import {
  type ReconcileUpdatesPayload,
  type ReconcileUpdatesResult,
  ShownUpdate,
} from '../model/action-payloads.ts';
import type { RunArn } from '../model/ids.ts';
import type { ObjectStore } from '../model/ports.ts';
import { readPreview } from './progress.ts';
import { reconcileUpdates, updatesFailed } from './reconcile.ts';
import { batchesOf, objectKey, writeBatches, writeLines } from './run-objects.ts';

interface Ports {
  ledger: UpdateLedger;
  objects: ObjectStore;
}

type Result = z.input<typeof ReconcileUpdatesResult>;

/** Characters of a dry run's output: a state holds 256 KiB, ours stay below 64. */
const SHOWN_CHARACTERS = 48 * 1_024;

/**
 * Ends a round of a run: complete where every update is in place, recorded and, where each is, told; else, under a redrive, what is left becomes the next round.
 *
 * @throws UpdatesFailed with the updates that are not in place, where there is no redrive
 */
export async function endRound(
  { ledger, objects }: Ports,
  { run, round, redrive, batchSize, tellsEach }: z.output<typeof ReconcileUpdatesPayload>,
): Promise<Result> {
  const breaker = createBreaker(breakerKey(ledger.tenant, 'dataActions'), ledger);
  const reconciled = await reconcileUpdates({ ledger, objects, breaker }, run, { round, tellsEach });
  const { unfinished, counts, resultsKey } = reconciled;
  if (unfinished.length === 0)
    return { outcome: 'complete', updated: counts.updated, inPlace: counts.inPlace, resultsKey };
  if (redrive <= round) throw updatesFailed(reconciled);
  const left = unfinished.map(({ update }) => update);
  const written = await writeBatches(objects, { tenant: ledger.tenant, run }, redrive, left, batchSize);
  return { outcome: 'again', ...written };
}

/** Puts what a dry run has found together: all of it in an object, and as much as a state may hold in its output. */
export async function showPreview({ ledger, objects }: Ports, run: RunArn): Promise<Result> {
  const owner = { tenant: ledger.tenant, run };
  const shown: ShownUpdate[] = [];
  let characters = 0;
  let updates = 0;
  async function* lines() {
    for await (const batch of batchesOf(objects, owner, 0)) {
      const found = new Map(
        (await readPreview(objects, owner, batch.batch)).map((preview) => [preview.index, preview]),
      );
      for (const update of batch.updates) {
        const { outcome = 'notTried', before, after, error } = found.get(update.index) ?? {};
        const line = ShownUpdate.parse({
          index: update.index,
          action: update.action,
          outcome,
          ...(before === undefined ? {} : { before: JSON.parse(before) }),
          ...(after === undefined ? {} : { after: JSON.parse(after) }),
          localValue: update.localValue,
          ...(error === undefined ? {} : { error }),
        });
        updates += 1;
        characters += JSON.stringify(line).length;
        if (characters <= SHOWN_CHARACTERS) shown.push(line);
        yield line;
      }
    }
  }
  const resultsKey = objectKey(owner, 'preview.jsonl');
  await writeLines(objects, resultsKey, lines());
  return { outcome: 'shown', shown, updates, resultsKey };
}
