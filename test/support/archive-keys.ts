import { createSecretKey, randomBytes } from 'node:crypto';
import type { DataKeys, Passphrases } from '../../lambdas/archive/keys.ts';
import { Secret } from '../../lambdas/cxone/secret.ts';
import { catalogued } from '../../lambdas/model/errors.ts';

/** Passphrases that a test holds, and how often they were read. */
export interface HeldPassphrases extends Passphrases {
  readonly reads: number;
}

/** Passphrases by version. The last one is the current one. */
export function passphrasesOf(
  byVersion: Readonly<Record<string, string>>,
  secret = 'cxone/acme-archive',
): HeldPassphrases {
  const entries = Object.entries(byVersion);
  const ring = {
    secret,
    current: entries.at(-1)?.[0] ?? '',
    passphrases: new Map(entries.map(([version, passphrase]) => [version, new Secret(passphrase)])),
  };
  let reads = 0;
  return {
    get reads() {
      return reads;
    },
    async read() {
      reads += 1;
      return ring;
    },
  };
}

/** Data keys as a key service gives them, in that none opens for another object. */
export function heldDataKeys(keyArn = 'arn:aws:kms:us-east-1:000000000000:key/archive'): DataKeys {
  const issued = new Map<string, { bytes: Buffer; object: string }>();
  return {
    async generate({ tenant, object }) {
      const bytes = randomBytes(32);
      const sealedKey = randomBytes(64);
      issued.set(sealedKey.toString('hex'), { bytes, object: `${tenant} ${object}` });
      return { key: createSecretKey(bytes), keyArn, sealedKey };
    },
    async open(sealedKey, _keyArn, { tenant, object }) {
      const found = issued.get(sealedKey.toString('hex'));
      if (found?.object === `${tenant} ${object}`) return createSecretKey(found.bytes);
      throw catalogued('ArchiveKeyWrong', 'The data key does not open.');
    },
  };
}
