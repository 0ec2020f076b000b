import { z } from 'zod';
import { isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { conditionalUpdate } from './expressions.ts';
import { hashKeyKey } from './keys.ts';
import type { WindowLedger } from './windows.ts';

const HashKeyItem = z.object({ fingerprint: z.string() });

/** A version of a tenant's key, and what names the key without being it. */
export interface KnownHashKey {
  version: string;
  fingerprint: string;
}

/**
 * Holds a key against the one that this version was when it first hashed: a version is one key for good. The first use notes the
 * fingerprint; of two first uses with different keys, one is refused.
 *
 * @throws HashKeyChanged where the version was another key before
 */
export async function holdHashKey(ledger: WindowLedger, key: KnownHashKey): Promise<void> {
  const { version, fingerprint } = key;
  const item = await ledger.table.update(
    hashKeyKey(ledger.tenant, version),
    // setOnce never replaces: whoever comes later sees what the first one noted.
    conditionalUpdate({ setOnce: { fingerprint, firstUsedAt: isoInstant(ledger.clock.now()) } }),
  );
  if (item === 'conditionFailed') throw new Error('An update without a condition failed its condition');
  requireSame(HashKeyItem.parse(item), key);
}

/**
 * Holds a key against the one that this version was, without noting anything.
 *
 * @throws HashKeyChanged where the version was another key before
 */
export async function checkHashKey(ledger: WindowLedger, key: KnownHashKey): Promise<void> {
  const item = await ledger.table.get(hashKeyKey(ledger.tenant, key.version));
  if (item !== undefined) requireSame(HashKeyItem.parse(item), key);
}

function requireSame(known: z.infer<typeof HashKeyItem>, { version, fingerprint }: KnownHashKey): void {
  if (known.fingerprint === fingerprint) return;
  throw catalogued(
    'HashKeyChanged',
    `The hash key of version ${version} is not the one that it was before.`,
    {
      version,
      known: known.fingerprint,
      found: fingerprint,
    },
  );
}
