import { describe, expect, it } from 'vitest';
import type { MetricSet } from '../../../lambdas/delivery/metrics.ts';
import type { Notice } from '../../../lambdas/delivery/notices.ts';
import { recordRun } from '../../../lambdas/delivery/record-run.ts';
import type { RecordRequest } from '../../../lambdas/delivery/run-record.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import type { ExecutionFacts } from '../../../lambdas/model/ports.ts';
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
  const past: string[] = [];
  const execution: ExecutionFacts = {
    run: RUN,
    status: 'FAILED',
    startedAt: clock.now(),
    input: '{}',
    redrives: 0,
    error: 'WindowsFailed',
    cause: '1 window failed.',
  };
  /** Records the run, of which Step Functions says the one after the other, and the last again and again. */
  const record = (
    changes: Partial<Omit<RecordRequest, 'execution'>> = {},
    ...described: (ExecutionFacts | undefined)[]
  ) => {
    const answers = described.length === 0 ? [execution] : described;
    return recordRun(
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
        describe: async () => (answers.length > 1 ? answers.shift() : answers[0]),
        tellPast: () => void past.push('past'),
      },
      { run: RUN, pipeline: 'cdr-export', outcome: 'FAILED', ...changes },
    );
  };
  return { record, execution, notices, told, past, store };
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

describe('an event of a failure that comes late or twice', () => {
  const EVENT = { endedAt: Date.parse('2024-05-16T03:31:00.000Z'), redrives: 0 };

  it.each<[string, Partial<ExecutionFacts>[]]>([
    ['has succeeded', [{ status: 'SUCCEEDED', redrives: 1 }]],
    ['is at work again', [{ status: 'RUNNING', redrives: 1 }]],
    ['was stopped', [{ status: 'ABORTED', redrives: 1 }]],
    ['succeeds while the record is made', [{}, { status: 'SUCCEEDED', redrives: 1 }]],
  ])('ALL-10 changes nothing where the redriven run %s', async (_, described) => {
    const { record, execution, notices, told, past, store } = prepare('nothing');
    await record({ outcome: 'SUCCEEDED' });
    const objects = () => [...store.objects].map(([key, bytes]) => [key, bytes.toString()]);
    const before = objects();
    told.splice(0);

    await record({ told: EVENT }, ...described.map((now) => ({ ...execution, ...now })));

    expect(objects()).toEqual(before);
    expect([notices, told, past]).toEqual([[], [], ['past']]);
  });

  it.each<[string, Partial<ExecutionFacts> | undefined]>([
    ['Step Functions still reads as at work', { status: 'RUNNING', redrives: 0 }],
    ['failed once more after a redrive', { status: 'FAILED', redrives: 1 }],
    ['Step Functions knows no more', undefined],
  ])('ALL-10 is recorded and told of where the run %s', async (_, now) => {
    const { record, execution, notices, past } = prepare('nothing');

    await record({ told: EVENT }, now === undefined ? undefined : { ...execution, ...now });

    expect([notices.length, past]).toEqual([1, []]);
  });
});
