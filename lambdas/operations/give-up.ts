import { readArchiveDay } from '../ledger/archive-days.ts';
import { type Decision, decide, givenUpOf, MOST_GIVEN_UP } from '../ledger/archive-decisions.ts';
import { archiveDayOf, isArchived, readArchiveEntry } from '../ledger/archive-entries.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { Day } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { InteractionId } from '../model/interactions.ts';

/** What came of a decision: the archive days whose audit records it owes, of a repeated decision as well. */
export interface Decided {
  sentence: string;
  days: Day[];
}

/**
 * Notes that interactions are not to be looked up any more, or that they are to be again; the runs carry it out. Can be repeated: what was
 * decided already is left alone. Refuses all of them with every problem, `GiveUpImpossible`: unknown interactions, and to be given up
 * ones that are archived.
 */
export async function decideOnInteractions(ledger: WindowLedger, decision: Decision): Promise<Decided> {
  const byDay = await knownByDay(ledger, decision);
  let count = 0;
  for (const [day, ids] of byDay) count += (await decide(ledger, day, { ...decision, ids })).length;
  const unchanged = decision.ids.length - count;
  const parts = [
    ...(count === 0 ? [] : [`${count} ${words(count, DONE[decision.step])}.`]),
    ...(unchanged === 0 ? [] : [`${unchanged} ${words(unchanged, BEFORE[decision.step])}.`]),
  ];
  return { sentence: parts.join(' '), days: [...byDay.keys()] };
}

/** The interactions by their archive days. Nothing is written before all of them are known to be fit. */
async function knownByDay(
  ledger: WindowLedger,
  { ids, step }: Pick<Decision, 'ids' | 'step'>,
): Promise<Map<Day, InteractionId[]>> {
  const byDay = new Map<Day, InteractionId[]>();
  const problems: string[] = [];
  for (const id of ids) {
    const day = await archiveDayOf(ledger, id);
    const entry = day && (await readArchiveEntry(ledger, day, id));
    if (day === undefined || entry === undefined) problems.push(`${id} is not known to the archive`);
    else if (step === 'givenUp' && isArchived(entry)) problems.push(`${id} is archived already`);
    else byDay.set(day, [...(byDay.get(day) ?? []), id]);
  }
  for (const [day, wanted] of step === 'givenUp' ? byDay : []) {
    const standing = new Set(givenUpOf(await readArchiveDay(ledger, day)).map(({ id }) => id));
    const count = standing.size + wanted.filter((id) => !standing.has(id)).length;
    if (count > MOST_GIVEN_UP)
      problems.push(
        `${day} would have ${count} interactions that are given up, and ${MOST_GIVEN_UP} is the most`,
      );
  }
  if (problems.length === 0) return byDay;
  throw catalogued('GiveUpImpossible', `Nothing is changed: ${problems.join('; ')}.`);
}

const BEFORE = {
  givenUp: ['interaction was given up before', 'interactions were given up before'],
  takenUp: ['interaction was not given up', 'interactions were not given up'],
} as const;

const DONE = {
  givenUp: [
    'interaction is given up: runs count it as unavailable, and look it up no more',
    'interactions are given up: runs count them as unavailable, and look them up no more',
  ],
  takenUp: [
    'interaction is taken up: the next run looks it up again',
    'interactions are taken up: the next run looks them up again',
  ],
} as const;

function words(count: number, [one, several]: readonly [string, string]): string {
  return count === 1 ? one : several;
}
