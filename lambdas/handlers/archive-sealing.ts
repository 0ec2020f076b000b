import { join } from 'node:path';
import type { Passphrases, Sealing } from '../archive/keys.ts';
import { kmsDataKeys } from '../aws/kms-data-keys.ts';
import { secretPassphrases } from '../aws/passphrase-secret.ts';
import type { ArchiveExamination } from '../operations/examine-archive.ts';
import type { Invocation } from './handler.ts';
import { tellsAge } from './secret-age.ts';

/** How the function seals archive objects: this one alone may. */
export function sealingOf(invocation: Invocation<'seal-archive-day'>): Sealing {
  const { ARCHIVE_SEALING: sealing, KEY_ARN } = invocation.environment;
  if (sealing.mode === 'passphrase')
    return { mode: 'passphrase', passphrases: passphrasesOf(invocation, sealing.secret) };
  return { mode: 'kms', dataKeys: kmsDataKeys(invocation.clients.kms, KEY_ARN) };
}

function passphrasesOf(invocation: Invocation<'seal-archive-day'>, secret: string): Passphrases {
  return secretPassphrases(invocation.clients.secrets, secret, tellsAge(invocation, 'passphrases'));
}

/** What an examination tries: the keys that sealing takes, and what is read anew to open with. */
export function examinedOf(invocation: Invocation<'seal-archive-day'>): ArchiveExamination {
  const { ARCHIVE_SEALING: sealing } = invocation.environment;
  const { tenant, clock, temporaryFolder } = invocation;
  const workFolder = join(temporaryFolder, 'probe');
  const examined = { tenant, clock, workFolder, sealing: sealingOf(invocation) };
  if (sealing.mode === 'kms') return examined;
  return { ...examined, opening: { passphrases: passphrasesOf(invocation, sealing.secret) } };
}
