import { afterAll, describe, expect, it } from 'vitest';
import { OperateResult } from '../../lambdas/model/operations.ts';
import { CDR_DATASET } from '../../lambdas/model/payloads.ts';
import { expectCommitted, expectGoodManners, expectShown, truthOf } from '../support/night-expectations.ts';
import { auditVerdict, recordOf, windowOf } from '../support/night-findings.ts';
import { failedWindowsOf, statesOf } from '../support/night-history.ts';
import { calledOf, prepareReleaseNights } from '../support/release-nights.ts';

/** After this time no function of a run that was stopped can still be writing. */
const HALF_AN_HOUR = 1_800_000;

/** Days that the release before fails on, each in another state; what stands in their way has passed by the time of the redrive. */
const JOB_FAILED = '2024-03-02';
const REPLY_LOST = '2024-03-03';
const CUT_SHORT = '2024-03-04';

const nights = await prepareReleaseNights({
  scenariosByDay: {
    // Of the first seven jobs of all days, those of this day: three attempts of the first run.
    [JOB_FAILED]: ['job-failed:7'],
    [REPLY_LOST]: ['lost-reply:5'],
    [CUT_SHORT]: ['short-body:40'],
  },
});
afterAll(() => nights.close());

/** Runs that fail after all their tries take seconds when the machine is ours alone. */
const PATIENCE = 300_000;

const audited = (records: number) => ({ records, pending: 0, findings: [] });

describe('a run that began under the release before', () => {
  it(
    'ALL-18 is redriven with its own definition and functions, over what the new release has written',
    async () => {
      const night = await nights.open();
      const days = ['2024-03-01', JOB_FAILED, REPLY_LOST, CUT_SHORT];
      const truths = await Promise.all(days.map((day) => truthOf(night, day)));
      const failed = await night.run({ from: days[0], to: '2024-03-05' });
      const failures = failedWindowsOf(night, failed.run);
      const upgraded = nights.upgrade();
      await night.restart(upgraded);
      const nightly = await night.run();
      const refreshed = await night.run({ date: days[0], refresh: true });
      const taken = await night.run({ date: REPLY_LOST });
      const ofTheNew = [...upgraded.called];
      upgraded.called.clear();

      const redriven = await night.redrive(failed.run);

      expect(failures).toEqual([
        { day: JOB_FAILED, error: 'ExportFailed', state: 'Poll' },
        { day: REPLY_LOST, error: 'ConnectionLost', state: 'Submit' },
        { day: CUT_SHORT, error: 'PartIncomplete', state: 'Download' },
      ]);
      for (const { status, cause } of [nightly, refreshed, taken, redriven])
        expect(cause ?? status).toBe('SUCCEEDED');
      expect(calledOf(ofTheNew, 1), 'the new release calls its own').toEqual([]);
      expect(calledOf(upgraded.called, 1)).toEqual(
        expect.arrayContaining(['Audit', 'Deliver', 'Download', 'Poll', 'Publish', 'Reconcile', 'Transform']),
      );
      expect(calledOf(upgraded.called, 2), 'and the run that began before, its own').toEqual([]);
      for (const [index, attempts] of [2, 4, 1, 1].entries()) {
        const truth = truths[index];
        if (truth) await expectCommitted(night, truth, attempts);
      }
      expect((await windowOf(night, REPLY_LOST)).committedBy, 'is not done again').toBe(taken.run);
      expect((await windowOf(night, CUT_SHORT)).committedBy).toBe(failed.run);
      expect((await recordOf(night, redriven.run)).windows).toHaveLength(4);
      expect(await auditVerdict(night, 'cdr-export', [CDR_DATASET])).toEqual(audited(5));
      expectGoodManners(night);
      await night.close();
    },
    PATIENCE,
  );

  it('ALL-18 goes on by redrive where the deployment found it, in whatever state', async () => {
    const night = await nights.open();
    const days = [night.day(2), night.day(1), night.day()];
    const truths = await Promise.all(days.map((day) => truthOf(night, day)));
    const stopped = [
      await night.stopAt('JobState', { date: days[0] }),
      await night.stopAt('Transform', { date: days[1] }),
      await night.stopAt('Deliver', { date: days[2] }),
    ];
    const upgraded = nights.upgrade();
    await night.restart(upgraded);
    const other = await night.run({ date: night.day(4) });
    upgraded.called.clear();

    const redriven = [];
    for (const { run } of stopped) redriven.push(await night.redrive(run));

    for (const { status, cause } of [other, ...redriven]) expect(cause ?? status).toBe('SUCCEEDED');
    expect(calledOf(upgraded.called, 2)).toEqual([]);
    for (const truth of truths) {
      await expectCommitted(night, truth);
      expect((await windowOf(night, truth.day)).delivery).toMatchObject({ state: 'delivered' });
    }
    expect(await auditVerdict(night, 'cdr-export', [CDR_DATASET])).toEqual(audited(4));
    expectGoodManners(night);
    await night.close();
  });

  it('ALL-18 does not show its day again where the new release has committed that day anew', async () => {
    const night = await nights.open();
    const stopped = await night.stopAt('Publish');
    await night.restart(nights.upgrade());
    await night.pass(HALF_AN_HOUR);
    night.simulator.use(['rows:50']);
    const restated = await truthOf(night, night.day());
    const refreshed = await night.run({ date: night.day(), refresh: true });

    const redriven = await night.redrive(stopped.run);

    expect([refreshed, redriven].map(({ status, cause }) => cause ?? status)).toEqual([
      'SUCCEEDED',
      'SUCCEEDED',
    ]);
    await expectShown(night, restated, 2);
    expect((await windowOf(night, restated.day)).registrants.size).toBe(0);
    expect(await auditVerdict(night, 'cdr-export', [CDR_DATASET])).toEqual(audited(2));
    await night.close();
  });
});

describe('the new release', () => {
  it('ALL-18 goes on with half-done windows of the release before: same job, same parts, same commit', async () => {
    const night = await nights.open({ scenarios: ['drift'] });
    const days = [night.day(2), night.day(1), night.day()];
    const truths = await Promise.all(days.map((day) => truthOf(night, day)));
    await night.stopAt('JobState', { date: days[0] });
    await night.stopAt('Transform', { date: days[1] });
    await night.stopAt('Publish', { date: days[2] });
    await night.restart(nights.upgrade());
    await night.pass(HALF_AN_HOUR);

    const ended = await night.run({ from: days[0], to: night.day(-1) });

    expect(ended.cause ?? ended.status).toBe('SUCCEEDED');
    for (const truth of truths) await expectCommitted(night, truth);
    expect(night.simulator.jobs.filter(({ day }) => days.includes(day))).toHaveLength(3);
    expect((await recordOf(night, ended.run)).windows.map(({ task }) => task)).toContain('reassert');
    expect(statesOf(night, ended.run).filter((state) => state === 'Transform')).toHaveLength(2);
    expect(await auditVerdict(night, 'cdr-export', [CDR_DATASET])).toEqual(audited(3));
    expectGoodManners(night);
    await night.close();
  });

  it('ALL-18 keeps commits, generations, pins, pauses, drift and marks of the release before', async () => {
    const night = await nights.open({ scenarios: ['drift'] });
    const day = night.day();
    await night.run();
    const { generation } = await windowOf(night, day);
    night.simulator.use(['drift', 'rows:50']);
    await night.run({ date: day, refresh: true });
    await night.operate({ rollback: { dataset: 'cdr', day, to: generation } });
    await night.operate({ pause: { pipeline: 'cdr-export', reason: 'an upgrade' } });
    const upgraded = nights.upgrade();
    await night.restart(upgraded);
    const scheduledTime = new Date(night.startedAt).toISOString();

    const paused = await night.run({ scheduledTime });
    const { output = '' } = await night.operate({ status: {} });
    await night.operate({ resume: { pipeline: 'cdr-export' } });
    const calls = night.calls().length;
    const resumed = await night.run({ scheduledTime });

    expect(await recordOf(night, paused.run)).toMatchObject({ paused: true, windows: [] });
    expect(OperateResult.parse(JSON.parse(output))).toMatchObject({
      status: {
        pipelines: expect.arrayContaining([
          expect.objectContaining({ pipeline: 'cdr-export', paused: expect.anything() }),
        ]),
        datasets: expect.arrayContaining([
          expect.objectContaining({
            dataset: 'cdr',
            lastGoodDay: day,
            committedDays: 1,
            firstPinned: [day],
            openDrift: 2,
          }),
        ]),
      },
    });
    expect(resumed.cause ?? resumed.status).toBe('SUCCEEDED');
    expect(night.calls().length, 'nothing is asked for again').toBe(calls);
    expect(await windowOf(night, day)).toMatchObject({ generation, pinned: true });
    await night.operate({ unpin: { dataset: 'cdr', day } });
    const again = await night.run({ date: day, refresh: true });
    expect(again.cause ?? again.status).toBe('SUCCEEDED');
    await expectShown(night, await truthOf(night, day), 3);
    expect((await recordOf(night, again.run)).drift).toEqual({ raised: [], open: 2 });
    expect(calledOf(upgraded.called, 1)).toEqual([]);
    expect(await auditVerdict(night, 'cdr-export', [CDR_DATASET])).toEqual(audited(4));
    await night.close();
  });
});
