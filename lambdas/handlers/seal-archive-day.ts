import { join } from 'node:path';
import type { Sealing } from '../archive/keys.ts';
import { sealDay } from '../archive/seal-day.ts';
import { kmsDataKeys } from '../aws/kms-data-keys.ts';
import { secretPassphrases } from '../aws/passphrase-secret.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { ArchiveSealPayload, ArchiveSealResult } from '../model/archive-payloads.ts';
import { DAY_MILLISECONDS } from '../model/days.ts';
import { type Invocation, lambdaHandler } from './handler.ts';
import { tellsAge } from './secret-age.ts';

/** An object is sealed, and its records are noted, within this time. */
const LAST_OBJECT_MILLISECONDS = 420_000;

/** Seals what was looked up of an archive day. */
export const handler = lambdaHandler(
  { name: 'seal-archive-day', payload: ArchiveSealPayload, result: ArchiveSealResult },
  (payload, invocation) => {
    const { ARCHIVE_LOCK_DAYS: lockDays } = invocation.environment;
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET),
      sealing: sealingOf(invocation),
      workFolder: join(invocation.temporaryFolder, 'seal'),
      goesOn: () => invocation.remainingMilliseconds() > LAST_OBJECT_MILLISECONDS,
      ...(lockDays === undefined
        ? {}
        : { lockedUntil: () => invocation.clock.now() + lockDays * DAY_MILLISECONDS }),
    };
    return sealDay(ports, payload, payload);
  },
);

function sealingOf(invocation: Invocation<'seal-archive-day'>): Sealing {
  const { secrets, kms } = invocation.clients;
  const { ARCHIVE_SEALING: sealing, KEY_ARN } = invocation.environment;
  if (sealing.mode === 'kms') return { mode: 'kms', dataKeys: kmsDataKeys(kms, KEY_ARN) };
  const told = tellsAge(invocation, 'passphrases');
  return { mode: 'passphrase', passphrases: secretPassphrases(secrets, sealing.secret, told) };
}
