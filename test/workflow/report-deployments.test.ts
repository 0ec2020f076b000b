import { afterAll, describe, expect, it } from 'vitest';
import skillMapping from '../../config/mappings/report-skill-performance.v1.json' with { type: 'json' };
import { loadAssembly } from '../../local/assembly/assembly.ts';
import { type Night, prepareNights } from '../support/night.ts';
import { synthesiseOther } from '../support/night-assembly.ts';
import { recordOf } from '../support/night-findings.ts';
import { statesOf } from '../support/night-history.ts';
import {
  expectReport,
  QUEUES,
  reportColumns,
  reportMarks,
  reportNights,
  reportSettings,
  reportTruth,
  reportWindow,
  SKILLS,
} from '../support/report-night.ts';

const DAY_MILLISECONDS = 86_400_000;

const nights = await prepareNights(reportNights());

/** Another release: the one report by a newer mapping, the other is gone. */
const later = loadAssembly(
  synthesiseOther(nights, 'later', {
    ...reportNights([reportSettings(SKILLS, { mapping: 'report-skill-performance.v2' })]),
    mappings: {
      'report-skill-performance.v2': {
        ...skillMapping,
        version: 2,
        columns: skillMapping.columns.map((column) =>
          column.source === 'comment' ? { ...column, column: 'remark' } : column,
        ),
      },
    },
  }),
);

afterAll(() => nights.close());

const daysOf = async (night: Night, run: Parameters<typeof recordOf>[1]) =>
  (await recordOf(night, run)).windows.map(({ dataset, day, task, outcome }) =>
    [dataset, day, task, outcome].join(' '),
  );

describe('a deployment between nights of reports', () => {
  it('REP-05 ALL-18 leaves a run that is under way to its own mapping and reports; what is restated has the new mapping', async () => {
    const night = await nights.open({ scenarios: ['report-truncated:70'] });
    const first = night.day();
    const dead = await night.start();
    while (!statesOf(night, dead).includes('RestAfterTruncation'))
      await new Promise((resolve) => setImmediate(resolve));
    await night.restart(later);

    const redriven = await night.redrive(dead);

    expect(redriven.status).toBe('SUCCEEDED');
    for (const dataset of [SKILLS, QUEUES])
      await expectReport(night, dataset, first, reportTruth(night, dataset, first));
    expect(await reportColumns(night, SKILLS, first)).toContain('comment VARCHAR');
    const { generation } = await reportWindow(night, SKILLS, first);
    await night.pass(DAY_MILLISECONDS);
    const next = await night.run();
    expect(await daysOf(night, next.run)).toEqual([
      `${SKILLS} ${night.day()} export committed`,
      `${SKILLS} ${first} restate committed`,
    ]);
    expect(await reportColumns(night, SKILLS, first)).toContain('remark VARCHAR');
    expect((await reportWindow(night, SKILLS, first)).replaced).toBe(generation);
    await night.close();
  });

  it('REP-01 ALL-06 takes a report out and puts it back: it goes on where it was, and no day is missing', async () => {
    const night = await nights.open();
    const first = night.day();
    await night.run();
    await night.restart(later);
    await night.pass(3 * DAY_MILLISECONDS);
    const without = await night.run({ date: night.day() });
    const untouched = await reportMarks(night, QUEUES);
    await night.restart();

    const again = await night.run({ report: QUEUES });

    expect(await daysOf(night, without.run)).toEqual([`${SKILLS} ${night.day()} export committed`]);
    expect(untouched.loadedThrough).toBe(`${night.day(2)}T00:00:00.000Z`);
    expect(first).toBe(night.day(3));
    expect(await daysOf(night, again.run)).toEqual([
      ...[0, 2, 1].map((earlier) => `${QUEUES} ${night.day(earlier)} export committed`),
      `${QUEUES} ${first} restate unchanged`,
    ]);
    for (const earlier of [3, 2, 1, 0]) {
      const day = night.day(earlier);
      await expectReport(night, QUEUES, day, reportTruth(night, QUEUES, day));
    }
    await night.close();
  });
});
