import { afterAll, describe, expect, it } from 'vitest';
import { Day, isoInstant, startOf } from '../../lambdas/model/days.ts';
import { prepareNights } from '../support/night.ts';
import { mostCallsInAMinute } from '../support/night-expectations.ts';
import { recordOf } from '../support/night-findings.ts';
import { failedStateOf, failedWindowsOf, statesOf } from '../support/night-history.ts';
import { snapshotOf } from '../support/night-snapshot.ts';
import {
  expectReport,
  QUEUES,
  readingOf,
  reportMarks,
  reportNights,
  reportSettings,
  reportTruth,
  reportWindow,
  SKILLS,
} from '../support/report-night.ts';

const DAY_MILLISECONDS = 86_400_000;
const HALF_AN_HOUR = 1_800_000;
const START = '2024-05-10';

const nights = await prepareNights(reportNights());
const oneReport = await prepareNights(reportNights([reportSettings(SKILLS)]));
const oneBroken = await prepareNights(
  reportNights([
    reportSettings(SKILLS),
    reportSettings(QUEUES, { key: ['interval_start', 'skill_id'], mapping: 'report-agent-performance.v1' }),
  ]),
);

afterAll(async () => {
  await nights.close();
  await oneReport.close();
  await oneBroken.close();
});

const endOf = (day: string) => isoInstant(startOf(Day.parse(day)) + DAY_MILLISECONDS);

describe('a night of reports', () => {
  it('REP-01 REP-02 reads every report of the tenant, a window each, in one run', async () => {
    const night = await nights.open();
    const day = night.day();

    const ended = await night.run();

    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    for (const dataset of [SKILLS, QUEUES]) {
      await expectReport(night, dataset, day, reportTruth(night, dataset, day));
      expect(await reportMarks(night, dataset)).toMatchObject({
        loadedThrough: endOf(day),
        maxEvent: `${day}T23:00:00.000Z`,
      });
    }
    const record = await recordOf(night, ended.run);
    expect(record.windows.map(({ dataset, outcome }) => [dataset, outcome])).toEqual([
      [SKILLS, 'committed'],
      [QUEUES, 'committed'],
    ]);
    expect(record.datasets.map(({ dataset, loadedThrough }) => [dataset, loadedThrough])).toEqual([
      [SKILLS, endOf(day)],
      [QUEUES, endOf(day)],
    ]);
    const asked = night.calls().filter(({ kind }) => kind === 'report');
    expect(asked.every(({ body }) => JSON.stringify(body).includes('"timezone":"UTC"'))).toBe(true);
    expect(night.violations()).toEqual([]);
    await night.close();
  });

  it('REP-01 reads the last two days again: what has not changed keeps its generation, what has gets another', async () => {
    const night = await oneReport.open();
    const first = night.day();
    await night.run();
    await night.pass(DAY_MILLISECONDS);
    const second = night.day();
    await night.run();
    const before = [await reportWindow(night, SKILLS, first), await reportWindow(night, SKILLS, second)];
    night.simulator.use(['report-revised']);
    await night.pass(DAY_MILLISECONDS);

    const ended = await night.run();

    const { windows } = await recordOf(night, ended.run);
    expect(windows.map(({ day, task, outcome }) => [day, task, outcome])).toEqual([
      [night.day(), 'export', 'committed'],
      [first, 'restate', 'committed'],
      [second, 'restate', 'committed'],
    ]);
    expect(before[0]?.attempt).toBe(2);
    expect((await recordOf(night, ended.run)).windows).toHaveLength(3);
    for (const day of [first, second, night.day()])
      await expectReport(night, SKILLS, day, reportTruth(night, SKILLS, day));
    expect((await reportWindow(night, SKILLS, first)).generation).not.toBe(before[0]?.generation);
    await night.close();
  });

  it('REP-01 an unchanged day makes no new generation, however its pages came', async () => {
    const night = await oneReport.open();
    const day = night.day();
    await night.run();
    const before = await reportWindow(night, SKILLS, day);
    night.simulator.use(['report-truncated-large-pages']);

    const ended = await night.run({ date: day, refresh: true });

    const after = await reportWindow(night, SKILLS, day);
    expect(ended.status).toBe('SUCCEEDED');
    expect([after.attempt, after.generation]).toEqual([2, before.generation]);
    expect(after.committedAt).toBe(before.committedAt);
    expect((await recordOf(night, ended.run)).windows).toMatchObject([{ outcome: 'unchanged' }]);
    await night.close();
  });

  it('REP-01 begins at the configured day, and reads one report where it is named', async () => {
    const early = await prepareNights(
      reportNights([reportSettings(SKILLS, { startDate: START }), reportSettings(QUEUES)]),
    );
    const night = await early.open();

    const one = await night.run({ report: QUEUES });
    const rest = await night.run();

    const days = (record: Awaited<ReturnType<typeof recordOf>>) =>
      record.windows.map(({ dataset, day }) => `${dataset} ${day}`).toSorted();
    expect(days(await recordOf(night, one.run))).toEqual([`${QUEUES} ${night.day()}`]);
    const expected = [0, 1, 2, 3, 4, 5].map((earlier) => `${SKILLS} ${night.day(earlier)}`).toSorted();
    expect(expected[0]).toBe(`${SKILLS} ${START}`);
    expect(days(await recordOf(night, rest.run))).toEqual(expected);
    expect((await reportMarks(night, SKILLS)).loadedThrough).toBe(endOf(night.day()));
    await early.close();
  });

  it('ALL-14 shows in a dry run what it would read, and leaves no trace', async () => {
    const night = await nights.open();
    const before = await snapshotOf(night);

    const ended = await night.run({ dryRun: true });

    const output = JSON.parse(night.platform.engine.describe(ended.run).output ?? '{}');
    expect(output).toMatchObject({ windows: 2, estimate: { calls: 7 } });
    expect(output.preview).toEqual([
      { dataset: SKILLS, day: night.day(), task: 'export' },
      { dataset: QUEUES, day: night.day(), task: 'export' },
    ]);
    expect(await snapshotOf(night)).toEqual(before);
    await night.close();
  });

  it('ALL-02 refuses a report that is not configured, and what only other pipelines take', async () => {
    const night = await nights.open();

    const ended = await night.run({
      report: 'nobody',
      columns: ['CallId'],
      from: '2024-05-02',
      to: '2024-05-01',
    });

    expect(ended).toMatchObject({ status: 'FAILED', error: 'InputRefused' });
    for (const path of ['columns', 'to']) expect(ended.cause).toContain(`${path}: found`);
    expect(night.calls()).toEqual([]);
    await night.close();
  });
});

describe('runs of reports that fail or meet', () => {
  it('ALL-16 a report that fails does not stop the others, and Reconcile names it', async () => {
    const night = await oneBroken.open();
    const day = night.day();

    const ended = await night.run();

    expect(ended).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
    expect(ended.cause).toContain(`${QUEUES} ${day} CompletenessBelowThreshold`);
    expect(failedStateOf(night, ended.run)).toBe('Reconcile');
    expect(failedWindowsOf(night, ended.run)).toMatchObject([{ day, state: `Transform ${QUEUES}` }]);
    await expectReport(night, SKILLS, day, reportTruth(night, SKILLS, day));
    await night.close();
  });

  it('ALL-03 a run that died between pages goes on by redrive at the next page', async () => {
    const night = await oneReport.open({ scenarios: ['report-rows:100', 'report-truncated-large-pages'] });
    const day = night.day();
    const truth = reportTruth(night, SKILLS, day);
    const dead = await night.start();
    while (!statesOf(night, dead).includes('RestAfterTruncation'))
      await new Promise((resolve) => setImmediate(resolve));
    await night.restart();
    const before = await readingOf(night, SKILLS, day);

    const redriven = await night.redrive(dead);

    const after = await readingOf(night, SKILLS, day);
    expect(redriven.status).toBe('SUCCEEDED');
    expect([before?.attempt, after?.attempt, before?.cuts.length]).toEqual([1, 1, 1]);
    await expectReport(night, SKILLS, day, truth);
    await night.close();
  });

  it('ALL-03 two at once of one window leave one generation; one of them stands back', async () => {
    const night = await oneReport.open();
    const day = night.day();

    const started = await Promise.all([night.start(), night.start()]);
    const ended = await Promise.all(started.map((run) => night.ended(run)));

    expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    await expectReport(night, SKILLS, day, reportTruth(night, SKILLS, day));
    expect((await reportWindow(night, SKILLS, day)).attempt).toBe(1);
    await night.close();
  });

  it('REP-08 ALL-05 runs that finish in the wrong order leave the right marks; a back-fill fills holes and lowers nothing', async () => {
    const night = await oneReport.open();
    const first = night.day();
    await night.run();
    await night.pass(4 * DAY_MILLISECONDS);
    const [second, third, last] = [night.day(3), night.day(2), night.day()];
    await night.run({ date: last });
    const withHole = await reportMarks(night, SKILLS);
    await night.run({ date: third });
    const stillWithHole = await reportMarks(night, SKILLS);
    await night.pass(HALF_AN_HOUR);

    const filled = await night.run({ from: second, to: last });

    expect(withHole).toMatchObject({ loadedThrough: endOf(first), maxEvent: `${last}T23:00:00.000Z` });
    expect(stillWithHole).toEqual(withHole);
    expect(filled.status).toBe('SUCCEEDED');
    expect(await reportMarks(night, SKILLS)).toMatchObject({
      loadedThrough: endOf(last),
      maxEvent: `${last}T23:00:00.000Z`,
    });
    await night.close();
  });
});

describe('eight runs at once', () => {
  it('REP-02 ALL-08 keep to 100 calls in every minute, repeated ones among them, and all rows arrive', async () => {
    const night = await oneReport.open({ scenarios: ['report-rows:60', 'rate-limit:100', 'fault-rate:0.1'] });
    const days = [8, 7, 6, 5, 4, 3, 2, 1].map((earlier) => night.day(earlier));

    const started = await Promise.all(days.map((date) => night.start({ date })));
    const ended = await Promise.all(started.map((run) => night.ended(run)));

    const calls = night.calls().filter(({ kind }) => kind === 'report');
    expect(ended.map(({ status }) => status)).toEqual(days.map(() => 'SUCCEEDED'));
    expect(calls.length).toBeGreaterThan(30);
    expect(calls.filter(({ status }) => status !== 200)).not.toEqual([]);
    expect(mostCallsInAMinute(calls)).toBeLessThanOrEqual(100);
    expect(night.violations()).toEqual([]);
    for (const day of days) await expectReport(night, SKILLS, day, reportTruth(night, SKILLS, day));
    await night.close();
  });
});
