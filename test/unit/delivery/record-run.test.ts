import { describe, expect, it } from 'vitest';
import type { MetricSet } from '../../../lambdas/delivery/metrics.ts';
import type { Notice } from '../../../lambdas/delivery/notices.ts';
import { recordRun } from '../../../lambdas/delivery/record-run.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { thrownBy } from '../../support/thrown.ts';
import { runCalled, windowLedger } from '../../support/window-ledger.ts';

const RUN = runCalled('night');
const OUTAGE = catalogued('AwsCallFailed', 'The page cannot be written.');

/** Records a run that failed, with a bucket that takes no object whose key has the ending. */
function prepare(refused: string) {
  const { ledger, clock } = windowLedger(memoryTable());
  const store = memoryObjectStore();
  const notices: Notice[] = [];
  const told: MetricSet[] = [];
  const record = () =>
    recordRun(
      {
        ledger,
        objects: {
          ...store,
          writeText: async (key, ...rest) => {
            if (key.endsWith(refused)) throw OUTAGE;
            return store.writeText(key, ...rest);
          },
        },
        bucket: 'lake',
        notices: { publish: async (notice) => void notices.push(notice) },
        tellMetrics: (sets) => void told.push(...sets),
      },
      {
        run: RUN,
        pipeline: 'cdr-export',
        outcome: 'FAILED',
        execution: {
          run: RUN,
          status: 'FAILED',
          startedAt: clock.now(),
          input: '{}',
          redrives: 0,
          error: 'WindowsFailed',
          cause: '1 window failed.',
        },
      },
    );
  return { record, notices, told, store };
}

describe('a run that has failed', () => {
  it.each(['night.html', 'index.html'])(
    'ALL-10 OPS-03 is told of, in a notice and in metrics, also where %s cannot be written',
    async (page) => {
      const { record, notices, told, store } = prepare(page);

      const error = await thrownBy(record());

      expect(error.message).toBe(OUTAGE.message);
      expect(notices.map(({ subject }) => subject)).toEqual([
        expect.stringContaining('cdr-export WindowsFailed'),
      ]);
      expect(told).toMatchObject([{ values: { RunRecorded: 1, RunSucceeded: 0 } }]);
      expect([...store.objects.keys()].some((key) => key.endsWith('night.json'))).toBe(true);
    },
  );

  it('ALL-11 has its record, its page and the index of runs when nothing is in the way', async () => {
    const { record, notices, store } = prepare('nothing');

    const { recordKey } = await record();

    const keys = [...store.objects.keys()];
    expect(keys[0]).toBe(recordKey);
    expect(keys.filter((key) => key.endsWith('.html'))).toHaveLength(2);
    expect(notices).toHaveLength(1);
  });
});
