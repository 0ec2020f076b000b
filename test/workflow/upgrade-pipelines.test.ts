import { afterAll, describe, expect, it } from 'vitest';
import { actionOf, anHour, fieldsOf, numbers, restOf } from '../support/action-night.ts';
import { dueInteractions, expectArchived } from '../support/archive-night.ts';
import { expectInteractions, exportsOf, interactionTruth, SMALL_DAYS } from '../support/interaction-night.ts';
import { auditVerdict } from '../support/night-findings.ts';
import { calledOf, prepareReleaseNights } from '../support/release-nights.ts';
import { expectReport, reportTruth, SKILLS } from '../support/report-night.ts';

/** After this time no function of a run that was stopped can still be writing. */
const HALF_AN_HOUR = 1_800_000;

const nights = await prepareReleaseNights();
afterAll(() => nights.close());

/** What two runs of the release before are, where they are stopped, and under which scenarios. */
interface Halves {
  pipeline: 'analytics-export' | 'report-sync' | 'interaction-archive' | 'data-action-dates';
  scenarios: string[];
  state: string;
  /** The given time that the state is entered. Default 1. */
  time?: number;
  /** Input of the run that is redriven. Default: the last day. */
  redriven?: unknown;
  /** Input of the run that is begun anew. Default: another day. */
  anew?: unknown;
}

/**
 * Stops two runs of the release before and deploys the new one over them. Then the new release does by a run of its own what the second was
 * about, over what that has left; and the first is redriven, over what the new release has written.
 */
async function upgradedNight({ pipeline, scenarios, state, time, ...inputs }: Halves) {
  const night = await nights.open({ pipeline, scenarios });
  const first = inputs.redriven ?? { date: night.day() };
  const second = inputs.anew ?? { date: night.day(3) };
  const stopped = await night.stopAt(state, first, time);
  await night.stopAt(state, second, time);
  const upgraded = nights.upgrade();
  await night.restart(upgraded);
  await night.pass(HALF_AN_HOUR);
  const anew = await night.run(second);
  const ofTheNew = [...upgraded.called];
  upgraded.called.clear();
  const redriven = await night.redrive(stopped.run);
  for (const { status, cause } of [anew, redriven]) expect(cause ?? status).toBe('SUCCEEDED');
  expect(calledOf(ofTheNew, 1)).toEqual([]);
  expect(calledOf(upgraded.called, 2)).toEqual([]);
  expect(calledOf(upgraded.called, 1).length).toBeGreaterThan(2);
  return night;
}

describe('runs of the release before, one redriven and one begun anew after the deployment', () => {
  it('ALL-18 fetch what is left of the pages of their exports', async () => {
    const night = await upgradedNight({
      pipeline: 'analytics-export',
      // So many pages that the token is over before the last: they take two invocations.
      scenarios: [SMALL_DAYS, 'page-size:1', 'token-short-life'],
      state: 'FetchPages',
      time: 2,
    });

    for (const day of [night.day(), night.day(3)])
      await expectInteractions(night, day, interactionTruth(night, day));
    expect(exportsOf(night)).toHaveLength(2);
    expect(await auditVerdict(night, 'analytics-export')).toEqual({ records: 2, pending: 0, findings: [] });
    await night.close();
  });

  it('ALL-18 keep the rest that a report was cut short for, and read on from where they were', async () => {
    const night = await upgradedNight({
      pipeline: 'report-sync',
      scenarios: ['report-truncated-large-pages'],
      state: 'RestAfterTruncation',
    });

    for (const day of [night.day(), night.day(3)])
      await expectReport(night, SKILLS, day, reportTruth(night, SKILLS, day));
    expect(await auditVerdict(night, 'report-sync')).toEqual({ records: 2, pending: 0, findings: [] });
    expect(night.violations()).toEqual([]);
    await night.close();
  });

  it('ALL-18 archive every interaction once, and mark what was sealed', async () => {
    const night = await upgradedNight({
      pipeline: 'interaction-archive',
      scenarios: ['closed-interactions:4'],
      state: 'MarkDay',
      redriven: {},
    });

    await expectArchived(night, dueInteractions(night));
    expect(await auditVerdict(night, 'interaction-archive')).toMatchObject({ pending: 0, findings: [] });
    await night.close();
  });

  it('ALL-18 update what is left of their data actions, each once, each with its audit record', async () => {
    const updates = (first: number, last: number) => ({
      updates: numbers(first, last).map((number) => anHour(number)),
    });
    const night = await upgradedNight({
      pipeline: 'data-action-dates',
      scenarios: [],
      state: 'AuditUpdates',
      redriven: updates(1, 4),
      anew: updates(5, 8),
    });

    for (const number of numbers(1, 8)) {
      expect(fieldsOf(night, number).computedValue).toBe('2024-03-10T07:30:00.000Z');
      expect(actionOf(night, number).writes).toBe(1);
      expect(restOf(actionOf(night, number).text)).toBe(restOf(actionOf(night, number).untouched));
    }
    expect(await auditVerdict(night, 'data-action-dates')).toEqual({ records: 8, pending: 0, findings: [] });
    await night.close();
  });
});
