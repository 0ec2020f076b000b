import { afterAll, describe, expect, it } from 'vitest';
import { acknowledgeDrift } from '../../lambdas/ledger/drift.ts';
import { scenariosOf } from '../../local/cxone/scenarios/table.ts';
import { type Ended, type Night, prepareNights } from '../support/night.ts';
import { mostCallsInAMinute } from '../support/night-expectations.ts';
import { recordOf, storesOf } from '../support/night-findings.ts';
import { failedWindowsOf, statesOf } from '../support/night-history.ts';
import {
  expectReport,
  readingOf,
  reportColumns,
  reportNights,
  reportRows,
  reportSettings,
  reportTruth,
  reportWindow,
  SKILLS,
} from '../support/report-night.ts';

const DAY_MILLISECONDS = 86_400_000;

const nights = await prepareNights(reportNights([reportSettings(SKILLS)]));

afterAll(() => nights.close());

/** What a night survives by itself; `rests`: it waits for five minutes so often. */
const survived: readonly { requirement: string; scenarios: string; cuts?: number; rests?: number }[] = [
  { requirement: 'REP-02', scenarios: 'report-rows:40' },
  { requirement: 'REP-03', scenarios: 'report-closed' },
  { requirement: 'REP-01', scenarios: 'report-empty' },
  { requirement: 'REP-03', scenarios: 'report-truncated', cuts: 1, rests: 1 },
  { requirement: 'REP-03', scenarios: 'report-truncated-large-pages', cuts: 2, rests: 1 },
  { requirement: 'REP-03', scenarios: 'report-truncated-long:12', cuts: 3, rests: 1 },
  { requirement: 'REP-03', scenarios: 'report-truncated,report-total-missing', cuts: 1, rests: 1 },
  { requirement: 'REP-03', scenarios: 'report-truncated:100,report-total-stale', cuts: 1, rests: 1 },
  { requirement: 'REP-03', scenarios: 'report-total-missing' },
  { requirement: 'REP-03', scenarios: 'report-total-stale' },
  { requirement: 'REP-03', scenarios: 'report-total-growing,report-rows:40' },
  { requirement: 'REP-05', scenarios: 'report-renamed' },
  { requirement: 'ALL-08', scenarios: 'throttle-seconds' },
  { requirement: 'ALL-08', scenarios: 'throttle-date' },
  { requirement: 'ALL-08', scenarios: 'throttle-silent' },
  { requirement: 'ALL-09', scenarios: 'server-errors' },
  { requirement: 'ALL-09', scenarios: 'html-errors' },
  { requirement: 'ALL-09', scenarios: 'reset' },
  { requirement: 'ALL-09', scenarios: 'short-body' },
  { requirement: 'ALL-09', scenarios: 'clean-short' },
  { requirement: 'ALL-09', scenarios: 'fault-rate:0.3,report-rows:40' },
  { requirement: 'ALL-07', scenarios: 'token-life:60' },
  { requirement: 'ALL-07', scenarios: 'token-revoked:1' },
];

/** What stops a window by name; nothing is committed. */
const stopped = [
  { requirement: 'REP-03', scenarios: 'report-truncated-always', error: 'ReportTruncated' },
  { requirement: 'REP-03', scenarios: 'report-total-too-high', error: 'ReportTruncated' },
  { requirement: 'REP-07', scenarios: 'report-local-time', error: 'TimestampNotUtc' },
  { requirement: 'ALL-07', scenarios: 'scope-missing:data:reporting:read', error: 'ScopeMissing' },
  { requirement: 'ALL-09', scenarios: 'server-errors:100', error: 'ServerFault' },
];

/** Shown by tests of their own: below, and `report-revised` among the nights of reports. */
const elsewhere = ['report-new-metrics', 'report-nulls', 'report-never', 'report-revised'];

describe('OPS-06 a night in which the reporting API behaves as it has in production', () => {
  it('has a path for every scenario of reports', () => {
    const taken = [...survived, ...stopped].flatMap(({ scenarios }) => scenarios.split(','));
    const names = new Set([...taken.map((text) => text.split(':')[0]), ...elsewhere]);

    expect(Object.keys(scenariosOf.reporting).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(survived)(
    '$requirement commits the right rows under $scenarios',
    async ({ scenarios, cuts = 0, rests = 0 }) => {
      const night = await nights.open({ scenarios: scenarios.split(',') });
      const day = night.day();
      const truth = reportTruth(night, SKILLS, day);

      const ended = await night.run();

      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
      await expectReport(night, SKILLS, day, truth);
      const reading = await readingOf(night, SKILLS, day);
      expect([reading?.state, reading?.cuts.length, reading?.pauses]).toEqual(['complete', cuts, rests]);
      expect((await recordOf(night, ended.run)).windows).toMatchObject([
        { reading: { complete: true, cuts, rests, received: truth.length } },
      ]);
      const waits = statesOf(night, ended.run).filter((state) => state === 'RestAfterTruncation');
      expect(waits).toHaveLength(rests);
      expect(night.violations()).toEqual([]);
      expect(mostCallsInAMinute(night.calls())).toBeLessThanOrEqual(100);
      await night.close();
    },
  );

  it.each(stopped)('$requirement ends as $error under $scenarios', async ({ scenarios, error }) => {
    const night = await nights.open({ scenarios: scenarios.split(',') });
    const day = night.day();

    const ended = await night.run();

    expect(ended).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
    expect(ended.cause).toContain(`${SKILLS} ${day} ${error}`);
    expect(failedWindowsOf(night, ended.run)).toEqual([{ day, error, state: 'ReadReport' }]);
    expect((await reportWindow(night, SKILLS, day)).generation).toBeUndefined();
    expect((await recordOf(night, ended.run)).windows).toMatchObject([{ dataset: SKILLS, error }]);
    await night.close();
  });
});

/** The day's drift as the run's record has it. */
async function driftOf(night: Night, { run }: Ended) {
  const { windows, drift } = await recordOf(night, run);
  return { window: windows[0]?.drift, ...drift };
}

describe('REP-06 a report whose columns change', () => {
  it('REP-06 keeps new metrics by name, raises them once, and acknowledges them once', async () => {
    const night = await nights.open({ scenarios: ['report-new-metrics:2'] });
    const [first, truth] = [night.day(), reportTruth(night, SKILLS, night.day())];
    const metrics = ['metric.added1.count', 'metric.added2.count'];

    const met = await night.run();
    const acknowledged = await acknowledgeDrift(storesOf(night).ledger, SKILLS, 'metric.added1.count');
    await night.pass(DAY_MILLISECONDS);
    const again = await night.run();

    await expectReport(night, SKILLS, first, truth);
    const extras = (await reportRows(night, SKILLS, first)).map(({ extra_columns }) => extra_columns);
    expect(extras.slice(0, 2)).toEqual([
      { 'metric.added1.count': 0, 'metric.added2.count': 1 },
      { 'metric.added1.count': 1, 'metric.added2.count': 2 },
    ]);
    expect(await driftOf(night, met)).toEqual({
      window: { new: metrics, missing: [], retyped: [], empty: [] },
      raised: metrics,
      open: 2,
    });
    expect(acknowledged).toBe(true);
    expect(await driftOf(night, again)).toMatchObject({ window: { new: metrics }, raised: [], open: 1 });
    await night.close();
  });

  it('REP-06 takes a field under a name that nobody knows for a new one, and tells what is missing', async () => {
    const night = await nights.open({ scenarios: ['report-renamed:taken'] });

    const ended = await night.run();

    expect(await driftOf(night, ended)).toEqual({
      window: {
        new: ['metric.calls.taken'],
        missing: ['calls_answered'],
        retyped: [],
        empty: ['calls_answered'],
      },
      raised: ['metric.calls.taken'],
      open: 1,
    });
    const [row] = await reportRows(night, SKILLS, night.day());
    const [record] = reportTruth(night, SKILLS, night.day());
    expect(row).toMatchObject({
      calls_answered: null,
      extra_columns: { 'metric.calls.taken': expect.any(Number) },
    });
    expect(record).toMatchObject({
      metric: { calls: { taken: row?.extra_columns?.['metric.calls.taken'] } },
    });
    await night.close();
  });

  it('REP-04 has the same columns of the same types whatever the values of a day look like', async () => {
    const night = await nights.open();
    const days = {
      usual: [night.day(5)],
      'report-nulls': [night.day(4)],
      'report-never': [night.day(3)],
      'report-new-metrics:3': [night.day(2)],
      'report-renamed:taken': [night.day(1)],
      'report-empty': [night.day()],
    };
    const columns: Record<string, string[]> = {};
    const drifts: Record<string, Awaited<ReturnType<typeof driftOf>>> = {};

    for (const [scenario, [date = '']] of Object.entries(days)) {
      night.simulator.use(scenario === 'usual' ? [] : [scenario]);
      drifts[scenario] = await driftOf(night, await night.run({ date }));
      columns[scenario] = await reportColumns(night, SKILLS, date);
    }

    const { usual = [], ...others } = columns;
    expect(usual).toEqual(
      expect.arrayContaining(['calls_answered BIGINT', 'wait_average_seconds DOUBLE', 'comment VARCHAR']),
    );
    for (const [scenario, found] of Object.entries(others)) expect(found, scenario).toEqual(usual);
    expect(drifts['report-nulls']?.window).toBeUndefined();
    expect(drifts['report-never']?.window).toMatchObject({ new: [], missing: [], empty: ['comment'] });
    const comments = (await reportRows(night, SKILLS, night.day(4))).map(({ comment }) => comment);
    expect(comments.slice(0, 5).toSorted()).toEqual(['as usual', null, null, null, null]);
    await night.close();
  });
});
