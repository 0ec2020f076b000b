import { afterAll, describe, expect, it } from 'vitest';
import { Day, daysBetween, plusDays } from '../../lambdas/model/days.ts';
import { prepareNights } from '../support/night.ts';
import { expectCommitted, expectGoodManners, truthOf } from '../support/night-expectations.ts';
import { marksOf, windowOf } from '../support/night-findings.ts';

/** A year where there is time (`npm run test:soak`), six weeks else. */
const DAYS = process.env.CXONE_EXPORT_SOAK === 'all' ? 366 : 42;
const FROM = Day.parse('2023-01-01');
const TO = plusDays(FROM, DAYS);
const BAD = [plusDays(FROM, 3), plusDays(FROM, 17), plusDays(FROM, DAYS - 2)];

const nights = await prepareNights({
  simulator: {
    rows: 20,
    parts: 1,
    scenariosByDay: Object.fromEntries(BAD.map((day) => [day, ['missing-column:StartTime']])),
  },
  cdr: { startDate: FROM, windowsAtOnce: 8 },
});

describe('ALL-16 a back-fill of many days in one start', () => {
  afterAll(() => nights.close());

  it('survives its end in the middle; bad days stop no other, are listed, and are all that a redrive does', async () => {
    const enough = Promise.withResolvers<void>();
    let committedSoFar = 0;
    const night = await nights.open({
      onEffect: (phase, { operation }) => {
        if (phase !== 'after' || operation !== 'CreatePartition') return;
        committedSoFar += 1;
        if (committedSoFar === Math.floor(DAYS / 3)) enough.resolve();
      },
    });
    const run = await night.start({ from: FROM, to: TO });
    await enough.promise;
    await night.restart();

    const second = await night.redrive(run);

    expect(second).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
    for (const day of BAD) expect(second.cause).toContain(`${day} RequiredColumnMissing`);
    expect(second.cause).toContain('3 of the run');
    const committed = daysBetween(FROM, TO).filter((day) => !BAD.includes(day));
    for (const day of committed) expect((await windowOf(night, day)).generation, day).toBeDefined();
    expect((await marksOf(night)).loadedThrough).toBe(`${BAD[0]}T00:00:00.000Z`);

    const jobs = nights.simulator.jobs.length;
    const third = await night.redrive(run);

    expect(third).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
    expect(nights.simulator.jobs.length, 'no job more: the parts are there, only the transform failed').toBe(
      jobs,
    );
    expect(jobs).toBe(DAYS);
    await expectCommitted(night, await truthOf(night, plusDays(FROM, 1)));
    expectGoodManners(night);
  });
});
