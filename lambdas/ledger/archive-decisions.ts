import { z } from 'zod';
import type { ArchivalEntry } from '../model/audit.ts';
import { type Day, isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { type RunArn, runName } from '../model/ids.ts';
import { ARCHIVE_DATASET, InteractionId } from '../model/interactions.ts';
import { type ArchiveDay, archiveDays, readArchiveDay } from './archive-days.ts';
import { isArchived, readArchiveEntry } from './archive-entries.ts';
import { type Change, conditionalUpdate } from './expressions.ts';
import { windowKey } from './keys.ts';
import type { WindowLedger } from './windows.ts';

/*
 * What operators decide about interactions that cannot be archived stands in the item of their archive day, together with the audit
 * record that it owes: one write makes both. It needs no claim; the runs carry it out.
 */

/** An operator's word that an interaction is not to be looked up any more. */
export const GivenUp = z.object({
  id: InteractionId,
  reason: z.string(),
  at: z.iso.datetime(),
  by: z.string().describe('Name of the operation'),
});
export type GivenUp = z.infer<typeof GivenUp>;

/** What is decided about interactions of one archive day. */
export interface Decision {
  step: 'givenUp' | 'takenUp';
  ids: readonly InteractionId[];
  reason: string;
  run: RunArn;
}

/** Interactions of one archive day that can be given up: with reasons and owed records they stay well below an item's 400 KB. */
export const MOST_GIVEN_UP = 200;

/** Times that a decision is tried again when another one comes between reading and writing. */
const TRIES = 8;

/** The interactions of a day that are given up, each with the text that stands for it in the day's item. */
export function givenUpOf({ day, givenUp }: ArchiveDay): (GivenUp & { text: string })[] {
  return [...givenUp].map((text) => ({ ...readable(day, text), text }));
}

/** Every interaction that is given up. */
export async function allGivenUp(ledger: WindowLedger): Promise<Set<InteractionId>> {
  const ids = new Set<InteractionId>();
  for await (const day of archiveDays(ledger)) for (const { id } of givenUpOf(day)) ids.add(id);
  return ids;
}

/**
 * Notes a decision for all of its interactions at once, and that each owes its audit record. One that stands already changes nothing.
 * Gives the interactions for which it is new. Throws `GiveUpImpossible` where a day would have too many, and `LedgerContended`.
 */
export async function decide(ledger: WindowLedger, day: Day, decision: Decision): Promise<InteractionId[]> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const state = await readArchiveDay(ledger, day);
    const standing = new Map(givenUpOf(state).map(({ id, text }) => [id, text]));
    const ids = decision.ids.filter((id) => standing.has(id) !== (decision.step === 'givenUp'));
    if (ids.length === 0) return ids;
    if (decision.step === 'givenUp' && standing.size + ids.length > MOST_GIVEN_UP)
      throw catalogued(
        'GiveUpImpossible',
        `${day} would have more than ${MOST_GIVEN_UP} interactions that are given up.`,
      );
    const number = state.decisions + 1;
    const written = await ledger.table.update(
      windowKey(ledger.tenant, ARCHIVE_DATASET, day),
      conditionalUpdate(changeOf(ledger, day, { ...decision, ids }, number, standing), [
        // Of two that saw the same state one decides; the other reads again.
        state.decisions === 0
          ? { attribute: 'decisions', is: 'absent' }
          : { attribute: 'decisions', is: '=', value: state.decisions },
      ]),
    );
    if (written !== 'conditionFailed') return ids;
  }
  throw catalogued('LedgerContended', `Decisions about ${day} kept losing to other ones.`);
}

/**
 * What a sealing has brought to an end of a day's decisions: interactions that were given up and are archived after all, and
 * others that were to be looked at again and were.
 * @param lookedBy name of the run, with the round
 */
export async function carriedOut(
  ledger: WindowLedger,
  day: ArchiveDay,
  lookedBy: string,
): Promise<Pick<ArchiveDay, 'givenUp' | 'takenUp'>> {
  const over = { givenUp: new Set<string>(), takenUp: new Set<InteractionId>() };
  for (const { id, text } of givenUpOf(day)) {
    const entry = await readArchiveEntry(ledger, day.day, id);
    if (entry !== undefined && isArchived(entry)) over.givenUp.add(text);
  }
  for (const id of day.takenUp) {
    const entry = await readArchiveEntry(ledger, day.day, id);
    if (entry?.lookedBy === lookedBy && !entry.givenUp) over.takenUp.add(id);
  }
  return over;
}

function changeOf(
  ledger: WindowLedger,
  day: Day,
  { step, ids, reason, run }: Decision,
  number: number,
  standing: ReadonlyMap<InteractionId, string>,
): Change {
  const at = isoInstant(ledger.clock.now());
  const unaudited = ids.map((id): string => {
    const facts = { interaction: id, reason };
    const entry: ArchivalEntry = {
      kind: 'archive',
      step,
      name: `${id}#${number}`,
      at,
      run,
      dataset: ARCHIVE_DATASET,
      day,
      facts,
    };
    return JSON.stringify(entry);
  });
  const set = { decisions: number };
  if (step === 'takenUp')
    return {
      set,
      add: { unaudited: new Set(unaudited), takenUp: new Set(ids) },
      take: { givenUp: new Set(ids.flatMap((id) => standing.get(id) ?? [])) },
    };
  const givenUp = ids.map((id) => JSON.stringify({ id, reason, at, by: runName(run) } satisfies GivenUp));
  return {
    set,
    add: { unaudited: new Set(unaudited), givenUp: new Set(givenUp) },
    take: { takenUp: new Set(ids) },
  };
}

function readable(day: Day, text: string): GivenUp {
  try {
    return GivenUp.parse(JSON.parse(text));
  } catch {
    throw catalogued(
      'LedgerUnreadable',
      `The ledger's item of archive day ${day} has a decision that is not of the form of this release.`,
    );
  }
}
