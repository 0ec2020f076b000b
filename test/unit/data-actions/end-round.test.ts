import { describe, expect, it } from 'vitest';
import { endRound } from '../../../lambdas/data-actions/end-round.ts';
import { writeBatches } from '../../../lambdas/data-actions/run-objects.ts';
import { noteAudit, noteEnd, noteWebhook } from '../../../lambdas/ledger/action-updates.ts';
import { RunArn, TenantId } from '../../../lambdas/model/ids.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { plannedUpdate } from '../../support/fake-data-actions.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { thrownBy } from '../../support/thrown.ts';

const run = RunArn.parse('arn:aws:states:eu-west-1:123456789012:execution:acme-data-action-dates:run');

/** A run of two updates, made and recorded, of which the webhook has heard of as many as are given. */
async function prepare(told: readonly ('delivered' | 'dead')[]) {
  const tenant = TenantId.parse('acme');
  const ledger = { table: memoryTable(), tenant, clock: fakeClock('2024-05-16T03:30:00.000Z') };
  const objects = memoryObjectStore();
  const updates = [plannedUpdate(), plannedUpdate({ action: 'b' }, 1)];
  await writeBatches(objects, { tenant, run }, 0, updates, 25);
  for (const { index } of updates) {
    await noteEnd(ledger, run, index, 0, { outcome: 'updated', before: 'null', after: 'null' });
    await noteAudit(ledger, run, index, index + 1);
    const webhook = told[index];
    if (webhook !== undefined) await noteWebhook(ledger, run, index, webhook);
  }
  return (redrive: number, tellsEach: boolean) =>
    endRound({ ledger, objects }, { run, round: 0, dryRun: false, batchSize: 25, redrive, tellsEach });
}

describe('ACT-07 ALL-13 the end of a run whose updates are made and recorded', () => {
  it.each([
    ['the webhook is told of the run alone', [], false],
    ['the webhook has heard of each, or its message was given up', ['delivered', 'dead'], true],
  ] as const)('is good where %s', async (_, told, tellsEach) => {
    const end = await prepare(told);

    expect(await end(0, tellsEach)).toMatchObject({ outcome: 'complete', updated: 2 });
  });

  it('is bad, and another round under a redrive, where the webhook has not heard of one', async () => {
    const end = await prepare(['delivered']);

    const error = await thrownBy(end(0, true));
    const again = await end(1, true);

    expect([error.name, error.message]).toEqual(['UpdatesFailed', expect.stringContaining('[1] b')]);
    expect(again).toMatchObject({ outcome: 'again', updates: 1 });
  });
});
