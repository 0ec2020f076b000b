import { deadDeliveries, listDead, openDelivery, reviveDelivery } from '../../ledger/deliveries.ts';
import { deliveredCommit } from '../../ledger/later-steps.ts';
import type { WindowState } from '../../ledger/window-state.ts';
import { readWindow } from '../../ledger/windows.ts';
import { type Day, isoInstant } from '../../model/days.ts';
import type { BatchLimits, CommitFacts, DeliveryFacts } from '../../model/delivery.ts';
import { catalogued } from '../../model/errors.ts';
import type { DatasetId } from '../../model/ids.ts';
import type { PipelineName } from '../../model/pipelines.ts';
import { type Delivered, type DeliverPorts, deliver } from './deliver.ts';
import { keyOf, recordFiles, type SourcePorts, sourceOf } from './sources.ts';

/** What delivering to the tenant's webhook needs. */
export type WebhookPorts = DeliverPorts &
  SourcePorts & {
    /** Datasets whose records are sent. */
    records: readonly DatasetId[];
    /** Of deliveries that begin now. */
    limits: BatchLimits;
  };

/** What came of a call. */
export type Progress =
  | { outcome: 'done'; delivered: number; dead: number }
  | { outcome: 'again'; at: number };

/**
 * A recorded step of a commit: delivers what a window owes the webhook, and notes in its item what became of it. Only the
 * current commit is delivered: one that was overtaken is superseded. Can be repeated; throws as `deliver` does.
 */
export async function deliverWindow(
  ports: WebhookPorts,
  window: { pipeline: PipelineName; dataset: DatasetId; day: Day },
): Promise<Progress> {
  const state = await readWindow(ports.ledger, window.dataset, window.day);
  if ((state.deliverCommit ?? 0) <= (state.deliveredCommit ?? 0))
    return { outcome: 'done', delivered: 0, dead: 0 };
  return deliverFacts(ports, await commitFacts(ports, window, state));
}

/** Delivers the notice of a failure. */
export async function deliverFacts(ports: WebhookPorts, facts: DeliveryFacts): Promise<Progress> {
  const opened = await openDelivery(ports.ledger, keyOf(facts), { facts, limits: ports.limits });
  const delivered = await deliver(ports, sourceOf(ports, opened));
  if (delivered.outcome === 'again') {
    ports.tally.leave(facts, false);
    return delivered;
  }
  await settle(ports, delivered);
  const { state } = delivered.item;
  if (state === 'dead') ports.tally.leave(facts, true);
  return { outcome: 'done', delivered: state === 'delivered' ? 1 : 0, dead: state === 'dead' ? 1 : 0 };
}

/** Takes up every delivery that has been given up, once a holder, at the batch where it died. */
export async function deliverDead(ports: WebhookPorts): Promise<Progress> {
  let delivered = 0;
  let dead = 0;
  let at = Number.POSITIVE_INFINITY;
  for await (const { key, item } of deadDeliveries(ports.ledger)) {
    if (item.state === 'dead') await reviveDelivery(ports.ledger, key, ports.holder);
    const progress = await deliverFacts(ports, item.facts);
    if (progress.outcome === 'again') at = Math.min(at, progress.at);
    else {
      delivered += progress.delivered;
      dead += progress.dead;
      if (progress.dead === 0) await listDead(ports.ledger, key, false);
    }
  }
  return Number.isFinite(at) ? { outcome: 'again', at } : { outcome: 'done', delivered, dead };
}

async function settle(
  { ledger }: WebhookPorts,
  { item }: Extract<Delivered, { outcome: 'over' }>,
): Promise<void> {
  const { facts, state, batches = 0, records = 0, reason } = item;
  if ((facts.type !== 'records' && facts.type !== 'committed') || state === 'open') return;
  await deliveredCommit(ledger, facts, {
    commit: facts.commit,
    state,
    batches,
    records,
    ...(state === 'dead' && reason !== undefined ? { reason } : {}),
  });
}

async function commitFacts(
  ports: WebhookPorts,
  { pipeline, dataset, day }: { pipeline: PipelineName; dataset: DatasetId; day: Day },
  state: WindowState,
): Promise<CommitFacts> {
  const { generation, facts, commits, replaced, committedAt = 0 } = state;
  if (generation === undefined || facts === undefined)
    throw catalogued('LedgerUnreadable', `${dataset} ${day} is to be delivered without a generation.`);
  const withRecords =
    ports.records.includes(dataset) && (await recordFiles(ports.objects, facts.manifestKey)).length > 0;
  return {
    type: withRecords ? 'records' : 'committed',
    pipeline,
    dataset,
    day,
    commit: commits,
    generation,
    replaces: replaced ?? null,
    committedAt: isoInstant(committedAt),
    rows: facts.rows.rowsOut,
    manifestKey: facts.manifestKey,
  };
}
