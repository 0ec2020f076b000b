import { afterAll, describe, expect, it } from 'vitest';
import { prepareNights } from '../support/night.ts';
import { recordOf } from '../support/night-findings.ts';
import {
  expectReport,
  QUEUES,
  reportMarks,
  reportNights,
  reportTruth,
  SKILLS,
} from '../support/report-night.ts';

const nights = await prepareNights(reportNights());

afterAll(() => nights.close());

describe('a night of reports', () => {
  it('REP-01 REP-02 reads every report of the tenant, a window each, in one run', async () => {
    const night = await nights.open();
    const day = night.day();

    const ended = await night.run();

    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    for (const dataset of [SKILLS, QUEUES])
      await expectReport(night, dataset, day, reportTruth(night, dataset, day));
    const record = await recordOf(night, ended.run);
    expect(record.windows.map(({ dataset, outcome }) => [dataset, outcome])).toEqual([
      [SKILLS, 'committed'],
      [QUEUES, 'committed'],
    ]);
    expect(night.violations()).toEqual([]);
    expect((await reportMarks(night, SKILLS)).maxEvent).toBe(`${day}T23:00:00.000Z`);
    await night.close();
  });
});
