import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobStatus } from '../../../lambdas/cxone/job-status.ts';
import { noteLoaded, readRange } from '../../../lambdas/ledger/ranges.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { ANALYTICS_DATASET } from '../../../lambdas/model/payloads.ts';
import type { ClaimedRange } from '../../../lambdas/model/range-payloads.ts';
import { forgotten } from '../../../lambdas/paged-export/expiry.ts';
import { completedJob } from '../../../lambdas/paged-export/fetch.ts';
import { pollRange } from '../../../lambdas/paged-export/poll.ts';
import { exportPollDelay } from '../../../lambdas/paged-export/polling.ts';
import { submitRange } from '../../../lambdas/paged-export/submit.ts';
import { fakeAnalytics } from '../../support/fake-analytics.ts';
import type { Answer } from '../../support/fake-data-download.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { claimedRange, EXPORT, THREE_DAYS } from '../../support/range-ledger.ts';
import { thrownBy } from '../../support/thrown.ts';
import { runCalled, windowLedger } from '../../support/window-ledger.ts';

const MINUTE = 60_000;
const RUN = runCalled('night');
const PENDING: JobStatus = { kind: 'pending', terminal: false };
const COMPLETED: JobStatus = { kind: 'completed', terminal: true };

async function prepare(statuses: Answer<JobStatus>[]) {
  const { ledger, clock } = windowLedger(memoryTable());
  const analytics = fakeAnalytics({ statuses });
  const ports = { ledger, analytics, random: () => 0 };
  const claim = await claimedRange(ledger, RUN);
  const submit = () => submitRange(ports, claim, { task: 'export', settings: EXPORT, rawDays: 30 });
  const submitted = await submit();
  const attempt = 'attempt' in submitted ? submitted.attempt : 0;
  const poll = (renewed = false) => pollRange(ports, claim, { attempt, renewed });
  const turn = async () => clock.set((await readRange(ledger, ANALYTICS_DATASET, THREE_DAYS)).nextPollAt);
  return {
    ledger,
    clock,
    analytics,
    claim,
    poll,
    turn,
    submit,
    read: () => readRange(ledger, ANALYTICS_DATASET, THREE_DAYS),
  };
}

describe('ANA-03 polling', () => {
  it('ANA-03 asks only when its turn has come', async () => {
    const { poll, analytics, clock } = await prepare([PENDING]);

    const early = await poll();

    expect(early).toEqual({ outcome: 'pending', pollAt: clock.now() + 10_000 });
    expect(analytics.polled).toEqual([]);
  });

  it.each([
    ['unknown statuses', { kind: 'unknown', terminal: false, text: 'archiving' } satisfies JobStatus],
    ['faults', catalogued('ServerFault', 'CXone answered 502.')],
    ['lost connections', catalogued('ConnectionLost', 'It broke.')],
  ])('ANA-03 goes on after %s', async (_, answer) => {
    const { poll, turn } = await prepare([answer, answer, COMPLETED]);
    await turn();

    const first = await poll();
    await turn();
    await poll();
    await turn();
    const last = await poll();

    expect([first.outcome, last.outcome]).toEqual(['pending', 'completed']);
  });

  it('ANA-03 submits a failed export again twice, then ends with CXone’s own words', async () => {
    const failed: JobStatus = { kind: 'failed', terminal: true, message: 'the planets stood wrong' };
    const { poll, turn, clock } = await prepare([failed]);
    await turn();

    const resubmit = await poll();

    expect(resubmit).toEqual({ outcome: 'resubmit', at: clock.now() + 5 * 60_000 });
    expect(await poll(), 'the cool-down holds for who comes back').toEqual(resubmit);
  });

  it('ANA-03 ends a failed export by name after the resubmissions', async () => {
    const failed: JobStatus = { kind: 'failed', terminal: true, message: 'the planets stood wrong' };
    const { ledger, claim, analytics, submit, turn } = await prepare([failed]);
    const polled = async () => {
      await turn();
      const { attempt } = await readRange(ledger, ANALYTICS_DATASET, THREE_DAYS);
      return pollRange({ ledger, analytics, random: () => 0 }, claim, { attempt, renewed: false });
    };
    await polled();
    await submit();
    await polled();
    await submit();

    const error = await thrownBy(polled());

    expect(error).toMatchObject({
      name: 'ExportFailed',
      message: expect.stringContaining('the planets stood wrong'),
    });
  });

  it('ANA-03 gives up after a day, and keeps the export', async () => {
    const { poll, clock, read, submit, turn } = await prepare([PENDING]);
    await turn();
    expect((await poll()).outcome).toBe('pending');
    clock.set(clock.now() + 24 * 3_600_000);

    const error = await thrownBy(poll());

    expect(error.name).toBe('QueueSaturated');
    expect(await submit()).toMatchObject({ jobId: (await read()).jobId });
  });

  describe('ANA-05 of an export that CXone has forgotten', () => {
    const GONE = catalogued('JobExpired', 'CXone no longer knows the export.', { requestId: 'r-1' });

    /** Submits under a claim what the ledger asks for, and polls it when it is known to be gone. */
    async function prepareGone() {
      const { ledger, clock, claim, read } = await prepare([GONE]);
      const analytics = fakeAnalytics({ statuses: [GONE] });
      const ports = { ledger, analytics, random: () => 0 };
      const poll = async (by: ClaimedRange) =>
        thrownBy(pollRange(ports, by, { attempt: (await read()).attempt, renewed: false }));
      const round = async (by: ClaimedRange) => {
        await submitRange(ports, by, { task: 'export', settings: EXPORT, rawDays: 30 });
        clock.set(clock.now() + 2 * MINUTE);
        return poll(by);
      };
      return { ledger, analytics, claim, poll, round, read };
    }

    it('ANA-05 ends by name with the third under one claim, also for who comes back; the next claim has three more', async () => {
      const { ledger, analytics, claim, poll, round, read } = await prepareGone();

      const first = [await round(claim), await round(claim), await round(claim)];
      const unheard = await poll(claim);
      const later = await claimedRange(ledger, runCalled('next'));
      const second = [await round(later), await round(later), await round(later)];

      const names = ['JobExpired', 'JobExpired', 'ExportFailed'];
      expect([first, second].map((ends) => ends.map(({ name }) => name))).toEqual([names, names]);
      expect(first[2]?.facts).toEqual({ requestId: 'r-1', job: 'export-2', attempt: 3 });
      expect([unheard.name, unheard.facts]).toEqual(['ExportFailed', { job: 'export-2', attempt: 3 }]);
      expect([analytics.orders.length, analytics.polled.length]).toEqual([5, 6]);
      expect(await read()).toMatchObject({ attempt: 6, jobState: 'expired' });
    });

    it('ANA-05 counts it once, however many calls find out at once', async () => {
      const { ledger, claim, round, read } = await prepareGone();
      await round(claim);
      const before = { ...(await read()), forgottenJobs: 0 };

      const ends = [
        await forgotten(ledger, claim, before, GONE),
        await forgotten(ledger, claim, before, GONE),
      ];

      expect(ends.map(({ name }) => name)).toEqual(['JobExpired', 'JobExpired']);
      expect((await read()).forgottenJobs).toBe(1);
    });

    it('ANA-05 fetches nothing more of the third, for who comes back, and submits nothing more', async () => {
      const { ledger, claim, round, read } = await prepareGone();
      await round(claim);
      const once = await read();
      await round(claim);
      await round(claim);
      const thrice = await read();

      const [later, last] = [
        await thrownBy(async () => completedJob(once, claim, once.attempt)),
        await thrownBy(async () => completedJob(thrice, claim, thrice.attempt)),
      ];

      expect([later.name, last.name]).toEqual(['JobExpired', 'ExportFailed']);
      expect((await readRange(ledger, ANALYTICS_DATASET, THREE_DAYS)).attempt).toBe(3);
    });
  });

  it('ANA-05 asks again for an export that CXone does not know yet, which another one would leave behind', async () => {
    const unknown = catalogued('JobExpired', 'CXone does not know the export.');
    const { poll, turn, read } = await prepare([unknown, PENDING]);

    await turn();
    const first = await poll();
    await turn();
    const second = await poll();

    expect([first.outcome, second.outcome]).toEqual(['pending', 'pending']);
    expect(await read()).toMatchObject({ attempt: 1, jobState: 'submitted', jobStatus: 'pending' });
  });

  it('ANA-03 takes 15 s at least where the dataset’s last export had more than 500,000 records', async () => {
    const { ledger, claim, poll, turn, clock, read } = await prepare([PENDING]);
    const state = await read();
    await noteLoaded(ledger, claim, { ...state, records: 500_001 });
    await turn();

    const { pollAt } = { pollAt: 0, ...(await poll()) };

    expect(pollAt - clock.now()).toBe(15_000);
  });

  it('ANA-03 keeps its bounds however often it has polled', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 10_000 }),
        fc.nat({ max: 2_000_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (polls, lastRecords, random) => {
          const delay = exportPollDelay({ polls, lastRecords, random });

          expect(delay).toBeGreaterThanOrEqual(lastRecords > 500_000 ? 15_000 : 10_000);
          expect(delay).toBeLessThanOrEqual(120_000);
        },
      ),
    );
  });
});
