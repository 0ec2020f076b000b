import { describe, expect, it } from 'vitest';
import { metricsOf } from '../../../lambdas/delivery/metrics.ts';
import { fixStartDate } from '../../../lambdas/ledger/marks.ts';
import { pausePipeline, resumePipeline } from '../../../lambdas/ledger/pauses.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { RunRecord } from '../../../lambdas/model/run-record.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { recordOf } from '../../support/run-record.ts';
import { CDR_DATASET, windowLedger } from '../../support/window-ledger.ts';

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

describe('OPS-03 how far a dataset is behind', () => {
  /** What the run of 2024-05-16 tells of a dataset. */
  async function daysBehind(first: string | undefined, loadedThrough?: string) {
    const { ledger } = windowLedger(memoryTable());
    if (first !== undefined) await fixStartDate(ledger, CDR_DATASET, Day.parse(first));
    const drift = { raised: [], open: 0 };
    const datasets = [{ dataset: CDR_DATASET, drift, ...(loadedThrough && { loadedThrough }) }];
    const record = RunRecord.parse({ ...recordOf('SUCCEEDED', []), datasets });
    return (await metricsOf(ledger, record)).at(-1)?.values.DaysBehind;
  }

  it.each([
    ['its mark', '2024-05-01', '2024-05-14T00:00:00.000Z', 2],
    ['a mark within the day of the run', '2024-05-01', '2024-05-16T03:00:00.000Z', 0],
    ['its first day while nothing is there, be it for weeks', '2024-05-01', undefined, 15],
    ['nothing before its first run', undefined, undefined, undefined],
  ])('OPS-03 counts from %s', async (_, first, loadedThrough, days) => {
    expect(await daysBehind(first, loadedThrough)).toBe(days);
  });
});

describe('OPS-08 for how long data actions have been paused', () => {
  const PIPELINE = 'data-action-dates';

  it('OPS-08 is told in full days by every run, and is over with the first after they were resumed', async () => {
    const { ledger, clock } = windowLedger(memoryTable());
    const record = RunRecord.parse({ ...recordOf('SUCCEEDED', []), pipeline: PIPELINE });
    const told = async () => (await metricsOf(ledger, record))[0]?.values.PausedDays;
    clock.set(Date.parse(record.startedAt) - 3.9 * 86_400_000);

    const before = await told();
    await pausePipeline(ledger, PIPELINE, { by: 'a test', reason: '' });
    const during = await told();
    await resumePipeline(ledger, PIPELINE);

    expect([before, during, await told()]).toEqual([0, 3, 0]);
  });
});
