import { archiveDayOf, archiveEntries, readArchiveEntry } from '../ledger/archive-entries.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { Day } from '../model/days.ts';
import { CataloguedError } from '../model/errors.ts';
import type { InteractionId } from '../model/interactions.ts';
import type { ObjectStore } from '../model/ports.ts';
import { parseExactJson } from './exact-json.ts';
import type { Opening } from './keys.ts';
import { openObject, recordsOf } from './open.ts';
import { ArchivalRecord } from './record.ts';

/** What restoring needs of the world. */
export interface RestorePorts {
  ledger: WindowLedger;
  objects: Pick<ObjectStore, 'open'>;
  opening: Opening;
}

/** An object of which nothing, or not everything that the ledger names, could be restored. */
export interface RestoreFailure {
  object: string;
  /** What opening it threw; absent where it opened and lacks records. */
  error?: CataloguedError;
  /** Records that are not restored. */
  records: number;
}

/**
 * The records of an archive day, JSON texts, each interaction as it was archived last; by object, and in it by id. An object
 * that does not open is told to `onFailure`, and the others are restored. Memory holds one object and the day's ids.
 */
export async function* recordsOfDay(
  ports: RestorePorts,
  day: Day,
  onFailure: (failure: RestoreFailure) => void,
): AsyncGenerator<string> {
  const byObject = new Map<string, Set<string>>();
  for await (const { id, object } of archiveEntries(ports.ledger, day))
    if (object !== undefined) byObject.set(object, (byObject.get(object) ?? new Set<string>()).add(id));
  for (const [object, wanted] of [...byObject].sort(([left], [right]) => (left < right ? -1 : 1))) {
    try {
      for await (const line of recordsOfObject(ports, object)) {
        const id = interactionOf(line);
        if (id !== undefined && wanted.delete(id)) yield line;
      }
      if (wanted.size > 0) onFailure({ object, records: wanted.size });
    } catch (error) {
      if (!(error instanceof CataloguedError)) throw error;
      onFailure({ object, error, records: wanted.size });
    }
  }
}

/** An interaction's record as it was archived last, and its archive day; undefined where the ledger knows of none. Throws what `openObject` does. */
export async function recordOfInteraction(
  ports: RestorePorts,
  id: InteractionId,
): Promise<{ day: Day; object: string; line: string | undefined } | undefined> {
  const day = await archiveDayOf(ports.ledger, id);
  const object = day && (await readArchiveEntry(ports.ledger, day, id))?.object;
  if (day === undefined || object === undefined) return undefined;
  let line: string | undefined;
  // To its end: the digest of the whole is checked there.
  for await (const record of recordsOfObject(ports, object)) if (interactionOf(record) === id) line = record;
  return { day, object, line };
}

/** All records of an object, whether the ledger knows it or not. Throws what `openObject` does. */
export async function* recordsOfObject(ports: RestorePorts, object: string): AsyncGenerator<string> {
  const opened = await openObject(ports, { tenant: ports.ledger.tenant, object });
  yield* recordsOf(opened, object);
}

function interactionOf(line: string): string | undefined {
  try {
    return ArchivalRecord.safeParse(parseExactJson(line)).data?.interaction_id;
  } catch {
    return undefined;
  }
}
