import { z } from 'zod';

/** Bytes that a key has at least: as many as its hashes have. Shorter ones are for guessing. */
export const SHORTEST_HASH_KEY = 32;

/** Bytes that a key has at most: of longer ones HMAC-SHA-256 would take a digest. */
export const LONGEST_HASH_KEY = 64;

/** What a tenant calls one of its keys, `2026` for instance: it stands in configurations, definitions and the ledger. */
export const HashKeyVersion = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be 1 to 64 letters, digits, dots, underscores and hyphens',
  );

/** Which key columns with the privacy `hash` are hashed with. */
export const HashKeySettings = z.strictObject({
  secret: z
    .string()
    .regex(/^[\w/+=.@-]{1,512}$/, 'must be the name of a secret in Secrets Manager')
    .describe('Its value is {"keys": {"<version>": "<32 to 64 random bytes in base64>"}}'),
  version: HashKeyVersion.describe(
    'Of the keys in the secret, the one to hash with. Another version is another key: what was hashed before does not join with what is hashed then',
  ),
});
export type HashKeySettings = z.infer<typeof HashKeySettings>;

const Key = z
  .string()
  .refine(
    (text) => isKey(text),
    `must be ${SHORTEST_HASH_KEY} to ${LONGEST_HASH_KEY} bytes in base64, as openssl rand -base64 32 writes them`,
  );

function isKey(text: string): boolean {
  const { length } = Buffer.from(text, 'base64');
  return z.base64().safeParse(text).success && length >= SHORTEST_HASH_KEY && length <= LONGEST_HASH_KEY;
}

/** The value of the secret: every key that values were hashed with, by its version. */
export const HashKeys = z.strictObject({
  keys: z
    .record(z.string(), Key)
    .refine(
      (byVersion) => Object.keys(byVersion).every((name) => HashKeyVersion.safeParse(name).success),
      'must be by versions of 1 to 64 letters, digits, dots, underscores and hyphens',
    ),
});
export type HashKeys = z.infer<typeof HashKeys>;
