import { describe, expect, it } from 'vitest';
import { changeArchiveDay } from '../../../lambdas/ledger/archive-days.ts';
import { raiseArchiveMark } from '../../../lambdas/ledger/archive-marks.ts';
import { ListedRun, listRun } from '../../../lambdas/ledger/run-list.ts';
import { holdWindow, type WindowLedger } from '../../../lambdas/ledger/windows.ts';
import { Day, isoInstant, plusDays } from '../../../lambdas/model/days.ts';
import { DatasetId, RunArn } from '../../../lambdas/model/ids.ts';
import { ARCHIVE_DATASET } from '../../../lambdas/model/interactions.ts';
import { PipelineName } from '../../../lambdas/model/pipelines.ts';
import { Deployed } from '../../../lambdas/model/status.ts';
import { tenantStatus } from '../../../lambdas/operations/status.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { claimed, windowLedger } from '../../support/window-ledger.ts';

const ARN = 'arn:aws:states:eu-west-1:000000000000:execution:cxone-export-acme-report-sync:';
const RUN = RunArn.parse(`${ARN}f8576552-4945-4d51-81e9-6170b04be3ef`);

const CDR = Deployed.parse({
  pipelines: ['cdr-export'],
  datasets: [{ dataset: 'cdr', pipeline: 'cdr-export' }],
  breakers: [],
  nightly: [],
});

/** Puts the run on the list, as one that failed so long after its start. */
function listed(ledger: WindowLedger, startedAt: number, milliseconds: number): Promise<void> {
  return listRun(
    ledger.table,
    { tenant: ledger.tenant, now: startedAt + milliseconds },
    ListedRun.parse({
      run: RUN,
      pipeline: 'report-sync',
      outcome: 'FAILED',
      error: 'WindowsFailed',
      startedAt: isoInstant(startedAt),
      milliseconds,
      rowsOut: 0,
      windows: 1,
      failed: 1,
      recordKey: 'runs/record.json',
    }),
  );
}

describe('the status of a tenant with as many reports as it may have', () => {
  it('ALL-17 OPS-08 stays under 64 KiB when a back-fill of all of them has failed, and names the first windows of each', async () => {
    const { ledger, clock } = windowLedger(memoryTable());
    const datasets = Array.from({ length: 50 }, (_, index) =>
      DatasetId.parse(`report_of_a_long_name_${index}`),
    );
    for (const dataset of datasets)
      for (let day = 0; day < 12; day++)
        await claimed(ledger, RUN, { dataset, day: plusDays(Day.parse('2024-03-01'), day) });
    const deployed = Deployed.parse({
      pipelines: ['report-sync'],
      datasets: datasets.map((dataset) => ({ dataset, pipeline: 'report-sync' })),
      breakers: [],
      nightly: [],
    });

    await listed(ledger, clock.now(), 60_000);

    const status = await tenantStatus(ledger, deployed);

    expect(JSON.stringify(status).length).toBeLessThan(64 * 1024);
    for (const { claimed: held, firstClaimed } of status.datasets) {
      expect([held, firstClaimed.length]).toEqual([12, 3]);
      expect(firstClaimed[0]).toMatchObject({ day: '2024-03-01', ended: 'FAILED' });
    }
  });
});

describe('the windows that a run has left', () => {
  it('OPS-08 are told as such while nobody has been heard of after the end of that run', async () => {
    const { ledger, clock } = windowLedger(memoryTable());
    const startedAt = clock.now();
    const claim = await claimed(ledger, RUN);
    const runOf = async () => {
      const { datasets } = await tenantStatus(ledger, CDR);
      return datasets[0]?.firstClaimed.map(({ ended }) => ended);
    };

    const underWay = await runOf();
    clock.set(clock.now() + 60_000);
    await listed(ledger, startedAt, 60_000);
    const failed = await runOf();
    clock.set(clock.now() + 60_000);
    await holdWindow(ledger, claim);
    const redriven = await runOf();

    expect([underWay, failed, redriven]).toEqual([[undefined], ['FAILED'], [undefined]]);
  });
});

describe('the archive', () => {
  it('OPS-08 has its mark in the status and the days of which something is left', async () => {
    const { ledger } = windowLedger(memoryTable());
    const [from, to] = [Date.parse('2024-05-13T00:00:00Z'), Date.parse('2024-05-16T03:00:00Z')];
    const deployed = { ...CDR, pipelines: [PipelineName.parse('interaction-archive')] };
    const before = await tenantStatus(ledger, deployed);
    await raiseArchiveMark(
      ledger,
      { from, to, due: true, listedAt: to, passMilliseconds: 0, interactions: 9 },
      from,
    );
    for (const [day, set] of [
      ['2024-05-13', { marksOpen: false }],
      ['2024-05-14', { marksOpen: true }],
      ['2024-05-15', { looksOpen: true }],
    ] as const) {
      const claim = await claimed(ledger, RUN, { dataset: ARCHIVE_DATASET, day: Day.parse(day) });
      await changeArchiveDay(ledger, claim, set);
    }

    const { archive } = await tenantStatus(ledger, deployed);

    expect(before.archive).toEqual({ openDays: 0, firstOpenDays: [] });
    expect(archive).toEqual({
      loadedThrough: '2024-05-16T03:00:00.000Z',
      openDays: 2,
      firstOpenDays: ['2024-05-14', '2024-05-15'],
    });
    expect((await tenantStatus(ledger, CDR)).archive).toBeUndefined();
  });
});
