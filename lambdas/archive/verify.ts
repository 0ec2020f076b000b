import { archivePrefix } from '../lake/keys.ts';
import { archiveEntries } from '../ledger/archive-entries.ts';
import { type ArchiveObject, archiveObjects } from '../ledger/archive-objects.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { Day } from '../model/days.ts';
import type { ErrorName } from '../model/error-catalogue.ts';
import { CataloguedError } from '../model/errors.ts';
import type { ObjectStore } from '../model/ports.ts';
import { parseExactJson } from './exact-json.ts';
import type { Opening } from './keys.ts';
import { openObject, recordsOf } from './open.ts';
import { ArchivalRecord, recordDigest } from './record.ts';

/** What is not as the ledger has it. */
export type ArchiveFinding =
  /** The object does not open, or not to its end. */
  | { problem: 'unopened'; object: string; error: ErrorName; sentence: string }
  /** The ledger does not know the object: a run that was stopped has left it, or somebody else has put it there. */
  | { problem: 'unknownObject'; object: string; records: number }
  /** The ledger knows the object, and it is not there. */
  | { problem: 'missingObject'; object: string; records: number }
  /** Interactions that lie in the object as the ledger has it, and do not. */
  | { problem: 'missingRecords'; object: string; records: number; interaction: string }
  /** Records whose digest is not the ledger's. */
  | { problem: 'changedRecords'; object: string; records: number; interaction: string }
  /** Records in an object that the ledger knows, of interactions of which it knows nothing; or no records of ours. */
  | { problem: 'unknownRecords'; object: string; records: number; interaction: string }
  /** The object does not hold as many records or bytes as the ledger says. */
  | { problem: 'otherCounts'; object: string; stated: string; found: string };

/** What verifying found. */
export interface ArchiveVerdict {
  objects: number;
  records: number;
  /** Of those, records that a later object has replaced: the interaction has changed since. */
  replaced: number;
  findings: ArchiveFinding[];
}

/** What verifying needs of the world. */
export interface VerifyPorts {
  ledger: WindowLedger;
  objects: Pick<ObjectStore, 'open' | 'list'>;
  opening: Opening;
  /** The custom field that is our mark: digests leave it out. */
  field: string;
}

/**
 * Opens every object that lies under an archive day and compares it with the ledger: which objects there are, how many records
 * they hold, and what each record's digest is. Memory holds one object, and an id and a digest of each interaction of the day.
 */
export async function verifyDay(ports: VerifyPorts, day: Day): Promise<ArchiveVerdict> {
  const { ledger, objects } = ports;
  const entries = await entriesOf(ledger, day);
  const known = new Map<string, ArchiveObject>();
  for await (const object of archiveObjects(ledger, { from: day, to: day })) known.set(object.key, object);
  const verdict: ArchiveVerdict = { objects: 0, records: 0, replaced: 0, findings: [] };
  const there = new Set<string>();
  for await (const { key, bytes } of objects.list(archivePrefix(ledger.tenant, day))) {
    there.add(key);
    verdict.objects += 1;
    const found = await contentOf(ports, key, bytes, entries);
    verdict.records += found.records;
    verdict.replaced += found.replaced;
    verdict.findings.push(...findingsOf(found, known.get(key), entries.byObject.has(key)));
  }
  for (const [object, { records }] of known)
    if (!there.has(object)) verdict.findings.push({ problem: 'missingObject', object, records });
  verdict.findings.push(...entries.left(there, known));
  return verdict;
}

/** Opens an object that lies under the archive's prefix and under no day of it: whatever it holds, the ledger does not know it. */
export async function verifyStray(
  ports: VerifyPorts,
  { key, bytes }: { key: string; bytes: number },
): Promise<ArchiveVerdict> {
  const found = await contentOf(ports, key, bytes, { byObject: new Map(), objectOf: new Map() });
  const { records, replaced } = found;
  return { objects: 1, records, replaced, findings: findingsOf(found, undefined, false) };
}

/** What the ledger has of a day's interactions, by the object that holds each. */
interface DayEntries {
  byObject: ReadonlyMap<string, Map<string, string>>;
  objectOf: ReadonlyMap<string, string>;
  left(there: ReadonlySet<string>, known: ReadonlyMap<string, ArchiveObject>): ArchiveFinding[];
}

async function entriesOf(ledger: WindowLedger, day: Day): Promise<DayEntries> {
  const byObject = new Map<string, Map<string, string>>();
  const objectOf = new Map<string, string>();
  for await (const { id, object, digest } of archiveEntries(ledger, day)) {
    if (object === undefined || digest === undefined) continue;
    const ids = byObject.get(object) ?? new Map<string, string>();
    byObject.set(object, ids.set(id, digest));
    objectOf.set(id, object);
  }
  return {
    byObject,
    objectOf,
    left: (there, known) =>
      [...byObject].flatMap(([object, ids]) => {
        const [interaction] = ids.keys();
        if (there.has(object) || known.has(object) || interaction === undefined) return [];
        return [{ problem: 'missingObject', object, records: ids.size }];
      }),
  };
}

/** What an object holds, beside what the ledger says it should. */
interface Content {
  object: string;
  records: number;
  replaced: number;
  plainBytes: number;
  sealedBytes: number;
  /** Ids. */
  missing: string[];
  changed: string[];
  unknown: string[];
  unopened?: CataloguedError;
}

async function contentOf(
  ports: VerifyPorts,
  object: string,
  sealedBytes: number,
  entries: Pick<DayEntries, 'byObject' | 'objectOf'>,
): Promise<Content> {
  const { tenant } = ports.ledger;
  const expected = new Map(entries.byObject.get(object));
  const content: Content = {
    object,
    records: 0,
    replaced: 0,
    plainBytes: 0,
    sealedBytes,
    missing: [],
    changed: [],
    unknown: [],
  };
  try {
    const opened = await openObject(ports, { tenant, object });
    for await (const line of recordsOf(opened, object)) {
      content.records += 1;
      content.plainBytes += Buffer.byteLength(line) + 1;
      const record = recordIn(line);
      const id = record?.interaction_id ?? `line ${content.records}`;
      const digest = expected.get(id);
      if (record === undefined || !entries.objectOf.has(id)) content.unknown.push(id);
      else if (digest === undefined) content.replaced += 1;
      else if (digest !== recordDigest(record, ports.field)) content.changed.push(id);
      expected.delete(id);
    }
    content.missing.push(...expected.keys());
  } catch (error) {
    if (!(error instanceof CataloguedError)) throw error;
    content.unopened = error;
  }
  return content;
}

function recordIn(line: string): ArchivalRecord | undefined {
  try {
    return ArchivalRecord.safeParse(parseExactJson(line)).data;
  } catch {
    return undefined;
  }
}

function findingsOf(content: Content, known: ArchiveObject | undefined, named: boolean): ArchiveFinding[] {
  const { object, records, unopened, missing, changed, unknown } = content;
  if (unopened !== undefined)
    return [{ problem: 'unopened', object, error: unopened.name, sentence: unopened.message }];
  const some = (problem: 'missingRecords' | 'changedRecords' | 'unknownRecords', ids: readonly string[]) => {
    const [interaction] = ids;
    return interaction === undefined ? [] : [{ problem, object, records: ids.length, interaction }];
  };
  // An object whose records have their entries is on its way to be known: the run that sealed it notes it last.
  if (known === undefined && !named) return [{ problem: 'unknownObject', object, records }];
  return [
    ...some('missingRecords', missing),
    ...some('changedRecords', changed),
    ...some('unknownRecords', unknown),
    ...(known === undefined ? [] : otherCounts(content, known)),
  ];
}

function otherCounts(content: Content, known: ArchiveObject): ArchiveFinding[] {
  const text = ({ records, plainBytes, sealedBytes }: Content | ArchiveObject) =>
    `${records} records, ${plainBytes} bytes, sealed ${sealedBytes} bytes`;
  const [stated, found] = [text(known), text(content)];
  return stated === found ? [] : [{ problem: 'otherCounts', object: content.object, stated, found }];
}
