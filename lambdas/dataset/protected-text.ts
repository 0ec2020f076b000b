import { createHash } from 'node:crypto';
import type { Privacy } from '../model/mapping.ts';
import type { Database } from './database.ts';
import type { PrivacyKey } from './privacy.ts';

/*
 * Privacy in SQL, for parts that DuckDB reads by itself: the same values as `protectionOf` gives. HMAC is SHA-256 twice, over the key in two
 * paddings (RFC 2104); the padded keys lie in a table of the connection, so that they stand in no statement.
 */

const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;

/** Hands the key to the connection. To be called once, before `protectedText` is used for a hash. */
export async function giveKey(database: Database, key: PrivacyKey | undefined): Promise<void> {
  if (key === undefined) return;
  await database.run('CREATE TEMP TABLE privacy_key AS SELECT ?::BLOB AS inner_key, ?::BLOB AS outer_key', [
    padded(key, INNER),
    padded(key, OUTER),
  ]);
}

function padded(key: PrivacyKey, padding: number): Uint8Array {
  const short = key.length > BLOCK_BYTES ? createHash('sha256').update(key).digest() : key;
  return Uint8Array.from({ length: BLOCK_BYTES }, (_, index) => (short[index] ?? 0) ^ padding);
}

/** The SQL for what may be written of a text. */
export function protectedText(privacy: Privacy | undefined, value: string): string {
  switch (privacy) {
    case 'hash': {
      const inner = `unhex(sha256((SELECT inner_key FROM privacy_key) || encode(${value})))`;
      return `CASE WHEN ${value} IS NOT NULL THEN sha256((SELECT outer_key FROM privacy_key) || ${inner}) END`;
    }
    case 'mask':
      return `CASE WHEN length(${value}) > 8 THEN '****' || right(${value}, 4) WHEN ${value} IS NOT NULL THEN '****' END`;
    case 'drop':
    case 'keep':
    case undefined:
      return value;
  }
}
