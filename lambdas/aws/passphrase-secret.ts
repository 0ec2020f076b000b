import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { PassphraseRing, Passphrases } from '../archive/keys.ts';
import { Secret } from '../cxone/secret.ts';
import { catalogued } from '../model/errors.ts';
import { ArchivePassphrases } from '../model/passphrases.ts';
import { readSecret } from './secret-value.ts';

/**
 * The passphrases of an archive in Secrets Manager, read once and kept: made for one invocation, so that a new passphrase
 * counts from the next one on. Reading throws `ArchiveKeyMissing` where the secret is absent or not of the form of
 * `ArchivePassphrases`.
 *
 * @param told is given when the secret was last written
 */
export function secretPassphrases(
  client: SecretsManagerClient,
  secretName: string,
  told?: (createdAt: Date) => void,
): Passphrases {
  let ring: PassphraseRing | undefined;
  return {
    async read() {
      ring ??= await readRing(client, secretName, told);
      return ring;
    },
  };
}

async function readRing(
  client: SecretsManagerClient,
  secret: string,
  told: ((createdAt: Date) => void) | undefined,
): Promise<PassphraseRing> {
  const missing = (why: string, cause?: unknown) =>
    catalogued('ArchiveKeyMissing', `The secret ${secret} cannot be used: ${why}.`, {}, cause);
  const { current, passphrases } = await readSecret(client, secret, ArchivePassphrases, missing, told);
  const byVersion = Object.entries(passphrases).map(
    ([version, text]) => [version, new Secret(text)] as const,
  );
  return { secret, current, passphrases: new Map(byVersion) };
}
