import { describe, expect, it } from 'vitest';
import { Day, plusDays } from '../../../lambdas/model/days.ts';
import { DatasetId, RunArn } from '../../../lambdas/model/ids.ts';
import { Deployed } from '../../../lambdas/model/status.ts';
import { tenantStatus } from '../../../lambdas/operations/status.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { claimed, windowLedger } from '../../support/window-ledger.ts';

const ARN = 'arn:aws:states:eu-west-1:000000000000:execution:cxone-export-acme-report-sync:';
const RUN = RunArn.parse(`${ARN}f8576552-4945-4d51-81e9-6170b04be3ef`);

describe('the status of a tenant with as many reports as it may have', () => {
  it('ALL-17 OPS-08 stays under 64 KiB when a back-fill of all of them has failed, and names the first windows of each', async () => {
    const { ledger } = windowLedger(memoryTable());
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

    const status = await tenantStatus(ledger, deployed);

    expect(JSON.stringify(status).length).toBeLessThan(64 * 1024);
    for (const { claimed: held } of status.datasets) expect(held[0]?.day).toBe('2024-03-01');
  });
});
