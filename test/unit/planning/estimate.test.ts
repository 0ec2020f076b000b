import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costOf } from '../../../lambdas/delivery/cost.ts';
import { usageOfRun } from '../../../lambdas/delivery/usage.ts';
import { type ListedRun, listRun } from '../../../lambdas/ledger/run-list.ts';
import { estimateOf, recentHistory } from '../../../lambdas/planning/estimate.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { runCalled, windowLedger } from '../../support/window-ledger.ts';

const exports = (exported: number, ranges = 0) => ({ exported, ranges, replayed: 0, shown: 0 });
const NONE = { runs: 0, windows: 0, calls: 0, costUsd: 0 };

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

/** A run of five windows that succeeded with 60 calls for 50 cents. */
function listedRun(name: string, change: Partial<ListedRun> = {}): ListedRun {
  return {
    run: runCalled(name),
    pipeline: 'cdr-export',
    outcome: 'SUCCEEDED',
    error: '',
    startedAt: `2024-05-16T03:30:00.000Z-${name}`,
    milliseconds: 1,
    rowsOut: 1,
    windows: 5,
    failed: 0,
    done: 5,
    calls: 60,
    costUsd: 0.5,
    recordKey: 'runs/record.json',
    nightly: true,
    ...change,
  };
}

async function history(runs: readonly ListedRun[]) {
  const { ledger } = windowLedger(test.table);
  const about = { tenant: ledger.tenant, now: ledger.clock.now() };
  for (const run of runs) await listRun(ledger.table, about, run);
  return recentHistory(ledger, 'cdr-export');
}

describe('ALL-14 the estimate of a plan', () => {
  it('follows from what the pipeline’s windows have come to so far', async () => {
    const known = await history([listedRun('one'), listedRun('two', { done: 1, calls: 30, costUsd: 0.1 })]);

    expect(estimateOf('cdr-export', exports(3), known)).toEqual({ calls: 45, costUsd: 0.3, fromRuns: 2 });
  });

  it('leaves out other pipelines, failures, runs without anything to do, replays, and runs of releases that kept no costs', async () => {
    const known = await history([
      listedRun('one'),
      listedRun('other', { pipeline: 'analytics-export', calls: 9_000 }),
      listedRun('failed', { outcome: 'FAILED', calls: 9_000 }),
      listedRun('idle', { done: 0, calls: 1 }),
      listedRun('old', { calls: 0, costUsd: 0 }),
      listedRun('replay', { calls: 0, done: 365, costUsd: 0.2 }),
    ]);

    expect(known).toEqual({ runs: 1, windows: 5, calls: 60, costUsd: 0.5 });
  });

  it('is that of an ordinary run where there is no history, and grows with windows and ranges', () => {
    const one = estimateOf('cdr-export', exports(1), NONE);
    const ten = estimateOf('cdr-export', exports(10), NONE);
    const ranged = estimateOf('analytics-export', exports(10, 2), NONE);
    const inOne = estimateOf('analytics-export', exports(10, 1), NONE);

    expect(one).toMatchObject({ calls: 19, fromRuns: 0 });
    expect(ten.calls).toBe(181);
    const ofRun = costOf(usageOfRun(1));
    expect(ten.costUsd - ofRun).toBeCloseTo(10 * (one.costUsd - ofRun), 5);
    expect(ranged.calls).toBeGreaterThan(inOne.calls);
  });

  it.each([NONE, { runs: 1, windows: 5, calls: 60, costUsd: 0.5 }])(
    'is nothing for no windows: %o',
    (known) => {
      expect(estimateOf('cdr-export', exports(0), known)).toMatchObject({ calls: 0, costUsd: 0 });
    },
  );
});
