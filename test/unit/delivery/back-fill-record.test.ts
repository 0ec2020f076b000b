import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { makeRunRecord } from '../../../lambdas/delivery/run-record.ts';
import { windowPartition } from '../../../lambdas/ledger/keys.ts';
import { notePlan } from '../../../lambdas/ledger/run-notes.ts';
import { Day, plusDays } from '../../../lambdas/model/days.ts';
import { DatasetId } from '../../../lambdas/model/ids.ts';
import { reconcile } from '../../../lambdas/planning/reconcile.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { claimed, runCalled, windowLedger } from '../../support/window-ledger.ts';

const RUN = runCalled('year');
const LIST = 'runs/list.json';
const DATASETS = ['skills', 'queues'].map((name) => DatasetId.parse(name));
const WINDOWS = DATASETS.flatMap((dataset) =>
  Array.from({ length: 50 }, (_, index) => ({ dataset, day: plusDays(Day.parse('2024-01-01'), index) })),
);

/** A back-fill that holds all its windows, over a ledger that counts who reads which window, and how many at once. */
async function prepare() {
  const table = memoryTable();
  const objects = memoryObjectStore();
  const { ledger, clock } = windowLedger(table);
  const list = WINDOWS.map((window) => ({ ...window, task: 'export', overrides: {} }));
  await objects.writeText(LIST, JSON.stringify(list), 'application/json');
  await notePlan(
    table,
    { tenant: ledger.tenant, run: RUN, now: clock.now() },
    { listKey: LIST, alreadyCommitted: 0, leftOver: 0, datasets: DATASETS },
  );
  for (const window of WINDOWS) await claimed(ledger, RUN, { ...window, task: 'export' });
  const partitions = DATASETS.map((dataset) => windowPartition(ledger.tenant, dataset));
  const seen = { reads: 0, mostAtOnce: 0 };
  let atOnce = 0;
  const counting = {
    ...table,
    get: async (key: Parameters<typeof table.get>[0]) => {
      if (partitions.includes(key.pk)) seen.reads += 1;
      atOnce += 1;
      seen.mostAtOnce = Math.max(seen.mostAtOnce, atOnce);
      await turn();
      atOnce -= 1;
      return table.get(key);
    },
  };
  return { ports: { ledger: { ...ledger, table: counting }, objects, hasEnded: async () => true }, seen };
}

describe('a back-fill of many windows', () => {
  it('ALL-11 ALL-16 is recorded with each window read once, sixteen at a time, in the order of its list', async () => {
    const { ports, seen } = await prepare();

    const record = await makeRunRecord(ports, {
      run: RUN,
      pipeline: 'report-sync',
      outcome: 'FAILED',
      execution: undefined,
    });

    expect(record.windows.map(({ dataset, day }) => ({ dataset, day }))).toEqual(WINDOWS);
    expect(seen).toEqual({ reads: WINDOWS.length, mostAtOnce: 16 });
  });

  it('ALL-16 is reconciled with sixteen windows read at a time, in the order of its list', async () => {
    const { ports, seen } = await prepare();

    const { unfinished } = await reconcile(ports, { run: RUN, listKey: LIST });

    expect(unfinished.map(({ dataset, day }) => ({ dataset, day }))).toEqual(WINDOWS);
    expect(seen.mostAtOnce).toBe(16);
  });
});
