import type { ProbedFamily } from '../cxone/probe.ts';
import { archiveDays } from '../ledger/archive-days.ts';
import { archiveEntries } from '../ledger/archive-entries.ts';
import { lastRuns } from '../ledger/run-list.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { isoInstant } from '../model/days.ts';
import type { CheckName, Examination, Finding } from '../model/doctor.ts';
import { catalogueEntry, type ErrorName } from '../model/error-catalogue.ts';
import { CataloguedError, catalogued } from '../model/errors.ts';
import type { Family } from '../model/families.ts';
import type { ObjectStore } from '../model/ports.ts';

/** What an examination needs of the world. */
export interface DoctorPorts {
  ledger: WindowLedger;
  objects: ObjectStore;
  /** Reads the client credentials and throws them away. Throws `CredentialsMissing`. */
  readSecret: () => Promise<unknown>;
  /** Reads the key that columns are hashed with, and holds it against what it was before. Absent where none is hashed. Throws `HashKeyMissing`, `HashKeyChanged`. */
  checkHashKey?: (() => Promise<unknown>) | undefined;
  /** Asks the family's token endpoint for a token. */
  probe: (family: Family) => Promise<ProbedFamily | undefined>;
}

/** How far the clocks may be apart: `Date` has seconds, and tokens are renewed with minutes to spare. */
const CLOCK_DIFFERENCE_MILLISECONDS = 5 * 60_000;

/** Archived interactions that are looked through for marks that failed. */
const ENTRIES_LOOKED_AT = 200;

/**
 * Looks at everything that a run of the tenant's pipelines needs: ledger, lake, secret, and of each family the way there, the
 * client, the scopes and the time. It changes nothing in CXone. One thing that fails does not keep it from looking at the others.
 */
export async function examine(ports: DoctorPorts, families: readonly Family[]): Promise<Examination> {
  const findings: Finding[] = [
    await looked('ledger', undefined, 'The ledger answers.', () =>
      lastRuns(ports.ledger.table, ports.ledger.tenant, 1),
    ),
    await looked('lake', undefined, 'The lake can be read.', () => firstObject(ports)),
    await looked('secret', undefined, 'The secret has a client id and a client secret.', ports.readSecret),
  ];
  const secretIsThere = findings.at(-1)?.state === 'ok';
  const examined = await Promise.all(
    families.map(async (family) => (secretIsThere ? await examineFamily(ports, family) : [untried(family)])),
  );
  findings.push(...examined.flat());
  if (ports.checkHashKey !== undefined)
    findings.push(
      await looked('hashKey', undefined, 'The hash key is there, and long enough.', ports.checkHashKey),
    );
  if (families.some(({ name }) => name === 'interactions')) findings.push(await examineField(ports.ledger));
  return {
    tenant: ports.ledger.tenant,
    at: isoInstant(ports.ledger.clock.now()),
    healthy: findings.every(({ state }) => state !== 'failed'),
    findings,
  };
}

async function firstObject({ ledger, objects }: DoctorPorts): Promise<void> {
  for await (const _ of objects.list(`runs/${ledger.tenant}/`)) return;
}

/** Looks at one thing: a finding of what is said where it is well, else of the error that was thrown. */
export async function looked(
  check: CheckName,
  family: Family | undefined,
  said: string,
  look: () => Promise<unknown>,
): Promise<Finding> {
  try {
    await look();
    return { check, ...(family && { family: family.name }), state: 'ok', said };
  } catch (error) {
    if (error instanceof CataloguedError) return failed(check, family, error);
    const words = error instanceof Error ? error.message : 'no reason was given';
    return failed(check, family, catalogued('AwsCallFailed', `AWS refused: ${words}`));
  }
}

function failed(check: CheckName, family: Family | undefined, error: CataloguedError): Finding {
  return {
    check,
    ...(family && { family: family.name }),
    state: 'failed',
    said: error.message,
    error: error.name,
    cure: catalogueEntry(error.name)?.remedy,
  };
}

function untried({ name }: Family): Finding {
  const said = 'Not tried: there are no credentials to try it with.';
  return { check: 'connection', family: name, state: 'unknown', said };
}

async function examineFamily(ports: DoctorPorts, family: Family): Promise<Finding[]> {
  let probed: ProbedFamily | undefined;
  const connection = await looked('connection', family, `${family.baseUrl} gave a token.`, async () => {
    probed = await reached(ports, family);
  });
  return probed === undefined
    ? [connection]
    : [connection, scopesOf(family, probed), clockOf(family, probed, ports.ledger.clock.now())];
}

/** Errors of a call say what happened; an examination says what is wrong with the set-up. */
async function reached(ports: DoctorPorts, family: Family): Promise<ProbedFamily> {
  const where = `${family.baseUrl}${family.tokenPath}`;
  try {
    const probed = await ports.probe(family);
    if (probed !== undefined) return probed;
  } catch (error) {
    if (!(error instanceof CataloguedError)) throw error;
    const renamed: Partial<Record<string, ErrorName>> = {
      ConnectionLost: 'EgressMissing',
      NotFound: 'BaseUrlWrong',
    };
    const name = renamed[error.name];
    if (name === undefined) throw error;
    throw catalogued(name, `${where}: ${error.sentence}`, error.facts, error);
  }
  throw catalogued('BaseUrlWrong', `${where} answered, but not as a token endpoint does.`);
}

function scopesOf(family: Family, { granted }: ProbedFamily): Finding {
  const about = { check: 'scopes', family: family.name } as const;
  if (granted === undefined)
    return { ...about, state: 'unknown', said: 'CXone does not say which scopes it granted.' };
  const missing = family.scopes.filter((scope) => !granted.includes(scope));
  if (missing.length === 0)
    return { ...about, state: 'ok', said: `${family.scopes.join(', ') || 'No scope is needed'}: granted.` };
  return failed(
    'scopes',
    family,
    catalogued('ScopeMissing', `The service account lacks ${missing.join(', ')}.`),
  );
}

function clockOf(family: Family, { date }: ProbedFamily, now: number): Finding {
  const about = { check: 'clock', family: family.name } as const;
  if (date === undefined) return { ...about, state: 'unknown', said: 'CXone does not say what time it is.' };
  const seconds = Math.round((date - now) / 1_000);
  const words = `CXone’s clock is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} ours.`;
  if (Math.abs(date - now) <= CLOCK_DIFFERENCE_MILLISECONDS) return { ...about, state: 'ok', said: words };
  return failed('clock', family, catalogued('ClockOff', words));
}

/** The custom field cannot be read, and is not written to try it: what became of the marks says how it is. */
async function examineField(ledger: WindowLedger): Promise<Finding> {
  const about = { check: 'customField', family: 'interactions' } as const;
  let lookedAt = 0;
  let marked = false;
  for await (const { day, marksOpen } of archiveDays(ledger)) {
    if (lookedAt >= ENTRIES_LOOKED_AT) break;
    if (!marksOpen) marked = true;
    else
      for await (const { markFailure } of archiveEntries(ledger, day)) {
        if (markFailure === 'refused' || markFailure === 'forbidden')
          return { ...about, ...fieldFailure(markFailure) };
        lookedAt += 1;
        if (lookedAt >= ENTRIES_LOOKED_AT) break;
      }
  }
  return marked
    ? { ...about, state: 'ok', said: 'Interactions have been marked in archival_status.' }
    : {
        ...about,
        state: 'unknown',
        said: 'No interaction has been marked yet: the first archive run will tell.',
      };
}

function fieldFailure(reason: 'refused' | 'forbidden'): Omit<Finding, 'check' | 'family'> {
  const said =
    reason === 'refused'
      ? 'CXone refused to write archival_status: there is no such custom field.'
      : 'CXone forbade writing archival_status: the field is read-only, or the scope is missing.';
  return {
    state: 'failed',
    said,
    error: 'CustomFieldMissing',
    cure: catalogueEntry('CustomFieldMissing')?.remedy,
  };
}
