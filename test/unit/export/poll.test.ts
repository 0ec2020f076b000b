import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobStatus } from '../../../lambdas/cxone/job-status.ts';
import { type PollRequest, pollJob } from '../../../lambdas/export/poll.ts';
import { noteFound, planSubmission, storeIntent, storeJob } from '../../../lambdas/ledger/jobs.ts';
import { forgetPartList } from '../../../lambdas/ledger/polls.ts';
import { readWindow } from '../../../lambdas/ledger/windows.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { JobId } from '../../../lambdas/model/ids.ts';
import type { ClaimedWindow } from '../../../lambdas/model/payloads.ts';
import {
  type Answer,
  completed,
  fakeDataDownload,
  listedFiles,
  PENDING,
  PROCESSING,
} from '../../support/fake-data-download.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { thrownBy } from '../../support/thrown.ts';
import { CDR_DATASET, claimed, MAY_15, runCalled, windowLedger } from '../../support/window-ledger.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const RUN = runCalled('night');

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

/** A job that was submitted just now. */
async function prepare(statuses: Answer<JobStatus>[]) {
  const { ledger, clock } = windowLedger(test.table);
  const objects = memoryObjectStore();
  const dataDownload = fakeDataDownload({ statuses });
  const claim = await claimed(ledger, RUN);
  const read = () => readWindow(ledger, CDR_DATASET, MAY_15);
  await storeIntent(ledger, claim, await read(), { attempt: 1, jobKey: 'key', forRun: false });
  await storeJob(ledger, claim, {
    jobId: JobId.parse('job-1'),
    jobKey: 'key',
    nextPollAt: clock.now() + 15 * SECOND,
  });
  const ports = { ledger, objects, dataDownload, random: () => 0 };
  const poll = (changes: Partial<PollRequest> = {}) =>
    pollJob(ports, claim, { attempt: 1, renewed: false, partsMissing: 0, ...changes });
  /** Polls when the turn has come, as the machine's Wait does. */
  const pollInTurn = async (changes: Partial<PollRequest> = {}) => {
    clock.set(Math.max(clock.now(), (await read()).nextPollAt));
    return poll(changes);
  };
  return { ledger, clock, objects, dataDownload, claim, ports, read, poll, pollInTurn, start: clock.now() };
}

describe('a job that a run which asks again has found', () => {
  const found = async (statuses: Answer<JobStatus>[]) => {
    const prepared = await prepare(statuses);
    await noteFound(prepared.ledger, prepared.claim, 'refresh', await prepared.read());
    return prepared;
  };

  it('ALL-16 is not taken where its first answer is that it has ended, whoever hears of that', async () => {
    const { pollInTurn, read } = await found([completed(listedFiles(1))]);

    const errors = [await thrownBy(pollInTurn()), await thrownBy(pollInTurn())];

    expect(errors.map(({ name }) => name)).toEqual(['JobOutdated', 'JobOutdated']);
    const plan = planSubmission(await read(), RUN, 'refresh', 'key');
    expect(plan).toEqual({ action: 'raise', attempt: 2, forRun: true });
  });

  it('CDR-05 is taken by whoever comes after a run that has waited for it a day in vain', async () => {
    const { ledger, clock, claim, pollInTurn, read, start } = await prepare([
      PENDING,
      completed(listedFiles(1)),
    ]);
    clock.set(start + 24 * HOUR);
    const saturated = await thrownBy(pollInTurn());
    await noteFound(ledger, claim, 'refresh', await read());

    const outcomes = [await pollInTurn(), await pollInTurn()];

    expect(saturated.name).toBe('QueueSaturated');
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['pending', 'completed']);
  });

  it('ALL-06 is taken for a restated day, whose commit says when CXone was asked', async () => {
    const { ledger, claim, pollInTurn, read } = await prepare([completed(listedFiles(1))]);
    await noteFound(ledger, claim, 'restate', await read());

    const outcomes = [await pollInTurn(), await pollInTurn()];

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['pending', 'completed']);
  });

  it('CDR-05 is taken where CXone still works on it', async () => {
    const { pollInTurn, read } = await found([PENDING, completed(listedFiles(1))]);

    const outcomes = [await pollInTurn(), await pollInTurn(), await pollInTurn()];

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['pending', 'pending', 'completed']);
    expect((await read()).attempt).toBe(1);
  });
});

describe('the turn of a poll', () => {
  it('CDR-03 is not before 15 s: an early call is told when, and CXone is left alone', async () => {
    const { dataDownload, poll, start } = await prepare([PENDING]);

    const outcome = await poll();

    expect([outcome, dataDownload.polled]).toEqual([{ outcome: 'pending', pollAt: start + 15 * SECOND }, []]);
  });

  it('CDR-03 comes at 15 s, then half as long again each time, up to 120 s', async () => {
    const { clock, pollInTurn, start } = await prepare([PENDING]);
    const instants: number[] = [];

    for (let poll = 0; poll < 8; poll += 1) {
      await pollInTurn();
      instants.push(clock.now() - start);
    }

    const gaps = instants.map((instant, index) => instant - (instants[index - 1] ?? 0));
    expect(gaps).toEqual([15_000, 15_000, 22_500, 33_750, 50_625, 75_938, 113_907, 120_000]);
  });

  it('CDR-03 is stored before CXone is asked: a call that dies in between has had its turn', async () => {
    const { clock, read, ports, claim, start } = await prepare([PENDING]);
    clock.set(start + 15 * SECOND);
    const seen: number[] = [];
    const dataDownload = {
      ...ports.dataDownload,
      status: async () => {
        seen.push((await read()).nextPollAt);
        throw new Error('died');
      },
    };

    const died = pollJob({ ...ports, dataDownload }, claim, { attempt: 1, renewed: false, partsMissing: 0 });

    await expect(died).rejects.toThrow('died');
    // 15 s after the call at the earliest, even if it had slept for its slot as long as it may.
    expect(seen).toEqual([start + 35 * SECOND]);
  });

  it('CDR-03 counts from the call itself, however long it slept for its slot', async () => {
    const { clock, read, ports, claim, start } = await prepare([PENDING]);
    clock.set(start + 15 * SECOND);
    const dataDownload = {
      ...ports.dataDownload,
      status: async (job: JobId) => {
        clock.set(start + 19 * SECOND);
        return ports.dataDownload.status(job);
      },
    };

    const outcome = await pollJob({ ...ports, dataDownload }, claim, {
      attempt: 1,
      renewed: false,
      partsMissing: 0,
    });

    expect(outcome).toEqual({ outcome: 'pending', pollAt: start + 34 * SECOND });
    expect((await read()).nextPollAt).toBe(start + 34 * SECOND);
  });

  it('CDR-03 is honoured by another run too', async () => {
    const { ledger, clock, ports, dataDownload, start } = await prepare([PENDING]);
    clock.set(start + 5 * SECOND);
    const other = await claimed(ledger, runCalled('other'));

    const outcome = await pollJob(ports, other, { attempt: 1, renewed: false, partsMissing: 0 });

    expect([outcome, dataDownload.polled]).toEqual([{ outcome: 'pending', pollAt: start + 15 * SECOND }, []]);
  });

  it('CDR-03 is not waited for by the one repeat after a 401', async () => {
    const { dataDownload, poll } = await prepare([PENDING]);

    await poll({ renewed: true });

    expect(dataDownload.polled).toHaveLength(1);
  });

  it('CDR-03 is taken by one of two calls at once', async () => {
    const { clock, dataDownload, poll, start } = await prepare([PENDING]);
    clock.set(start + 15 * SECOND);

    await Promise.all([poll(), poll()]);

    expect(dataDownload.polled).toHaveLength(1);
  });
});

describe('a list of parts', () => {
  it('CDR-04 counts when two answers at least 15 s apart agree on it', async () => {
    const { objects, pollInTurn, read, ledger } = await prepare([completed(listedFiles(2), 7)]);

    const outcomes = [await pollInTurn(), await pollInTurn()];

    expect(outcomes).toMatchObject([
      { outcome: 'pending' },
      { outcome: 'completed', list: { recordCount: 7, parts: [{ part: 1, bytes: 100 }, { part: 2 }] } },
    ]);
    expect(await read()).toMatchObject({ jobState: 'completed', partCount: 2 });
    expect([...objects.objects.keys()]).toEqual([`raw/${ledger.tenant}/cdr/dt=2024-05-15/a1/parts.json`]);
  });

  it('CDR-04 that was confirmed is given again without asking CXone', async () => {
    const { dataDownload, pollInTurn, poll } = await prepare([completed(listedFiles(1))]);
    await pollInTurn();
    const confirmed = await pollInTurn();

    const again = await poll();

    expect([again, dataDownload.polled.length]).toEqual([confirmed, 2]);
  });

  it('CDR-04 that two answers agree on too soon after each other is asked for once more', async () => {
    const { poll, pollInTurn } = await prepare([completed(listedFiles(1))]);
    await pollInTurn();

    const soon = await poll({ renewed: true });
    const later = await pollInTurn();

    expect([soon.outcome, later.outcome]).toEqual(['pending', 'completed']);
  });

  it('CDR-04 that grows, shrinks to nothing or falls back is not taken until it stands', async () => {
    const { pollInTurn } = await prepare([
      completed(),
      completed(listedFiles(1)),
      completed(listedFiles(2)),
      completed(listedFiles(2, { fileSize: 0 })),
      completed(listedFiles(2)),
      PROCESSING,
      completed(listedFiles(2)),
      completed(listedFiles(2)),
    ]);
    const outcomes: string[] = [];

    for (let poll = 0; poll < 8; poll += 1) outcomes.push((await pollInTurn()).outcome);

    expect(outcomes).toEqual([...Array(7).fill('pending'), 'completed']);
  });

  it('CDR-14 that is empty beside a record count of 0 is a day without calls', async () => {
    const { pollInTurn } = await prepare([completed([], 0)]);
    await pollInTurn();

    const outcome = await pollInTurn();

    expect(outcome).toEqual({ outcome: 'completed', list: { recordCount: 0, parts: [] } });
  });

  it('CDR-06 that does not hold is forgotten once, and two answers have to agree anew', async () => {
    const { pollInTurn, read, dataDownload } = await prepare([completed(listedFiles(1))]);
    for (let poll = 0; poll < 2; poll += 1) await pollInTurn();

    const outcomes = [await pollInTurn({ partsMissing: 1 }), await pollInTurn({ partsMissing: 1 })];

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['pending', 'completed']);
    expect([dataDownload.polled.length, (await read()).partsMissing]).toEqual([4, 1]);
  });
});

describe('a list of parts that another claim confirmed', () => {
  const confirmed = async () => {
    const prepared = await prepare([completed(listedFiles(1))]);
    for (let poll = 0; poll < 2; poll += 1) await prepared.pollInTurn();
    return prepared;
  };

  it('CDR-06 is asked for again in each round of a later claim, whatever rounds the earlier one went through', async () => {
    const { ledger, clock, dataDownload, ports, pollInTurn, read } = await confirmed();
    for (const partsMissing of [1, 1, 2, 2]) await pollInTurn({ partsMissing });
    const polled = dataDownload.polled.length;
    const later = await claimed(ledger, runCalled('next'));
    const request = { attempt: 1, renewed: false };

    const kept = await pollJob(ports, later, { ...request, partsMissing: 0 });
    clock.set((await read()).nextPollAt);
    const asked = await pollJob(ports, later, { ...request, partsMissing: 1 });

    expect([kept.outcome, asked.outcome]).toEqual(['completed', 'pending']);
    expect(dataDownload.polled.length - polled).toBe(1);
  });

  it('CDR-06 is asked for again where the retention of raw data has taken it', async () => {
    const { objects, dataDownload, pollInTurn } = await confirmed();
    objects.objects.clear();

    const outcomes = [await pollInTurn(), await pollInTurn()];

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['pending', 'completed']);
    expect(dataDownload.polled).toHaveLength(4);
  });

  it('CDR-05 and was given up has a day to be confirmed anew', async () => {
    const { ledger, claim, clock, ports, read } = await confirmed();
    clock.set(clock.now() + 23 * HOUR);
    await forgetPartList(ledger, claim, 1);
    clock.set(clock.now() + 2 * HOUR);
    const processing = fakeDataDownload({ statuses: [PROCESSING] });

    const outcome = await pollJob({ ...ports, dataDownload: processing }, claim, {
      attempt: 1,
      renewed: false,
      partsMissing: 0,
    });

    expect([outcome.outcome, (await read()).jobStatus]).toEqual(['pending', 'processing']);
  });
});

describe('states of a job', () => {
  it('CDR-04 come in any order, unknown ones too', async () => {
    const { pollInTurn, read } = await prepare([
      PROCESSING,
      PENDING,
      { kind: 'unknown', terminal: false, text: 'ARCHIVING' },
    ]);

    const outcomes = [await pollInTurn(), await pollInTurn(), await pollInTurn()];

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['pending', 'pending', 'pending']);
    expect((await read()).jobStatus).toBe('ARCHIVING');
  });

  it('CDR-05 that do not change for 45 minutes are WAITING, polled every 10 minutes, and a change ends that', async () => {
    const statuses: Answer<JobStatus>[] = [PENDING];
    const { clock, ports, claim, start, read } = await prepare(statuses);
    const request = { attempt: 1, renewed: false, partsMissing: 0 };
    clock.set(start + 15 * SECOND);
    await pollJob(ports, claim, request);
    clock.set(start + 15 * SECOND + 45 * MINUTE);

    const waiting = await pollJob(ports, claim, request);
    clock.set((await read()).nextPollAt);
    const changed = fakeDataDownload({ statuses: [PROCESSING] });
    const moved = await pollJob({ ...ports, dataDownload: changed }, claim, request);

    expect(waiting).toEqual({ outcome: 'waiting', pollAt: start + 15 * SECOND + 55 * MINUTE });
    expect(moved.outcome).toBe('pending');
  });

  it('CDR-05 end the run after 24 h as QueueSaturated; the job is kept and polled on by the next', async () => {
    const { ledger, clock, ports, claim, start, read } = await prepare([PENDING]);
    const request = { attempt: 1, renewed: false, partsMissing: 0 };
    clock.set(start + 15 * SECOND);
    await pollJob(ports, claim, request);
    clock.set(start + 24 * HOUR);

    const error = await thrownBy(pollJob(ports, claim, request));
    const next = await claimed(ledger, runCalled('next'));
    const plan = planSubmission(await read(), next.run, 'export', 'key');
    clock.set((await read()).nextPollAt);
    const outcome = await pollJob(ports, next, request);

    expect([error.name, error.facts]).toEqual(['QueueSaturated', { job: 'job-1', hours: 24 }]);
    expect([plan.action, outcome.outcome]).toEqual(['reuse', 'waiting']);
  });

  it.each(['ServerFault', 'ConnectionLost'] as const)(
    'ALL-09 %s of a status call is simply the next poll',
    async (name) => {
      const { pollInTurn } = await prepare([catalogued(name, 'CXone is not well.'), PENDING]);

      const outcomes = [await pollInTurn(), await pollInTurn()];

      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['pending', 'pending']);
    },
  );

  it('ALL-08 a pause that CXone asks for holds for every run that polls the job', async () => {
    const { pollInTurn, read, start } = await prepare([
      catalogued('Throttled', 'Too fast.', {
        retryAt: new Date(Date.parse('2024-05-16T03:50:00.000Z')).toISOString(),
      }),
    ]);

    const error = await thrownBy(pollInTurn());

    expect([error.name, (await read()).nextPollAt - start]).toEqual(['Throttled', 20 * MINUTE]);
  });

  it('ALL-08 a throttling without an instant keeps the ordinary turn', async () => {
    const { pollInTurn, read, start } = await prepare([catalogued('Throttled', 'Too fast.')]);

    await thrownBy(pollInTurn());

    expect((await read()).nextPollAt - start).toBe(30 * SECOND);
  });

  it('CDR-06 a job that CXone no longer knows is expired, also for who comes back without having heard', async () => {
    const { pollInTurn, read, dataDownload } = await prepare([PENDING, catalogued('JobExpired', 'Gone.')]);
    await pollInTurn();

    const errors = [await thrownBy(pollInTurn()), await thrownBy(pollInTurn())];

    expect(errors.map(({ name }) => name)).toEqual(['JobExpired', 'JobExpired']);
    expect([(await read()).jobState, dataDownload.polled.length]).toEqual(['expired', 2]);
  });

  it('CDR-06 a job that CXone does not know yet is asked for again, not replaced', async () => {
    const { pollInTurn, read } = await prepare([catalogued('JobExpired', 'Unknown.'), PENDING]);

    const outcomes = [await pollInTurn(), await pollInTurn()];

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['pending', 'pending']);
    expect(await read()).toMatchObject({ jobState: 'submitted', jobStatus: 'pending', attempt: 1 });
  });

  it('CDR-06 a job that CXone does not know after a minute is expired, though no status of it was given', async () => {
    const { clock, pollInTurn, start } = await prepare([catalogued('JobExpired', 'Unknown.')]);
    const ended: string[] = [];

    while (!ended.includes('JobExpired'))
      ended.push(
        await pollInTurn().then(
          ({ outcome }) => outcome,
          ({ name }) => name,
        ),
      );

    expect([ended, clock.now() - start]).toEqual([['pending', 'pending', 'pending', 'JobExpired'], 86_250]);
  });

  it('CDR-06 the third job that is forgotten under one claim ends the window, whoever comes back; the next claim has three more', async () => {
    const { ledger, clock, ports, claim, pollInTurn, read } = await prepare([
      PENDING,
      catalogued('JobExpired', 'Gone.', { requestId: 'r-1' }),
    ]);
    await pollInTurn();
    const gone = fakeDataDownload({ statuses: [catalogued('JobExpired', 'Gone.', { requestId: 'r-1' })] });
    /** Submits the next attempt, and asks for it when it is known to be gone. */
    const next = async (by: ClaimedWindow, attempt: number) => {
      await storeIntent(ledger, by, await read(), { attempt, jobKey: `key-${attempt}`, forRun: false });
      const job = { jobId: JobId.parse(`job-${attempt}`), jobKey: `key-${attempt}`, nextPollAt: clock.now() };
      await storeJob(ledger, by, job);
      clock.set(clock.now() + 2 * MINUTE);
      const request = { attempt, renewed: false, partsMissing: 0 };
      return thrownBy(pollJob({ ...ports, dataDownload: gone }, by, request));
    };

    const first = [await thrownBy(pollInTurn()), await next(claim, 2), await next(claim, 3)];
    const again = { attempt: 3, renewed: false, partsMissing: 0 };
    const unheard = await thrownBy(pollJob({ ...ports, dataDownload: gone }, claim, again));
    const later = await claimed(ledger, runCalled('next'));
    const second = [await next(later, 4), await next(later, 5), await next(later, 6)];

    expect(first.map(({ name }) => name)).toEqual(['JobExpired', 'JobExpired', 'ExportFailed']);
    expect(first[2]?.facts).toEqual({ requestId: 'r-1', job: 'job-3', attempt: 3 });
    expect([unheard.name, unheard.facts]).toEqual(['ExportFailed', { job: 'job-3', attempt: 3 }]);
    expect(gone.polled).toEqual(['job-2', 'job-3', 'job-4', 'job-5', 'job-6']);
    expect(second.map(({ name }) => name)).toEqual(['JobExpired', 'JobExpired', 'ExportFailed']);
    expect(planSubmission(await read(), RUN, 'export', 'key')).toMatchObject({ action: 'raise', attempt: 7 });
  });

  it('CDR-06 a failed job is resubmitted after its cool-down, also by who comes back without having heard', async () => {
    const { poll, pollInTurn, read, dataDownload, start } = await prepare([
      { kind: 'failed', terminal: true },
    ]);

    const outcomes = [await pollInTurn(), await poll()];

    const at = start + 15 * SECOND + 5 * MINUTE;
    expect(outcomes).toEqual([
      { outcome: 'resubmit', at },
      { outcome: 'resubmit', at },
    ]);
    expect([(await read()).failures, dataDownload.polled.length]).toEqual([1, 1]);
  });

  it('CDR-06 a failed job that is given up is raised by a redrive', async () => {
    const { pollInTurn, poll, read } = await prepare([
      {
        kind: 'failed',
        terminal: true,
        errorCode: 'INTERNAL_SERVER_ERROR',
        createdAt: '2024-05-16T03:00:00Z',
        completedAt: '2024-05-16T03:15:00Z',
      },
    ]);

    const error = await thrownBy(pollInTurn());
    const redriven = await poll();

    expect([error.name, redriven.outcome]).toEqual(['ExportTooLarge', 'resubmit']);
    expect(planSubmission(await read(), RUN, 'export', 'key')).toMatchObject({ action: 'raise', attempt: 2 });
  });

  it('CDR-06 a completed job has no failures behind it any more', async () => {
    const { ledger, clock, claim, read, ports } = await prepare([{ kind: 'failed', terminal: true }]);
    clock.set(clock.now() + MINUTE);
    const request = { attempt: 1, renewed: false, partsMissing: 0 };
    await pollJob(ports, claim, request);
    await storeIntent(ledger, claim, await read(), { attempt: 2, jobKey: 'key-2', forRun: false });
    await storeJob(ledger, claim, { jobId: JobId.parse('job-2'), jobKey: 'key-2', nextPollAt: clock.now() });
    const dataDownload = fakeDataDownload({ statuses: [completed(listedFiles(1))] });
    const second = () => pollJob({ ...ports, dataDownload }, claim, { ...request, attempt: 2 });
    await second();
    clock.set((await read()).nextPollAt);

    await second();

    expect(await read()).toMatchObject({ failures: 0, jobState: 'completed' });
  });

  it('ALL-10 a fault that is not foreseen is thrown as it is', async () => {
    const { pollInTurn } = await prepare([catalogued('ScopeMissing', 'No scope.')]);

    const error = await thrownBy(pollInTurn());

    expect(error.name).toBe('ScopeMissing');
  });
});
