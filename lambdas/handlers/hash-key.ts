import { readHashKey } from '../aws/hash-key-secret.ts';
import { fingerprintOfKey, type PrivacyKey } from '../dataset/privacy.ts';
import { checkHashKey, holdHashKey } from '../ledger/hash-keys.ts';
import { catalogued } from '../model/errors.ts';
import type { Invocation } from './handler.ts';

/**
 * The key that the payload's settings name; undefined where nothing is hashed.
 *
 * @throws HashKeyMissing, HashKeyChanged
 */
export async function hashKeyOf(
  invocation: Invocation<'transform' | 'transform-records'>,
  version: string | undefined,
): Promise<PrivacyKey | undefined> {
  if (version === undefined) return undefined;
  const { HASH_KEY_SECRET: secret } = invocation.environment;
  if (secret === undefined)
    throw catalogued(
      'SettingsRefused',
      'Columns are to be hashed, and the function knows no secret with a key.',
    );
  const key = await readHashKey(invocation.clients.secrets, secret, version);
  await holdHashKey(invocation, { version, fingerprint: fingerprintOfKey(key) });
  return key;
}

/** How the tenant's hash key is looked at; undefined where the tenant hashes nothing. It throws as `hashKeyOf` does. */
export function hashKeyCheck(invocation: Invocation<'doctor'>): (() => Promise<void>) | undefined {
  const { HASH_KEY_SECRET: secret, HASH_KEY_VERSION: version } = invocation.environment;
  if (secret === undefined || version === undefined) return undefined;
  return async () => {
    const key = await readHashKey(invocation.clients.secrets, secret, version);
    await checkHashKey(invocation, { version, fingerprint: fingerprintOfKey(key) });
  };
}
