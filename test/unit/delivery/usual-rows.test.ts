import { describe, expect, it } from 'vitest';
import { metricsOf } from '../../../lambdas/delivery/metrics.ts';
import { commitGeneration } from '../../../lambdas/ledger/commits.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { RunRecord } from '../../../lambdas/model/run-record.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { recordOf } from '../../support/run-record.ts';
import {
  CDR_DATASET,
  claimed,
  factsOf,
  generationOf,
  runCalled,
  windowLedger,
} from '../../support/window-ledger.ts';

/** The metric of a run that has committed the days of the last week as the tasks say; the weeks before had 1,000 rows each day. */
async function percentAfter(
  rowsByDay: Readonly<Record<string, number>>,
  tasks: Readonly<Record<string, string>>,
) {
  const { ledger } = windowLedger(memoryTable());
  const before = ['2024-05-01', '2024-05-02', '2024-05-03', '2024-05-08', '2024-05-09', '2024-05-10'];
  const rowsOf = { ...Object.fromEntries(before.map((day) => [day, 1_000])), ...rowsByDay };
  for (const [day, rowsOut] of Object.entries(rowsOf)) {
    const facts = factsOf(generationOf('a'));
    const claim = await claimed(ledger, runCalled('night'), { day: Day.parse(day) });
    await commitGeneration(ledger, claim, { ...facts, rows: { ...facts.rows, rowsOut } });
  }
  const days = Object.keys(tasks).map((day) => [day, 'committed'] as const);
  const record = recordOf('SUCCEEDED', days);
  const windows = record.windows.map((window) => ({ ...window, task: tasks[window.day] }));
  const drift = { raised: [], open: 0 };
  const told = RunRecord.parse({ ...record, windows, datasets: [{ dataset: CDR_DATASET, drift }] });
  return (await metricsOf(ledger, told)).at(-1)?.values.RowsOfUsualPercent;
}

describe('OPS-03 rows compared with what the weekday usually has', () => {
  it('OPS-03 are those of the last day', async () => {
    const percent = await percentAfter({ '2024-05-17': 900 }, { '2024-05-17': 'export' });

    expect(percent).toBe(90);
  });

  it.each([
    ['fewer', { '2024-05-15': 0, '2024-05-16': 1_300, '2024-05-17': 900 }, 0],
    ['more', { '2024-05-15': 1_000, '2024-05-16': 3_000, '2024-05-17': 900 }, 300],
  ])('OPS-03 REP-01 are those of a day that was read again and has far %s', async (_, rows, expected) => {
    const tasks = { '2024-05-15': 'restate', '2024-05-16': 'restate', '2024-05-17': 'export' };

    expect(await percentAfter(rows, tasks)).toBe(expected);
  });

  it('OPS-03 leave out what a back-fill brought before its last day', async () => {
    const rows = { '2024-05-15': 10, '2024-05-17': 1_000 };

    expect(await percentAfter(rows, { '2024-05-15': 'export', '2024-05-17': 'export' })).toBe(100);
  });
});
