import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { PrivacyKey } from '../dataset/privacy.ts';
import { catalogued } from '../model/errors.ts';
import { HashKeys } from '../model/hash-key.ts';
import { readSecret } from './secret-value.ts';

/**
 * Reads a tenant's key for hashing, anew each time.
 *
 * @throws HashKeyMissing where the secret is absent, is about to be deleted, does not open, is not of the form of `HashKeys`, or lacks the version
 */
export async function readHashKey(
  client: SecretsManagerClient,
  secretName: string,
  version: string,
): Promise<PrivacyKey> {
  const missing = (why: string, cause?: unknown) =>
    catalogued('HashKeyMissing', `The secret ${secretName} cannot be used: ${why}.`, {}, cause);
  const { keys } = await readSecret(client, secretName, HashKeys, missing);
  const key = Object.hasOwn(keys, version) ? keys[version] : undefined;
  if (key === undefined) throw missing(`it has no key of version ${version}`);
  return Buffer.from(key, 'base64');
}
