import { expect } from 'vitest';
import { lastSettledDay } from '../../lambdas/model/days.ts';
import { auditedKinds } from '../support/night-audit.ts';
import {
  expectReport,
  reportGenerations,
  reportNights,
  reportSettings,
  reportTruth,
  reportWindow,
  SKILLS,
} from '../support/report-night.ts';
import { describeCrashes } from './crash-matrix.ts';
import { NIGHT_BEGINS } from './living-stores.ts';

const DAY = lastSettledDay(NIGHT_BEGINS, 2 * 3_600_000);

await describeCrashes({
  title: 'REP-05 ALL-03 ALL-04 ALL-12 a replay of a day that was committed under other settings',
  ...reportNights([reportSettings(SKILLS)]),
  pipeline: 'report-sync',
  input: { date: DAY, replay: true },
  earlier: { settings: reportNights([reportSettings(SKILLS, { outputs: ['parquet'] })]) },
  services: ['dynamodb', 's3', 'kms', 'glue'],
  sample: 6,
  async expectRecovered(night) {
    await expectReport(night, SKILLS, DAY, reportTruth(night, SKILLS, DAY));
    const { generation, replaced, commits, sourceAttempt } = await reportWindow(night, SKILLS, DAY);
    expect((await reportGenerations(night, SKILLS, DAY)).toSorted()).toEqual(
      [generation, replaced].toSorted(),
    );
    expect([commits, sourceAttempt]).toEqual([2, 1]);
    expect(await auditedKinds(night, 'report-sync', SKILLS)).toEqual(['commit', 'replay']);
    // A page and the second look at the last interval, by the run before: the replay has asked for nothing.
    expect(night.calls().filter(({ kind }) => kind === 'report')).toHaveLength(2);
  },
});
