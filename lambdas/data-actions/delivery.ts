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
  return key === undefined ? deliverRun(ports, run, share) : deliverBatch(ports, run, share, key);
}

async function deliverRun(ports: WebhookPorts, run: RunArn, share: string): Promise<Progress> {
  const { table, tenant } = ports.ledger;
  const report = Report.safeParse(await readOwnReport(table, tenant, run));
  // A run that had nothing to do has nothing to tell.
  if (!report.success) return { outcome: 'done', delivered: 0, dead: 0 };
  return deliverFacts(ports, factsOf('dataActionsUpdated', run, share, report.data));
}

async function deliverBatch(ports: WebhookPorts, run: RunArn, share: string, key: string): Promise<Progress> {
  const { ledger, objects } = ports;
  const told: { index: number; line: unknown }[] = [];
  for (const update of await readBatch(objects, key)) {
    const state = await readUpdate(ledger, run, update.index);
    if (state.outcome !== 'updated') continue;
    // What becomes of the message is no part of it: the same message goes out each time.
    told.push({ index: update.index, line: resultOf(update, { ...state, webhook: undefined }) });
  }
  if (told.length === 0) return { outcome: 'done', delivered: 0, dead: 0 };
  const resultsKey = objectKey({ tenant: ledger.tenant, run }, `webhook/${share}.jsonl`);
  await writeLines(objects, resultsKey, linesOf(told));
  const facts = factsOf('dataActionUpdated', run, share, { updates: { updated: told.length }, resultsKey });
  const progress = await deliverFacts({ ...ports, limits: { ...ports.limits, records: 1 } }, facts);
  if (progress.outcome === 'done')
    for (const { index } of told)
      await noteWebhook(ledger, run, index, progress.dead > 0 ? 'dead' : 'delivered');
  return progress;
}

function factsOf(
  type: UpdatesFacts['type'],
  run: RunArn,
  share: string,
  { updates, resultsKey }: z.infer<typeof Report>,
): UpdatesFacts {
  return { type, pipeline: 'data-action-dates', run, share, updates, resultsKey };
}

async function* linesOf(told: readonly { line: unknown }[]): AsyncGenerator<unknown> {
  for (const { line } of told) yield line;
}
