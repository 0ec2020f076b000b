import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { submitWindow } from '../../../lambdas/export/submit.ts';
import { notePoll } from '../../../lambdas/ledger/polls.ts';
import { readWindow, type WindowLedger } from '../../../lambdas/ledger/windows.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import type { RunArn } from '../../../lambdas/model/ids.ts';
import { SubmitSettings, type WindowTask } from '../../../lambdas/model/payloads.ts';
import { type FakeDataDownload, fakeDataDownload } from '../../support/fake-data-download.ts';
import { inTurn, interleave } from '../../support/interleaving.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { CDR_DATASET, claimed, MAY_15, runCalled, windowLedger } from '../../support/window-ledger.ts';

const RUN = runCalled('night');
const SETTINGS = SubmitSettings.parse({});
/** Calls of one submission: the lease, the intent, the POST, the job. */
const CALLS = 4;

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

function prepare() {
  const { ledger, clock } = windowLedger(test.table);
  const dataDownload = fakeDataDownload();
  const submit = async (
    { task = 'export', run = RUN }: { task?: WindowTask; run?: RunArn } = {},
    ports: { ledger: WindowLedger; dataDownload: FakeDataDownload } = { ledger, dataDownload },
    settings = SETTINGS,
  ) => submitWindow({ ...ports, random: () => 0 }, await claimed(ledger, run, { task }), task, settings);
  const read = () => readWindow(ledger, CDR_DATASET, MAY_15);
  const keys = () => new Set(dataDownload.submissions.map(({ key }) => key));
  return { ledger, clock, dataDownload, submit, read, keys };
}

describe('a submission', () => {
  it('CDR-02 stores the job, to be polled 15 s later', async () => {
    const { clock, dataDownload, submit, read } = prepare();

    const job = await submit();

    expect(job).toEqual({ attempt: 1, jobId: 'job-1', pollAt: clock.now() + 15_000 });
    expect(await read()).toMatchObject({
      attempt: 1,
      jobId: 'job-1',
      jobKey: dataDownload.submissions[0]?.key,
      nextPollAt: job.pollAt,
    });
  });

  it('CDR-02 finds the intent in the ledger before CXone hears of the job', async () => {
    const { ledger, dataDownload, submit, read } = prepare();
    const seen: unknown[] = [];
    const watched = {
      ...dataDownload,
      submit: async (...given: Parameters<typeof dataDownload.submit>) => {
        const { attempt, jobKey, jobState } = await read();
        seen.push([attempt, jobKey === given[1], jobState]);
        return dataDownload.submit(...given);
      },
    };

    await submit({}, { ledger, dataDownload: watched });

    expect(seen).toEqual([[1, true, 'intended']]);
  });

  it('CDR-02 of a window whose job is known polls that job, by whichever run', async () => {
    const { dataDownload, submit } = prepare();
    const first = await submit();

    const second = await submit({ run: runCalled('other') });

    expect([second, dataDownload.submissions.length]).toEqual([first, 1]);
  });

  it.each(['failed', 'expired'] as const)(
    'CDR-06 after a job that is %s is the next attempt, under another key',
    async (jobState) => {
      const { ledger, submit, keys } = prepare();
      await submit();
      await notePoll(ledger, await claimed(ledger, RUN), 1, { jobState });

      const second = await submit();

      expect([second.attempt, second.jobId, keys().size]).toEqual([2, 'job-2', 2]);
    },
  );

  it('ALL-16 for a refresh raises the attempt once a run', async () => {
    const { ledger, submit, keys } = prepare();
    const complete = async (attempt: number) =>
      notePoll(ledger, await claimed(ledger, RUN, { task: 'refresh' }), attempt, { jobState: 'completed' });
    await submit();
    await complete(1);

    const first = await submit({ task: 'refresh' });
    await complete(2);
    const second = await submit({ task: 'refresh' });
    const other = await submit({ task: 'refresh', run: runCalled('other') });

    const attempts = [first, second, other].map(({ attempt }) => attempt);

    expect([attempts, keys().size]).toEqual([[2, 2, 3], 3]);
  });

  it('CDR-02 with other columns is another job, of the next attempt', async () => {
    const { ledger, dataDownload, submit, read, keys } = prepare();
    await submit();

    const other = await submit(
      {},
      { ledger, dataDownload },
      { ...SETTINGS, columns: ['CallId', 'StartTime'] },
    );

    expect([other.attempt, other.jobId, keys().size, (await read()).jobId]).toEqual([2, 'job-2', 2, 'job-2']);
  });

  it('ALL-09 that CXone refuses leaves the intent, and is posted again under its key', async () => {
    const { ledger, dataDownload, submit, read, keys } = prepare();
    const failing = {
      ...dataDownload,
      submit: async (...given: Parameters<typeof dataDownload.submit>) => {
        await dataDownload.submit(...given);
        throw catalogued('ConnectionLost', 'The reply was lost.');
      },
    };
    await expect(submit({}, { ledger, dataDownload: failing })).rejects.toThrow('The reply was lost.');

    const job = await submit();

    expect([job.attempt, job.jobId, keys().size, dataDownload.submissions.length]).toEqual([
      1,
      'job-1',
      1,
      2,
    ]);
    expect((await read()).jobState).toBe('submitted');
  });
});

const stops = Array.from({ length: CALLS }, (_, call) =>
  (['before', 'after'] as const).map((when) => ({ call, when })),
).flat();

describe.each<WindowTask>(['export', 'refresh'])('a submission for %s that is stopped', (task) => {
  it.each(stops)('CDR-02 $when call $call and started again: one attempt, one key, one job', async (stop) => {
    const { ledger, dataDownload, submit, read, keys } = prepare();

    const [stopped] = await interleave(
      [
        (machine) =>
          submit(
            { task },
            {
              ledger: { ...ledger, table: inTurn(ledger.table, machine) },
              dataDownload: inTurn(dataDownload, machine),
            },
          ),
      ],
      [],
      [stop],
    );
    const job = await submit({ task });

    expect(stopped).toMatchObject({ status: 'rejected', reason: { name: 'Stopped' } });
    expect(job).toMatchObject({ attempt: 1, jobId: 'job-1' });
    expect([keys().size, (await read()).attempt, (await read()).jobId]).toEqual([1, 1, 'job-1']);
  });
});

describe('two submissions of one window at once', () => {
  it('CDR-02 under one claim, in every order of their first calls, make one job', async () => {
    for (let order = 0; order < 32; order += 1) {
      const { ledger, dataDownload, keys, read } = prepare();
      const claim = await claimed(ledger, RUN);
      const work = [0, 1].map(
        () => (machine: Parameters<typeof inTurn>[1]) =>
          submitWindow(
            {
              ledger: { ...ledger, table: inTurn(ledger.table, machine) },
              dataDownload: inTurn(dataDownload, machine),
              random: () => 0,
            },
            claim,
            'export',
            SETTINGS,
          ),
      );

      const ended = await interleave(work, [...order.toString(2).padStart(5, '0')].map(Number));

      const lost = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason.name] : []));
      expect([keys().size, (await read()).jobId]).toEqual([1, 'job-1']);
      expect(lost.filter((name) => name !== 'LedgerContended')).toEqual([]);
    }
  });
});
