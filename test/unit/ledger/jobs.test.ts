import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planSubmission, storeIntent, storeJob } from '../../../lambdas/ledger/jobs.ts';
import { notePoll, reservePoll } from '../../../lambdas/ledger/polls.ts';
import type { WindowState } from '../../../lambdas/ledger/window-state.ts';
import { readWindow } from '../../../lambdas/ledger/windows.ts';
import { JobId } from '../../../lambdas/model/ids.ts';
import type { WindowTask } from '../../../lambdas/model/payloads.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  CDR_DATASET,
  claimed,
  MAY_15,
  runCalled,
  stateWith,
  windowLedger,
} from '../../support/window-ledger.ts';

const MINE = runCalled('mine');
const OTHER = runCalled('other');
const JOB = JobId.parse('job-1');

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

const submitted = { attempt: 3, jobId: JOB, jobKey: 'key-3', jobState: 'submitted' } as const;
const completed = { ...submitted, jobState: 'completed' } as const;

describe('CDR-02 what is done to have a job', () => {
  it.each<[string, Partial<WindowState>, WindowTask, ReturnType<typeof planSubmission>]>([
    ['the first job is raised', {}, 'export', { action: 'raise', attempt: 1, forRun: false }],
    [
      'an intent without id is posted',
      { attempt: 1, jobKey: 'key-3', jobState: 'intended' },
      'export',
      { action: 'post', attempt: 1 },
    ],
    ['a submitted job is reused', submitted, 'export', { action: 'reuse', attempt: 3, jobId: JOB }],
    [
      'a completed job is reused',
      { ...submitted, jobState: 'completed' },
      'export',
      { action: 'reuse', attempt: 3, jobId: JOB },
    ],
    [
      'a failed job is raised',
      { ...submitted, jobState: 'failed' },
      'export',
      { action: 'raise', attempt: 4, forRun: false },
    ],
    [
      'an expired job is raised',
      { ...submitted, jobState: 'expired' },
      'export',
      { action: 'raise', attempt: 4, forRun: false },
    ],
    ['a refresh is raised', completed, 'refresh', { action: 'raise', attempt: 4, forRun: true }],
    ['a restatement is raised', completed, 'restate', { action: 'raise', attempt: 4, forRun: true }],
    [
      'CDR-05 a job that is still queued is not replaced by a refresh',
      { ...submitted, jobStatus: 'waiting' },
      'refresh',
      { action: 'reuse', attempt: 3, jobId: JOB },
    ],
    [
      'a refresh is raised once a run',
      { ...submitted, raisedFor: MINE },
      'refresh',
      { action: 'reuse', attempt: 3, jobId: JOB },
    ],
    [
      'a refresh of another run is raised again',
      { ...completed, raisedFor: OTHER },
      'refresh',
      { action: 'raise', attempt: 4, forRun: true },
    ],
    [
      'a refresh whose job failed is raised, not for the run',
      { ...submitted, raisedFor: MINE, jobState: 'failed' },
      'refresh',
      { action: 'raise', attempt: 4, forRun: false },
    ],
    [
      'the first job of a refresh counts for the run',
      {},
      'refresh',
      { action: 'raise', attempt: 1, forRun: true },
    ],
    [
      'CDR-02 other columns make another attempt: the parts of the job before are stored by attempt',
      { ...submitted, jobKey: 'of-other-columns' },
      'export',
      { action: 'raise', attempt: 4, forRun: false },
    ],
    [
      'a refresh that asks for other columns while a job is under way counts for the run: its next try takes that attempt',
      { ...submitted, jobKey: 'of-other-columns' },
      'refresh',
      { action: 'raise', attempt: 4, forRun: true },
    ],
  ])('%s', (_, changes, task, expected) => {
    const plan = planSubmission(stateWith(changes), MINE, task, 'key-3');

    expect(plan).toEqual(expected);
  });
});

async function prepare() {
  const { ledger, clock } = windowLedger(test.table);
  const claim = await claimed(ledger, MINE);
  const read = () => readWindow(ledger, CDR_DATASET, MAY_15);
  return { ledger, clock, claim, read };
}

describe('an intent', () => {
  it('CDR-02 is stored before the POST, with attempt and key', async () => {
    const { ledger, claim, read } = await prepare();

    await storeIntent(ledger, claim, await read(), { attempt: 1, jobKey: 'key-1', forRun: false });

    expect(await read()).toMatchObject({ attempt: 1, jobKey: 'key-1', jobState: 'intended' });
    expect((await read()).raisedFor).toBeUndefined();
  });

  it('CDR-02 forgets all that belonged to the job before', async () => {
    const { ledger, clock, claim, read } = await prepare();
    await storeIntent(ledger, claim, await read(), { attempt: 1, jobKey: 'key-1', forRun: false });
    await storeJob(ledger, claim, { jobId: JOB, jobKey: 'key-1', nextPollAt: 5 });
    await notePoll(ledger, claim, 1, {
      filesDigest: 'd',
      filesSeenAt: 1,
      partsKey: 'p',
      partCount: 2,
      partsMissing: 4,
      jobStatus: 'completed',
      failures: 1,
    });

    await storeIntent(ledger, claim, await read(), { attempt: 2, jobKey: 'key-2', forRun: true });

    const state = { ...(await read()), leaseUntil: 0 };
    expect(state).toEqual(
      stateWith({
        epoch: 1,
        claimedBy: MINE,
        attempt: 2,
        jobKey: 'key-2',
        jobState: 'intended',
        intendedAt: clock.now(),
        raisedFor: MINE,
        failures: 1,
      }),
    );
  });

  it('CDR-02 raises the attempt once, however many have read the same state', async () => {
    const { ledger, claim, read } = await prepare();
    const seen = await read();
    await storeIntent(ledger, claim, seen, { attempt: 1, jobKey: 'key-1', forRun: false });

    const error = await thrownBy(
      storeIntent(ledger, claim, seen, { attempt: 1, jobKey: 'key-1', forRun: false }),
    );

    expect(error.name).toBe('LedgerContended');
  });

  it('CDR-02 is not stored by a run that has lost the window', async () => {
    const { ledger, claim, read } = await prepare();
    const seen = await read();
    await claimed(ledger, OTHER);

    const error = await thrownBy(
      storeIntent(ledger, claim, seen, { attempt: 1, jobKey: 'key-1', forRun: false }),
    );

    expect([error.name, (await read()).attempt]).toEqual(['ClaimLost', 0]);
  });
});

describe('a job', () => {
  it('CDR-02 is stored for the attempt that it was posted for, and not for the next', async () => {
    const { ledger, claim, read } = await prepare();
    await storeIntent(ledger, claim, await read(), { attempt: 1, jobKey: 'key-1', forRun: false });
    await storeIntent(ledger, claim, await read(), { attempt: 2, jobKey: 'key-2', forRun: false });

    const error = await thrownBy(storeJob(ledger, claim, { jobId: JOB, jobKey: 'key-1', nextPollAt: 5 }));

    expect([error.name, (await read()).jobId]).toEqual(['LedgerContended', undefined]);
  });

  it('CDR-02 may be stored twice: the reply to the first write may be lost', async () => {
    const { ledger, clock, claim, read } = await prepare();
    await storeIntent(ledger, claim, await read(), { attempt: 1, jobKey: 'key-1', forRun: false });
    const job = { jobId: JOB, jobKey: 'key-1', nextPollAt: clock.now() + 15_000 };

    await storeJob(ledger, claim, job);
    await storeJob(ledger, claim, job);

    expect(await read()).toMatchObject({
      jobId: JOB,
      jobState: 'submitted',
      nextPollAt: job.nextPollAt,
      submittedAt: clock.now(),
      waitedSince: clock.now(),
      changedAt: clock.now(),
    });
  });
});

describe('a poll', () => {
  it('CDR-03 is reserved by one of two that would poll at once', async () => {
    const { ledger, claim, read } = await prepare();
    await storeIntent(ledger, claim, await read(), { attempt: 1, jobKey: 'key-1', forRun: false });
    await storeJob(ledger, claim, { jobId: JOB, jobKey: 'key-1', nextPollAt: 15_000 });
    const seen = await read();

    const reserved = await Promise.all([1, 2].map((n) => reservePoll(ledger, claim, seen, 30_000 + n)));

    expect(reserved.toSorted()).toEqual([false, true]);
    expect((await read()).polls).toBe(1);
  });

  it('CDR-03 is not noted of an attempt that was raised meanwhile', async () => {
    const { ledger, claim, read } = await prepare();
    await storeIntent(ledger, claim, await read(), { attempt: 1, jobKey: 'key-1', forRun: false });
    await storeIntent(ledger, claim, await read(), { attempt: 2, jobKey: 'key-2', forRun: false });

    const error = await thrownBy(notePoll(ledger, claim, 1, { jobState: 'failed' }));

    expect([error.name, (await read()).jobState]).toEqual(['LedgerContended', 'intended']);
  });

  it('CDR-03 takes away what does not hold any more', async () => {
    const { ledger, claim, read } = await prepare();
    await storeIntent(ledger, claim, await read(), { attempt: 1, jobKey: 'key-1', forRun: false });
    await notePoll(ledger, claim, 1, { filesDigest: 'd', filesSeenAt: 7 });

    await notePoll(ledger, claim, 1, { jobStatus: 'pending' }, ['filesDigest', 'filesSeenAt']);

    const { filesDigest, filesSeenAt, jobStatus } = await read();
    expect([filesDigest, filesSeenAt, jobStatus]).toEqual([undefined, undefined, 'pending']);
  });
});
