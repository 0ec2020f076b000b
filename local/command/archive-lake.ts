import type { Opening } from '../../lambdas/archive/keys.ts';
import { type Clients, clientsFor } from '../../lambdas/aws/clients.ts';
import { dynamoTable } from '../../lambdas/aws/dynamo-table.ts';
import { kmsDataKeys } from '../../lambdas/aws/kms-data-keys.ts';
import { secretPassphrases } from '../../lambdas/aws/passphrase-secret.ts';
import { s3ObjectStore } from '../../lambdas/aws/s3-object-store.ts';
import type { WindowLedger } from '../../lambdas/ledger/windows.ts';
import { Day, daysBetween, plusDays } from '../../lambdas/model/days.ts';
import type { TenantId } from '../../lambdas/model/ids.ts';
import type { ObjectStore } from '../../lambdas/model/ports.ts';
import { surroundings } from '../../lambdas/model/surroundings.ts';
import { openLake } from './data-folder.ts';
import { CommandRefused } from './exit-codes.ts';

/** Whose archive, and where it is: in a data folder, or on AWS, reached with the caller's own credentials. */
export interface ArchivePlace {
  data: string;
  tenant?: TenantId;
  /** Name of the secret with the passphrases. Default: the one that the folder's functions are told. */
  passphrases?: string;
  /** On AWS, with the bucket and the tenant: outputs of the lake's stack. */
  ledgerTable?: string;
  bucket?: string;
}

/** A tenant's archive, open for reading. */
export interface OpenArchive {
  ledger: WindowLedger;
  objects: ObjectStore;
  opening: Opening;
}

/** Does something with the archive of each tenant that is asked for. Throws `CommandRefused` where there is none. */
export async function withArchives<Result>(
  place: ArchivePlace,
  work: (archive: OpenArchive) => Promise<Result>,
): Promise<Result[]> {
  if (place.ledgerTable !== undefined || place.bucket !== undefined) return [await work(onAws(place))];
  await using lake = await openLake(place.data);
  const results: Result[] = [];
  for (const [tenant, ledger] of lake.ledgers) {
    if ((place.tenant ?? tenant) !== tenant) continue;
    const secret = place.passphrases ?? lake.archiveSecrets.get(tenant);
    results.push(await work({ ledger, objects: lake.objects, opening: openingOf(lake.clients, secret) }));
  }
  if (results.length > 0) return results;
  throw new CommandRefused([`The folder ${place.data} has no tenant ${place.tenant}.`]);
}

function onAws({ tenant, ledgerTable, bucket, passphrases }: ArchivePlace): OpenArchive {
  if (tenant === undefined || ledgerTable === undefined || bucket === undefined)
    throw new CommandRefused(['An archive on AWS takes --ledger-table, --bucket and --tenant together.']);
  const { env, clock } = surroundings();
  const clients = clientsFor(env);
  return {
    ledger: { table: dynamoTable(clients.dynamodb, ledgerTable), tenant, clock },
    objects: s3ObjectStore(clients.s3, bucket),
    opening: openingOf(clients, passphrases),
  };
}

/** Packages name their KMS key themselves. */
function openingOf({ kms, secrets }: Clients, secret: string | undefined): Opening {
  const dataKeys = kmsDataKeys(kms, '');
  return secret === undefined ? { dataKeys } : { dataKeys, passphrases: secretPassphrases(secrets, secret) };
}

/** The days that `2024-05-15`, or `2024-05-01..2024-05-08` (half-open), stands for. Throws `CommandRefused`. */
export function daysOf(text: string): Day[] {
  const [first = '', last] = text.split('..', 2);
  const from = Day.safeParse(first);
  const to = last === undefined ? from : Day.safeParse(last);
  if (!from.success || !to.success)
    throw new CommandRefused([
      `${text} is neither a day nor a range of days: 2024-05-15, or 2024-05-01..2024-05-08 without the last.`,
    ]);
  const days = daysBetween(from.data, last === undefined ? plusDays(from.data, 1) : to.data);
  if (days.length > 0) return days;
  throw new CommandRefused([`The range ${text} has no day in it.`]);
}

/** The archive day that an object's key names. Throws `CommandRefused` for what is no key of an archive. */
export function dayOfObject(object: string): Day {
  const [prefix, , day] = object.split('/');
  const parsed = Day.safeParse(day);
  if (prefix === 'archive' && parsed.success) return parsed.data;
  throw new CommandRefused([`${object} is no key of an archive: archive/<tenant>/<day>/<digest>.enc.json.`]);
}
