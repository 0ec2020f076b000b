import { describe, expect, it } from 'vitest';
import { notePoll } from '../../../lambdas/ledger/polls.ts';
import { noteLoaded, readRange } from '../../../lambdas/ledger/ranges.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import type { RunArn } from '../../../lambdas/model/ids.ts';
import { ANALYTICS_DATASET, type WindowTask } from '../../../lambdas/model/payloads.ts';
import { submitRange } from '../../../lambdas/paged-export/submit.ts';
import { type FakeAnalytics, fakeAnalytics } from '../../support/fake-analytics.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { claimedRange, EXPORT, THREE_DAYS } from '../../support/range-ledger.ts';
import { thrownBy } from '../../support/thrown.ts';
import { runCalled, windowLedger } from '../../support/window-ledger.ts';

const RUN = runCalled('night');
const ONE_DAY = { ...THREE_DAYS, days: 1 };

function prepare(analytics: FakeAnalytics = fakeAnalytics(), range = THREE_DAYS) {
  const { ledger, clock } = windowLedger(memoryTable());
  const submit = async ({
    task = 'export',
    run = RUN,
    settings = EXPORT,
  }: {
    task?: WindowTask;
    run?: RunArn;
    settings?: typeof EXPORT;
  } = {}) => {
    const claim = await claimedRange(ledger, run, { range, task });
    const ports = { ledger, analytics, random: () => 0 };
    return submitRange(ports, claim, { task, settings, rawDays: 30 });
  };
  const read = () => readRange(ledger, ANALYTICS_DATASET, range);
  return { ledger, clock, submit, read, analytics };
}

const gateway = catalogued('ServerFault', 'CXone answered 504.', { status: 504 });
const tooLarge = catalogued('RequestRefused', 'CXone answered 400. CXone says: too many records', {
  status: 400,
});

describe('a submission without an idempotency key', () => {
  it('ANA-09 stores the intent before the POST, and the id after it', async () => {
    const seen: unknown[] = [];
    const analytics = fakeAnalytics();
    const { submit, read, clock } = prepare({
      ...analytics,
      async submit(order) {
        const { jobState, jobId } = await read();
        seen.push([jobState, jobId]);
        return analytics.submit(order);
      },
    });

    const submitted = await submit();

    expect(seen).toEqual([['intended', undefined]]);
    expect(submitted).toEqual({
      outcome: 'submitted',
      attempt: 1,
      jobId: 'export-1',
      pollAt: clock.now() + 10_000,
      submittedAt: clock.now(),
    });
    expect(await read()).toMatchObject({ jobState: 'submitted', jobId: 'export-1', orphans: 0 });
  });

  it('ANA-09 takes the export that the ledger knows, however often it is asked', async () => {
    const { submit, analytics } = prepare();

    const outcomes = [await submit(), await submit(), await submit({ run: runCalled('another') })];

    expect(new Set(outcomes.map((outcome) => 'jobId' in outcome && outcome.jobId))).toEqual(
      new Set(['export-1']),
    );
    expect(analytics.orders).toHaveLength(1);
  });

  it.each([
    ['a lost connection', catalogued('ConnectionLost', 'It broke.')],
    ['a fault', catalogued('ServerFault', 'CXone answered 500.', { status: 500 })],
    ['something unforeseen', new Error('What?')],
  ])('ANA-09 submits again after %s, and counts a possible orphan', async (_, failure) => {
    const { submit, read, analytics } = prepare(
      fakeAnalytics({ submit: (n) => (n === 1 ? failure : 'export-2') }),
    );

    await expect(submit()).rejects.toThrow();
    const again = await submit();

    expect(again).toMatchObject({ outcome: 'submitted', jobId: 'export-2' });
    expect(analytics.orders).toHaveLength(2);
    expect((await read()).orphans).toBe(1);
  });

  it.each(['Throttled', 'TokenRejected', 'ScopeMissing', 'ClientBlocked', 'RequestRefused'] as const)(
    'ANA-09 counts no orphan after %s: nothing can have come of it',
    async (name) => {
      const refusal = catalogued(name, 'No.');
      const { submit, read } = prepare(fakeAnalytics({ submit: (n) => (n === 1 ? refusal : 'export-2') }));

      expect((await thrownBy(submit())).name).toBe(name);
      await submit();

      expect(await read()).toMatchObject({ orphans: 0, jobId: 'export-2' });
    },
  );

  it('ANA-05 gives every export a number of its own, over all ranges of the dataset', async () => {
    const { ledger, submit, analytics } = prepare();
    await submit();
    const other = await claimedRange(ledger, RUN, { range: ONE_DAY });

    const second = await submitRange({ ledger, analytics, random: () => 0 }, other, {
      task: 'export',
      settings: EXPORT,
      rawDays: 30,
    });

    expect(second).toMatchObject({ attempt: 2 });
  });

  it('ALL-16 asks anew once a run for a refresh, and where something else is asked for', async () => {
    const { ledger, submit, analytics } = prepare();
    await submit();
    await notePoll(ledger, await claimedRange(ledger, RUN), 1, {
      jobState: 'completed',
      jobStatus: 'completed',
    });
    const again = runCalled('again');

    await submit({ task: 'refresh', run: again });
    await submit({ task: 'refresh', run: again });
    await submit({ run: again, settings: { ...EXPORT, columns: ['id', 'startTime', 'medium'] } });

    expect(analytics.orders).toHaveLength(3);
  });

  it('ALL-16 takes for a refresh what CXone is working on, but not what a run has left unwatched', async () => {
    const { clock, submit } = prepare();
    await submit();

    const watched = await submit({ task: 'refresh', run: runCalled('soon') });
    clock.set(clock.now() + 3_600_000);
    const left = await submit({ task: 'refresh', run: runCalled('late') });
    const taken = await submit({ run: runCalled('another') });

    expect([watched, left, taken]).toMatchObject([
      { jobId: 'export-1' },
      { jobId: 'export-2' },
      { jobId: 'export-2' },
    ]);
  });

  it('ANA-05 says of a loaded range that it is, until its raw parts may be gone', async () => {
    const { ledger, submit, read, clock } = prepare();
    await submit();
    await noteLoaded(ledger, await claimedRange(ledger, RUN), await read());

    const soon = await submit();
    clock.set(clock.now() + 29 * 86_400_000);
    const later = await submit();

    expect(soon).toMatchObject({ outcome: 'loaded', attempt: 1 });
    expect(later).toMatchObject({ outcome: 'submitted', attempt: 2 });
  });
});

describe('ANA-04 a range that is too large', () => {
  it.each([
    ['504', gateway, 1],
    ['400 for size', tooLarge, 0],
  ])('ANA-04 is halved after %s, once and for all', async (_, refusal, orphans) => {
    const { submit, read, analytics } = prepare(fakeAnalytics({ submit: () => refusal }));

    const outcomes = [await submit(), await submit({ run: runCalled('another') })];

    expect(outcomes).toEqual([{ outcome: 'halved' }, { outcome: 'halved' }]);
    expect(analytics.orders).toHaveLength(1);
    expect((await read()).orphans).toBe(orphans);
  });

  it.each([
    ['504', gateway, 'ServerFault'],
    ['400 for size', tooLarge, 'ExportTooLarge'],
  ])('ANA-04 is an error by name where it is a single day: %s', async (_, refusal, name) => {
    const { submit, read } = prepare(fakeAnalytics({ submit: () => refusal }), ONE_DAY);

    const error = await thrownBy(submit());

    expect(error.name).toBe(name);
    expect((await read()).halvedAt).toBeUndefined();
  });

  it('ANA-04 is not seen in a 400 that is about something else', async () => {
    const refusal = catalogued('RequestRefused', 'CXone answered 400. CXone says: unknown column', {
      status: 400,
    });
    const { submit, read } = prepare(fakeAnalytics({ submit: () => refusal }));

    const error = await thrownBy(submit());

    expect(error.name).toBe('RequestRefused');
    expect((await read()).halvedAt).toBeUndefined();
  });
});
