import { afterAll, describe, expect, it } from 'vitest';
import { scenariosOf } from '../../local/cxone/scenarios/table.ts';
import { prepareNights } from '../support/night.ts';
import { mostCallsInAMinute } from '../support/night-expectations.ts';
import { recordOf } from '../support/night-findings.ts';
import { failedWindowsOf, statesOf } from '../support/night-history.ts';
import {
  expectReport,
  readingOf,
  reportNights,
  reportSettings,
  reportTruth,
  reportWindow,
  SKILLS,
} from '../support/report-night.ts';

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

/** Shown by tests of their own, in other files. */
const elsewhere = ['report-new-metrics', 'report-renamed', 'report-nulls', 'report-revised'];

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
