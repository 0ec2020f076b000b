import { afterAll, describe, expect, it } from 'vitest';
import { readMarks } from '../../lambdas/ledger/marks.ts';
import { readWindow } from '../../lambdas/ledger/windows.ts';
import { Day, daysBetween, plusDays } from '../../lambdas/model/days.ts';
import type { DatasetId } from '../../lambdas/model/ids.ts';
import { ANALYTICS_DATASET, CDR_DATASET } from '../../lambdas/model/payloads.ts';
import type { WindowedPipelineName } from '../../lambdas/model/pipelines.ts';
import {
  archivedOf,
  archiveMarksOf,
  archiveRecordOf,
  expectArchived,
  expectGoodManners,
} from '../support/archive-night.ts';
import { expectInteractions, interactionTruth } from '../support/interaction-night.ts';
import { type Night, prepareNights } from '../support/night.ts';
import {
  expectShown,
  mostCallsInAMinute,
  shortestPollDistance,
  truthOf,
} from '../support/night-expectations.ts';
import { recordOf, storesOf } from '../support/night-findings.ts';
import { expectReport, reportSettings, reportTruth, SKILLS } from '../support/report-night.ts';

/** A year where there is time (`npm run test:soak`), twelve days else. */
const DAYS = process.env.CXONE_EXPORT_SOAK === 'all' ? 366 : 12;
const FROM = Day.parse('2023-01-01');
const TO = plusDays(FROM, DAYS);
const BAD = [plusDays(FROM, 3), plusDays(FROM, 6), plusDays(FROM, DAYS - 2)];
const GOOD = daysBetween(FROM, TO).filter((day) => !BAD.includes(day));

/** What a back-fill of a pipeline is held to. */
interface Backfill {
  pipeline: WindowedPipelineName;
  dataset: DatasetId;
  /** What stops a bad day, and what CXone does on it. */
  error: string;
  scenario: string;
  /** The most calls that CXone allows in a minute. */
  callsAMinute: number;
  /** The day is committed with exactly what CXone has. */
  expectDay(night: Night, day: Day): Promise<void>;
}

const BACK_FILLS: readonly Backfill[] = [
  {
    pipeline: 'cdr-export',
    dataset: CDR_DATASET,
    error: 'RequiredColumnMissing',
    scenario: 'missing-column:StartTime',
    callsAMinute: 60,
    expectDay: async (night, day) => expectShown(night, await truthOf(night, day)),
  },
  {
    pipeline: 'analytics-export',
    dataset: ANALYTICS_DATASET,
    error: 'CompletenessBelowThreshold',
    scenario: 'interactions-lacking:5',
    callsAMinute: 60,
    expectDay: (night, day) => expectInteractions(night, day, interactionTruth(night, day)),
  },
  {
    pipeline: 'report-sync',
    dataset: SKILLS,
    error: 'TimestampNotUtc',
    scenario: 'report-local-time',
    callsAMinute: 100,
    expectDay: (night, day) => expectReport(night, SKILLS, day, reportTruth(night, SKILLS, day)),
  },
];

const nights = await prepareNights({
  simulator: {
    rows: 20,
    parts: 1,
    scenariosByDay: Object.fromEntries(BAD.map((day) => [day, BACK_FILLS.map(({ scenario }) => scenario)])),
  },
  cdr: { startDate: FROM, windowsAtOnce: 8 },
  pipelines: {
    analytics: { startDate: FROM, outputs: ['parquet', 'jsonl'] },
    reports: { reports: [reportSettings(SKILLS, { startDate: FROM })] },
    archive: {},
  },
});

/** A night whose engine ends when a third of the days is committed. */
async function openInterrupted(pipeline: WindowedPipelineName) {
  const third = Promise.withResolvers<void>();
  let committed = 0;
  const night = await nights.open({
    pipeline,
    scenarios: ['interactions:20', 'report-rows:2'],
    onEffect: (phase, { operation }) => {
      if (phase !== 'after' || operation !== 'CreatePartition') return;
      committed += 1;
      if (committed === Math.floor(DAYS / 3)) third.resolve();
    },
  });
  return { night, third: third.promise };
}

describe('ALL-16 a back-fill of many days in one start', () => {
  afterAll(() => nights.close());

  it.each(BACK_FILLS)(
    'of $pipeline survives its end in the middle beside a nightly run; bad days stop no other, are listed, and are all that a redrive does',
    async ({ pipeline, dataset, error, callsAMinute, expectDay }) => {
      const { night, third } = await openInterrupted(pipeline);
      const run = await night.start({ from: FROM, to: TO });
      // It is due for the last day, and for the oldest ones that are missing: those of the back-fill.
      await night.start({});
      await third;
      await night.restart();
      const { ledger } = storesOf(night);

      const [redriven, nightly] = await Promise.all([night.redrive(run), night.run({})]);

      expect(redriven).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
      expect(nightly.error ?? 'WindowsFailed', 'for nothing but a bad day').toBe('WindowsFailed');
      const jobs = night.simulator.jobs.length + night.simulator.exports.length;
      const calls = night.calls().length;

      const again = await night.redrive(run);

      expect(again).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
      for (const day of BAD) expect(again.cause).toContain(`${day} ${error}`);
      expect(again.cause).toContain('3 of the run');
      const { windows } = await recordOf(night, run);
      const failed = windows.filter(({ outcome }) => outcome === 'failed');
      expect(failed.map(({ day, error: name }) => [day, name])).toEqual(BAD.map((day) => [day, error]));
      expect(night.simulator.jobs.length + night.simulator.exports.length, 'no job more').toBe(jobs);
      const asked = night
        .calls()
        .slice(calls)
        .flatMap(({ day }) => day ?? []);
      expect(asked.filter((day) => !BAD.includes(Day.parse(day)))).toEqual([]);
      for (const day of [...GOOD, Day.parse(night.day())])
        expect((await readWindow(ledger, dataset, day)).generation, day).toBeDefined();
      for (const day of BAD) expect((await readWindow(ledger, dataset, day)).generation, day).toBeUndefined();
      expect((await readMarks(ledger, dataset)).loadedThrough).toBe(`${BAD[0]}T00:00:00.000Z`);
      for (const day of [GOOD[0], GOOD.at(-1), night.day()]) await expectDay(night, Day.parse(day));
      expect(night.violations()).toEqual([]);
      expect(mostCallsInAMinute(night.calls())).toBeLessThanOrEqual(callsAMinute);
      if (pipeline === 'cdr-export') {
        expect(shortestPollDistance(night.calls()), 'milliseconds between polls').toBeGreaterThanOrEqual(
          15_000,
        );
        const days = night.simulator.jobs.map(({ day }) => day);
        expect(days.length, 'one job a day').toBe(new Set(days).size);
      }
      await night.close();
    },
  );

  it('ARC-01 of the archive survives its end in the middle: every interaction of every day is archived and marked once, and no night archives it again', async () => {
    const third = Promise.withResolvers<void>();
    let sealed = 0;
    const night = await nights.open({
      pipeline: 'interaction-archive',
      scenarios: ['closed-interactions:2'],
      onEffect: (phase, { operation }) => {
        if (phase !== 'after' || operation !== 'GenerateDataKey') return;
        sealed += 1;
        if (sealed === Math.floor(DAYS / 3)) third.resolve();
      },
    });
    const due = night.simulator.closedInteractions(`${FROM}T00:00:00.000Z`, `${TO}T00:00:00.000Z`);
    const run = await night.start({ from: FROM, to: TO });
    await third.promise;
    await night.restart();

    const redriven = await night.redrive(run);

    const { report } = await archiveRecordOf(night, run);
    const looks = night.calls().filter(({ kind }) => kind === 'detail');
    const marks = await archiveMarksOf(night);
    expect(redriven).toMatchObject({ status: 'SUCCEEDED' });
    expect(due).toHaveLength(2 * DAYS);
    expect(report).toMatchObject({ total: due.length, archived: due.length, failed: {}, unavailable: {} });
    expect(looks, 'a look each').toHaveLength(due.length);
    expect(marks.loadedThrough, 'a range of the past moves no mark').toBeUndefined();
    await expectArchived(night, due);
    await night.pass(3_600_000);
    const nightly = await night.run({});
    const after = (await archiveRecordOf(night, nightly.run)).report;
    expect(after, 'what our marks have moved is the same').toMatchObject({
      unchanged: due.length,
      failed: {},
    });
    const ids = (await archivedOf(night)).map(({ id }) => id);
    expect(new Set(ids).size, 'nothing is archived twice').toBe(ids.length);
    expect(ids).toHaveLength(due.length + Number(after?.archived));
    expectGoodManners(night);
    await night.close();
  });
});
