import type { OwedEntry } from '../model/audit.ts';
import type { Day } from '../model/days.ts';
import type { WindowDelivery } from '../model/delivery.ts';
import type { DatasetId } from '../model/ids.ts';
import type { PipelineName } from '../model/pipelines.ts';
import { type Clause, conditionalUpdate } from './expressions.ts';
import { windowKey } from './keys.ts';
import { readWindow, type WindowLedger } from './windows.ts';

/*
 * The steps of a commit after the marks: audit and delivery. The commit itself notes in the window's item that they are owed;
 * here they are crossed off. Neither needs the window's claim: both may be done by whoever comes by.
 */

/** Notes that the audit record of a commit, or of a step of an archive day, is made: the window no longer owes it. */
export async function recordedCommit(
  ledger: WindowLedger,
  { dataset, day }: Pick<OwedEntry, 'dataset' | 'day'>,
  record: { pipeline: PipelineName; sequence: number; text: string },
): Promise<void> {
  const key = windowKey(ledger.tenant, dataset, day);
  await ledger.table.update(
    key,
    conditionalUpdate({ set: { auditSequence: record.sequence, auditPipeline: record.pipeline } }, [
      // It is a witness of how long the chain has been: never lowered.
      lessThan('auditSequence', record.sequence),
    ]),
  );
  await ledger.table.update(key, conditionalUpdate({ take: { unaudited: new Set([record.text]) } }));
}

/** Notes what became of the delivery of a commit: the window no longer owes it, nor that of an earlier one. */
export async function deliveredCommit(
  ledger: WindowLedger,
  { dataset, day }: { dataset: DatasetId; day: Day },
  delivery: WindowDelivery,
): Promise<void> {
  await ledger.table.update(
    windowKey(ledger.tenant, dataset, day),
    conditionalUpdate({ set: { delivery, deliveredCommit: delivery.commit } }, [
      // A delivery that ends late says nothing of a later commit's.
      lessThan('deliveredCommit', delivery.commit + 1),
    ]),
  );
}

/** Takes back what a window owes a webhook that is there no more. */
export async function withdrawDelivery(
  ledger: WindowLedger,
  window: { dataset: DatasetId; day: Day },
): Promise<void> {
  const state = await readWindow(ledger, window.dataset, window.day);
  const { deliverCommit = 0, deliveredCommit: delivered = 0 } = state;
  if (deliverCommit <= delivered) return;
  await deliveredCommit(ledger, window, {
    commit: deliverCommit,
    state: 'withdrawn',
    batches: 0,
    records: 0,
  });
}

function lessThan(attribute: string, value: number): Clause {
  return {
    any: [
      { attribute, is: 'absent' },
      { attribute, is: '<', value },
    ],
  };
}
