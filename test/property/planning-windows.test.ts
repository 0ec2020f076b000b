import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DAY_MILLISECONDS,
  Day,
  dayOf,
  daysBetween,
  endOf,
  lastSettledDay,
  plusDays,
} from '../../lambdas/model/days.ts';
import { PlanningSettings } from '../../lambdas/model/payloads.ts';
import { planWindows, type WindowPlan } from '../../lambdas/planning/windows.ts';

const YEAR_2024 = Date.parse('2024-01-01T00:00:00.000Z');

/** When a schedule at 03:30 of a zone fires on a day, its clock changes included. */
function firingOf(day: Day, timezone: string): number {
  const wall = Date.parse(`${day}T03:30:00.000Z`);
  const shown = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  const [date = '', time = ''] = shown.format(wall).split(', ');
  const local = Date.parse(`${date.split('/').reverse().join('-')}T${time}.000Z`);
  return wall - (local - wall);
}

const settings = fc
  .record({
    settleMinutes: fc.integer({ min: 0, max: 2_880 }),
    catchUpDays: fc.integer({ min: 2, max: 20 }),
    restateDays: fc.nat(5),
  })
  .filter(({ catchUpDays, restateDays }) => restateDays <= catchUpDays - 2)
  .map((chosen) => PlanningSettings.parse(chosen));

/** Nights of a schedule: whether the run starts at all, how late it is told of, and which of its windows fail. */
const night = fc.record({
  starts: fc.boolean(),
  /** Every window whose number, taken by this, leaves nothing fails; 1: all fail; 0: none does. */
  failing: fc.nat(5),
});

const zone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
);

/** From when on CXone has a day's late rows. */
function finalOf(day: Day, { restateDays, settleMinutes }: PlanningSettings): number {
  return Math.max(endOf(plusDays(day, restateDays)), endOf(day) + settleMinutes * 60_000);
}

/** A dataset's life: plans at instants, and what became of their windows. */
function datasetOf(chosen: PlanningSettings) {
  const committed = new Set<Day>();
  const asked = new Map<Day, number>();
  let startDate: Day | undefined;
  return {
    committed,
    asked,
    run(instant: number, fails: (index: number) => boolean): WindowPlan {
      const lateRowsSince = new Map([...asked].filter(([day, at]) => at < finalOf(day, chosen)));
      const unfinished = new Set<Day>();
      const known = { committed, unfinished, pinned: new Set<Day>(), lateRowsSince, startDate };
      const plan = planWindows({ input: {}, instant }, chosen, known);
      startDate ??= plan.startDate;
      plan.windows.forEach(({ day }, index) => {
        if (fails(index)) return;
        committed.add(day);
        asked.set(day, instant);
      });
      return plan;
    },
    missing: (instant: number) =>
      startDate === undefined
        ? []
        : daysBetween(startDate, plusDays(lastSettledDay(instant, chosen.settleMinutes * 60_000), 1)).filter(
            (day) => !committed.has(day),
          ),
  };
}

describe('nights of any kind', () => {
  it('ALL-06 leave no hole once as many good nights have come as the outage was long', () => {
    fc.assert(
      fc.property(
        settings,
        zone,
        fc.nat(365),
        fc.array(night, { minLength: 1, maxLength: 60 }),
        (chosen, timezone, first, nights) => {
          const dataset = datasetOf(chosen);
          const dayAfter = (count: number) => dayOf(YEAR_2024 + (first + count) * DAY_MILLISECONDS);
          nights.forEach(({ starts, failing }, index) => {
            if (starts)
              dataset.run(
                firingOf(dayAfter(index), timezone),
                (number) => failing > 0 && number % failing === 0,
              );
          });
          let instant = 0;

          for (let good = 0; good <= nights.length + 1; good += 1) {
            instant = firingOf(dayAfter(nights.length + good), timezone);
            dataset.run(instant, () => false);
          }

          expect(dataset.missing(instant)).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('ALL-06 REP-01 ask for every day once more when its late rows are there, whatever became of the nights before', () => {
    fc.assert(
      fc.property(
        settings,
        zone,
        fc.array(night, { minLength: 1, maxLength: 60 }),
        (chosen, timezone, nights) => {
          const dataset = datasetOf(chosen);
          const dayAfter = (count: number) => dayOf(YEAR_2024 + count * DAY_MILLISECONDS);
          nights.forEach(({ starts, failing }, index) => {
            const fails = (number: number) => failing > 0 && number % failing === 0;
            if (starts) dataset.run(firingOf(dayAfter(index), timezone), fails);
          });
          let instant = 0;

          for (let good = 0; good <= 2 * nights.length + 1; good += 1) {
            instant = firingOf(dayAfter(nights.length + good), timezone);
            dataset.run(instant, () => false);
          }

          const last = lastSettledDay(instant, chosen.settleMinutes * 60_000);
          for (const [day, at] of dataset.asked)
            if (day <= plusDays(last, -chosen.restateDays))
              expect(at).toBeGreaterThanOrEqual(finalOf(day, chosen));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('ALL-06 plan no window twice in a list, none that is not settled, and no more than catchUpDays', () => {
    fc.assert(
      fc.property(
        settings,
        fc.array(fc.tuple(fc.nat(400 * 1_440), fc.nat(4)), { minLength: 1, maxLength: 40 }),
        (chosen, runs) => {
          const dataset = datasetOf(chosen);

          const plans = runs.map(([minutes, failing]) => {
            const instant = YEAR_2024 + minutes * 60_000;
            const plan = dataset.run(instant, (index) => failing > 0 && index % failing === 0);
            return { instant, days: plan.windows.map(({ day }) => day) };
          });

          for (const { instant, days } of plans) {
            expect(new Set(days).size).toBe(days.length);
            expect(days.length).toBeLessThanOrEqual(chosen.catchUpDays);
            for (const day of days)
              expect(instant - endOf(day)).toBeGreaterThanOrEqual(chosen.settleMinutes * 60_000);
          }
        },
      ),
    );
  });

  it('ALL-06 account for every due window: taken or left over', () => {
    fc.assert(
      fc.property(settings, fc.uniqueArray(fc.nat(59)), fc.nat(1_439), (chosen, days, minute) => {
        const startDate = dayOf(YEAR_2024);
        const committed = new Set(days.map((day) => plusDays(startDate, day)));
        const instant = YEAR_2024 + 60 * DAY_MILLISECONDS + minute * 60_000;
        const last = lastSettledDay(instant, chosen.settleMinutes * 60_000);

        const plan = planWindows({ input: {}, instant }, chosen, {
          committed,
          unfinished: new Set(),
          pinned: new Set<Day>(),
          lateRowsSince: new Map(),
          startDate,
        });

        const due = daysBetween(startDate, plusDays(last, 1)).filter(
          (day) => !committed.has(day) || (day < last && day >= plusDays(last, -chosen.restateDays)),
        );
        expect(plan.windows.length + plan.leftOver).toBe(due.length);
        expect(due).toEqual(expect.arrayContaining(plan.windows.map(({ day }) => day)));
      }),
    );
  });

  it('ALL-01 a late or repeated delivery of the same scheduled time plans the same windows', () => {
    fc.assert(
      fc.property(settings, fc.nat(500_000), fc.uniqueArray(fc.nat(30)), (chosen, minutes, days) => {
        const instant = YEAR_2024 + 31 * DAY_MILLISECONDS + minutes * 60_000;
        const startDate = Day.parse('2024-01-01');
        const known = {
          committed: new Set(days.map((day) => plusDays(startDate, day))),
          unfinished: new Set<Day>(),
          pinned: new Set<Day>(),
          lateRowsSince: new Map(),
          startDate,
        };

        const plans = [0, 1].map(() => planWindows({ input: {}, instant }, chosen, known));

        expect(plans[0]).toEqual(plans[1]);
      }),
    );
  });
});
