import { z } from 'zod';
import { deliverFacts, type Progress, type WebhookPorts } from '../delivery/webhook/window-delivery.ts';
import { noteWebhook, readUpdate } from '../ledger/action-updates.ts';
import { readOwnReport } from '../ledger/run-notes.ts';
import type { UpdatesFacts } from '../model/delivery.ts';
import type { RunArn } from '../model/ids.ts';
import { resultOf } from './reconcile.ts';
import { objectKey, readBatch, writeLines } from './run-objects.ts';

const Report = z.object({ updates: z.record(z.string(), z.number()), resultsKey: z.string() });

/**
 * Tells the tenant's webhook of updates: of each of a batch by itself where a batch is given, else of the run with its sums. What
 * is in place or failed is not told by itself. Can be called again at any time, as `deliver`.
 */
export function deliverUpdates(
  ports: WebhookPorts,
  { run, updates: share, key }: { run: RunArn; updates: string; key?: string | undefined },
): Promise<Progress> {
  return key === undefined ? deliverRun(ports, run, share) : deliverBatch(ports, run, key);
}

async function deliverRun(ports: WebhookPorts, run: RunArn, share: string): Promise<Progress> {
  const { table, tenant } = ports.ledger;
  const report = Report.safeParse(await readOwnReport(table, tenant, run));
  // A run that had nothing to do has nothing to tell.
  if (!report.success) return { outcome: 'done', delivered: 0, dead: 0 };
  return deliverFacts(ports, factsOf('dataActionsUpdated', run, share, report.data));
}

/**
 * Each update has a delivery of its own, called by its place in the run's list: one that the receiver refuses keeps no other back, and
 * what a redrive tells again has the id that it had.
 */
async function deliverBatch(ports: WebhookPorts, run: RunArn, key: string): Promise<Progress> {
  const { ledger, objects } = ports;
  let delivered = 0;
  let dead = 0;
  let at = Number.POSITIVE_INFINITY;
  for (const update of await readBatch(objects, key)) {
    const { index } = update;
    const state = await readUpdate(ledger, run, index);
    if (state.outcome !== 'updated' || state.webhook !== undefined) continue;
    const resultsKey = objectKey({ tenant: ledger.tenant, run }, `webhook/${index}.jsonl`);
    await writeLines(objects, resultsKey, lineOf(resultOf(update, state)));
    const facts = factsOf('dataActionUpdated', run, `update-${index}`, {
      updates: { updated: 1 },
      resultsKey,
    });
    const progress = await deliverFacts({ ...ports, limits: { ...ports.limits, records: 1 } }, facts);
    if (progress.outcome === 'again') {
      at = Math.min(at, progress.at);
      continue;
    }
    delivered += progress.delivered;
    dead += progress.dead;
    await noteWebhook(ledger, run, index, progress.dead > 0 ? 'dead' : 'delivered');
  }
  return Number.isFinite(at) ? { outcome: 'again', at } : { outcome: 'done', delivered, dead };
}

function factsOf(
  type: UpdatesFacts['type'],
  run: RunArn,
  share: string,
  { updates, resultsKey }: z.infer<typeof Report>,
): UpdatesFacts {
  return { type, pipeline: 'data-action-dates', run, share, updates, resultsKey };
}

async function* lineOf(line: unknown): AsyncGenerator<unknown> {
  yield line;
}
