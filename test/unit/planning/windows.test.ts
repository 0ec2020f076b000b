import { describe, expect, it } from 'vitest';
import { Day } from '../../../lambdas/model/days.ts';
import type { PlannedDataset, PlanningSettings } from '../../../lambdas/model/payloads.ts';
import { parseRunInput } from '../../../lambdas/planning/run-input.ts';
import { planWindows, type WindowPlan } from '../../../lambdas/planning/windows.ts';
import { CDR_PLAN } from '../../support/window-ledger.ts';

interface Situation {
  input?: unknown;
  at?: string;
  settings?: Partial<PlanningSettings & Pick<PlannedDataset, 'startDate'>>;
  committed?: string[];
  unfinished?: string[];
  pinned?: string[];
  /** Instants at which CXone was asked, by day. */
  lateRowsSince?: Record<string, string>;
  startDate?: string;
}

function planOf(situation: Situation): WindowPlan {
  const { input = {}, at = '2024-05-16T03:30:00.000Z', settings, startDate } = situation;
  const days = (texts: string[] = []) => new Set(texts.map((text) => Day.parse(text)));
  return planWindows(
    parseRunInput(input, at, CDR_PLAN),
    { ...CDR_PLAN, ...settings },
    {
      committed: days(situation.committed),
      unfinished: days(situation.unfinished),
      pinned: days(situation.pinned),
      lateRowsSince: new Map(
        Object.entries(situation.lateRowsSince ?? {}).map(([day, at]) => [Day.parse(day), Date.parse(at)]),
      ),
      startDate: startDate === undefined ? undefined : Day.parse(startDate),
    },
  );
}

const shown = ({ windows }: WindowPlan) => windows.map(({ day, task }) => `${day} ${task}`);

describe('what is due', () => {
  it('ALL-06 is yesterday at the first run, which begins the dataset', () => {
    const plan = planOf({});

    expect([shown(plan), plan.startDate, plan.leftOver]).toEqual([['2024-05-15 export'], '2024-05-15', 0]);
  });

  it.each([
    ['2024-05-16T01:59:59.999Z', '2024-05-14'],
    ['2024-05-16T02:00:00.000Z', '2024-05-15'],
    ['2024-05-17T01:59:59.999Z', '2024-05-15'],
  ])('ALL-06 at %s is %s: the last day that ended at least 2 h before', (at, day) => {
    const plan = planOf({ at });

    expect(shown(plan)).toEqual([`${day} export`]);
  });

  it('ALL-06 is settled as late as the settings say', () => {
    const plan = planOf({ settings: { settleMinutes: 2_880 } });

    expect(shown(plan)).toEqual(['2024-05-13 export']);
  });

  it('ALL-06 is the last settled day, then what is missing, the oldest first', () => {
    const plan = planOf({ startDate: '2024-05-11', committed: ['2024-05-11', '2024-05-13'] });

    expect(shown(plan)).toEqual(['2024-05-15 export', '2024-05-12 export', '2024-05-14 export']);
  });

  it('ALL-06 begins with the configured day, and follows it when it is set earlier', () => {
    const plan = planOf({
      settings: { startDate: Day.parse('2024-05-13') },
      startDate: '2024-05-15',
      committed: ['2024-05-15'],
    });

    expect([shown(plan), plan.startDate]).toEqual([['2024-05-13 export', '2024-05-14 export'], '2024-05-13']);
  });

  it('ALL-06 is nothing before the configured day', () => {
    const plan = planOf({ settings: { startDate: Day.parse('2024-06-01') } });

    expect(plan).toMatchObject({ windows: [], leftOver: 0, alreadyCommitted: 0 });
  });

  it('ALL-06 is taken up to catchUpDays, and the rest is reported', () => {
    const plan = planOf({ startDate: '2024-04-01', settings: { catchUpDays: 3 } });

    expect([shown(plan), plan.leftOver]).toEqual([
      ['2024-05-15 export', '2024-04-01 export', '2024-04-02 export'],
      42,
    ]);
  });

  it('ALL-04 shows named days once more that are committed, pinned ones among them', () => {
    const plan = planOf({
      input: { from: '2024-05-12', to: '2024-05-16', republish: true },
      committed: ['2024-05-12', '2024-05-14'],
      pinned: ['2024-05-14'],
    });

    expect([shown(plan), plan.alreadyCommitted, plan.pinned]).toEqual([
      ['2024-05-12 republish', '2024-05-14 republish'],
      0,
      [],
    ]);
  });

  it('ALL-06 holds the days to be restated, of those that are committed, after the last day', () => {
    const plan = planOf({
      startDate: '2024-05-10',
      settings: { restateDays: 2 },
      committed: ['2024-05-11', '2024-05-12', '2024-05-14'],
    });

    expect(shown(plan)).toEqual([
      '2024-05-15 export',
      '2024-05-14 restate',
      '2024-05-10 export',
      '2024-05-13 export',
    ]);
  });

  it('OPS-07 tells of every pinned day with what is due, so that none is forgotten', () => {
    const plan = planOf({
      startDate: '2024-01-01',
      settings: { restateDays: 2 },
      committed: ['2024-02-01', '2024-05-14', '2024-05-15'],
      pinned: ['2024-05-14', '2024-02-01'],
    });

    expect(plan.pinned).toEqual(['2024-02-01', '2024-05-14']);
    expect(shown(plan)).not.toContain('2024-05-14 restate');
  });

  it('ALL-06 REP-01 holds earlier days of which nobody has asked for the late rows, after all that is missing', () => {
    const plan = planOf({
      startDate: '2024-05-08',
      settings: { restateDays: 2 },
      committed: ['2024-05-08', '2024-05-09', '2024-05-10', '2024-05-14', '2024-05-15'],
      pinned: ['2024-05-08'],
      lateRowsSince: {
        '2024-05-08': '2024-05-09T03:30:00.000Z',
        '2024-05-09': '2024-05-11T03:30:00.000Z',
        '2024-05-10': '2024-05-13T00:00:00.000Z',
        '2024-05-14': '2024-05-15T03:30:00.000Z',
      },
    });

    expect(shown(plan)).toEqual([
      '2024-05-14 restate',
      '2024-05-11 export',
      '2024-05-12 export',
      '2024-05-13 export',
      '2024-05-09 restate',
    ]);
  });

  it('ALL-06 holds a day that was asked for by name before it had settled', () => {
    const day = '2024-05-15';
    const asked = (at: string) => planOf({ startDate: day, committed: [day], lateRowsSince: { [day]: at } });

    const plans = [asked('2024-05-16T01:59:59.999Z'), asked('2024-05-16T02:00:00.000Z')];

    expect(plans.map(shown)).toEqual([[`${day} restate`], []]);
  });

  it('ALL-06 asks for no late rows where the settings await none by now, nor before the configured day', () => {
    const situation = {
      committed: ['2024-05-12', '2024-05-13', '2024-05-14', '2024-05-15'],
      lateRowsSince: { '2024-05-12': '2024-05-13T03:30:00.000Z' },
    };

    const plans = [
      planOf({ ...situation, startDate: '2024-05-12' }),
      planOf({ ...situation, settings: { restateDays: 2, startDate: Day.parse('2024-05-13') } }),
    ];

    expect(plans.map(shown)).toEqual([[], ['2024-05-13 restate', '2024-05-14 restate']]);
  });

  it('ALL-06 is nothing where all is committed, and that is said', () => {
    const plan = planOf({ startDate: '2024-05-14', committed: ['2024-05-14', '2024-05-15'] });

    expect(plan).toMatchObject({ windows: [], leftOver: 0, alreadyCommitted: 1 });
  });

  it('ALL-05 comes with the holes before the newest committed day', () => {
    const plan = planOf({ startDate: '2024-05-10', committed: ['2024-05-11', '2024-05-14'] });

    expect(plan.holes).toEqual(['2024-05-10', '2024-05-12', '2024-05-13']);
  });
});

describe('what is named', () => {
  it('ALL-16 is a range as it is, whatever catchUpDays says', () => {
    const plan = planOf({ input: { from: '2024-01-01', to: '2024-03-01' }, settings: { catchUpDays: 2 } });

    expect([plan.windows.length, shown(plan)[0], shown(plan).at(-1), plan.leftOver]).toEqual([
      60,
      '2024-01-01 export',
      '2024-02-29 export',
      0,
    ]);
  });

  it('ALL-03 is not taken again where it is committed', () => {
    const plan = planOf({ input: { from: '2024-05-01', to: '2024-05-04' }, committed: ['2024-05-02'] });

    expect([shown(plan), plan.alreadyCommitted]).toEqual([['2024-05-01 export', '2024-05-03 export'], 1]);
  });

  it('ALL-16 is asked of CXone again with refresh, also where nothing is committed', () => {
    const plan = planOf({
      input: { from: '2024-05-01', to: '2024-05-03', refresh: true },
      committed: ['2024-05-02'],
    });

    expect(shown(plan)).toEqual(['2024-05-01 refresh', '2024-05-02 refresh']);
  });

  it('ALL-06 begins the dataset with yesterday all the same when it is the first run', () => {
    const plan = planOf({ input: { date: '2020-01-01' } });

    expect(plan.startDate).toBe('2024-05-15');
  });
});

describe('a commit that was left half way', () => {
  it('ALL-04 is asserted again by a nightly run', () => {
    const plan = planOf({ committed: ['2024-05-15', '2023-01-01'], unfinished: ['2023-01-01'] });

    expect(shown(plan)).toEqual(['2023-01-01 reassert']);
  });

  it('ALL-04 is asserted again beside named days, and not twice where it is refreshed', () => {
    const plan = planOf({
      input: { date: '2024-05-15', refresh: true },
      committed: ['2024-05-15', '2024-05-14'],
      unfinished: ['2024-05-15', '2024-05-14'],
    });

    expect(shown(plan)).toEqual(['2024-05-15 refresh', '2024-05-14 reassert']);
  });

  it('ALL-04 ALL-06 is asserted before its day is asked for late rows', () => {
    const day = '2024-05-10';

    const plan = planOf({
      startDate: '2024-05-15',
      settings: { restateDays: 2 },
      committed: [day, '2024-05-15'],
      unfinished: [day],
      lateRowsSince: { [day]: '2024-05-11T03:30:00.000Z' },
    });

    expect(shown(plan)).toEqual([`${day} reassert`]);
  });

  it('ALL-06 does not take the place of what is due', () => {
    const unfinished = ['2024-04-01', '2024-04-02', '2024-04-03'];

    const plan = planOf({
      startDate: '2024-04-01',
      settings: { catchUpDays: 2 },
      committed: unfinished,
      unfinished,
    });

    expect(shown(plan)).toEqual([
      '2024-05-15 export',
      '2024-04-04 export',
      '2024-04-01 reassert',
      '2024-04-02 reassert',
      '2024-04-03 reassert',
    ]);
  });
});
