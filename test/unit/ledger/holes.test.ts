import { describe, expect, it } from 'vitest';
import { type Beginning, firstDayOf, holesIn } from '../../../lambdas/ledger/holes.ts';
import { Day } from '../../../lambdas/model/days.ts';

const day = (number: number) => Day.parse(`2024-05-${String(number).padStart(2, '0')}`);
const days = (numbers: readonly number[]) => new Set(numbers.map(day));

describe('ALL-05 holes', () => {
  it.each<[string, Beginning, number[], number[]]>([
    ['between committed days', { startDate: day(10) }, [10, 12, 14], [11, 13]],
    ['from the first day on, where none of the first ones is there', { startDate: day(10) }, [12], [10, 11]],
    ['between a day that somebody took before the first one and it', { startDate: day(10) }, [8, 10], [9]],
    [
      'from the configured day on, where it is an earlier one',
      { startDate: day(10), configuredStart: day(9) },
      [10],
      [9],
    ],
    [
      'only from the configured day on, where it was moved to a later one',
      { startDate: day(3), configuredStart: day(10) },
      [3, 5, 10, 12],
      [11],
    ],
    ['nowhere, before the first commit', { startDate: day(10) }, [], []],
    ['nowhere after the last commit', { startDate: day(10) }, [10], []],
    ['between committed days, where nothing else is known', {}, [10, 12], [11]],
  ])('ALL-05 are %s', (_, beginning, committed, holes) => {
    expect(holesIn(days(committed), beginning)).toEqual(holes.map(day));
  });

  it('ALL-05 have a first day as soon as a run has fixed one, and none before', () => {
    expect([firstDayOf({ startDate: day(10) }), firstDayOf({})]).toEqual([day(10), undefined]);
  });
});
