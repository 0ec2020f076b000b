import { describe, expect, it } from 'vitest';
import { metricsOf } from '../../../lambdas/delivery/metrics.ts';
import { RunRecord } from '../../../lambdas/model/run-record.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { recordOf } from '../../support/run-record.ts';
import { windowLedger } from '../../support/window-ledger.ts';

/** What a run of the archive tells of interactions that CXone did not give. */
async function unavailablePercent(
  report: { total: number; notDone?: number; unavailable: Readonly<Record<string, number>> },
  input: unknown = {},
) {
  const { ledger } = windowLedger(memoryTable());
  const told = { notDone: 0, ...report };
  const record = RunRecord.parse({
    ...recordOf('SUCCEEDED', []),
    pipeline: 'interaction-archive',
    input,
    report: told,
  });
  const [ofRun] = await metricsOf(ledger, record);
  return ofRun?.values.InteractionsUnavailablePercent;
}

describe('OPS-03 ARC-02 what the archive was not given', () => {
  it.each([
    ['refused for the first time', { forbidden: 2 }],
    ['not there', { notFound: 2 }],
    ['not closed, though it was listed so', { notClosed: 1, notFound: 1 }],
  ])('OPS-03 counts what is %s', async (_, unavailable) => {
    expect(await unavailablePercent({ total: 10, unavailable })).toBe(20);
  });

  it('OPS-03 leaves out what is known to be so, what was given up, and what was not looked at', async () => {
    const unavailable = { forbidden: 1, stillForbidden: 5, givenUp: 3 };

    expect(await unavailablePercent({ total: 24, notDone: 6, unavailable })).toBe(10);
  });

  it('OPS-03 tells nothing where nothing was looked at, nor of interactions that somebody named', async () => {
    const nothing = await unavailablePercent({ total: 5, unavailable: { stillForbidden: 5 } });
    const named = await unavailablePercent({ total: 1, unavailable: { notFound: 1 } }, { ids: ['slip'] });

    expect([nothing, named]).toEqual([undefined, undefined]);
  });
});
