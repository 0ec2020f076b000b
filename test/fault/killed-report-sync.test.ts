import { expect } from 'vitest';
import { lastSettledDay } from '../../lambdas/model/days.ts';
import {
  expectReport,
  reportGenerations,
  reportMarks,
  reportNights,
  reportSettings,
  reportTruth,
  reportWindow,
  SKILLS,
} from '../support/report-night.ts';
import { describeCrashes } from './crash-matrix.ts';
import { FIRST_RUN, NIGHT_BEGINS } from './living-stores.ts';

const DAY = lastSettledDay(NIGHT_BEGINS, 2 * 3_600_000);

await describeCrashes({
  title: 'ALL-03 ALL-04 REP-02 REP-03 a night of a report that CXone cuts short once',
  ...reportNights([reportSettings(SKILLS)], { simulator: { scenarios: ['report-truncated:70'] } }),
  pipeline: 'report-sync',
  services: ['dynamodb', 's3', 'kms', 'glue', 'secretsmanager', 'http'],
  sample: 8,
  async expectRecovered(night) {
    await expectReport(night, SKILLS, DAY, reportTruth(night, SKILLS, DAY));
    const { generation, registrants } = await reportWindow(night, SKILLS, DAY);
    expect(await reportGenerations(night, SKILLS, DAY)).toEqual([generation]);
    expect(await reportMarks(night, SKILLS)).toMatchObject({ maxEvent: `${DAY}T23:00:00.000Z` });
    expect(night.violations()).toEqual([]);
    // A killed committer is not taken out before its functions must have ended, so that a late write of theirs is found.
    expect([...registrants].filter((entry) => !entry.endsWith(`:${FIRST_RUN}`))).toEqual([]);
  },
});
