import { type Day, daysBetween } from '../model/days.ts';
import type { Marks } from './marks.ts';

/** Where a dataset begins. */
export type Beginning = Pick<Marks, 'startDate' | 'configuredStart'>;

/**
 * The day from which on every day is to be there, oldest first; undefined where nothing is known of the dataset. Days that somebody took
 * before its first one belong to it, with all between, unless the configuration was moved to a later day than once: that leaves out what
 * lies before.
 */
export function firstDayOf(
  { startDate, configuredStart }: Beginning,
  committed: Iterable<Day> = [],
): Day | undefined {
  if (configuredStart !== undefined && startDate !== undefined && configuredStart > startDate)
    return configuredStart;
  const known = [startDate, configuredStart].flatMap((day) => day ?? []);
  return [...known, ...committed].toSorted()[0];
}

/** Days without a commit before the last one that has one. */
export function holesIn(committed: ReadonlySet<Day>, beginning: Beginning): Day[] {
  const first = firstDayOf(beginning, committed);
  const last = [...committed].toSorted().at(-1);
  if (first === undefined || last === undefined) return [];
  return daysBetween(first, last).filter((day) => !committed.has(day));
}
