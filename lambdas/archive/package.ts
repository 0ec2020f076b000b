import { createHmac, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/*
 * The package that an archive object is: docs/envelope.md says it for other programs. Whatever is changed here needs a new
 * version, and the old one must stay readable.
 */

/** AES-256-GCM: bytes of the key, of the nonce and of the tag that ends the ciphertext. */
export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** Of the salt of a key derivation; each object has its own. */
export const SALT_BYTES = 16;

/** Rounds of PBKDF2-HMAC-SHA-256: about 60 ms of one processor, once an object. */
export const ITERATIONS = 480_000;

/** Bytes of the check by which a wrong key is told from damage. */
export const CHECK_BYTES = 8;

const CONTENT = 'application/x-ndjson+gzip';
const CIPHER = 'AES-256-GCM';
const KDF = 'PBKDF2-HMAC-SHA-256';

/** Which object a package is, and whose: its authenticated data binds both. */
export interface ObjectIdentity {
  tenant: string;
  /** The S3 key. */
  object: string;
}

/** A key that is derived from a passphrase: which one, kept where, with which salt. */
export interface PassphraseReference {
  kind: 'passphrase';
  /** Name of the secret that held the passphrases. */
  secret: string;
  /** Version of the passphrase in it. */
  passphraseVersion: string;
  salt: Buffer;
}

/** A key that KMS made for this object alone, sealed by a KMS key. */
export interface DataKeyReference {
  kind: 'kms';
  keyArn: string;
  sealedKey: Buffer;
}

/** How to get at the key of a package. */
export type KeyReference = PassphraseReference | DataKeyReference;

/** All of a package but its ciphertext. */
export interface PackageHead extends ObjectIdentity {
  reference: KeyReference;
  check: Buffer;
  nonce: Buffer;
}

const text = z.string().min(1).max(2_048);
const common = {
  version: z.literal(1),
  tenant: text,
  object: text,
  content: z.literal(CONTENT),
  cipher: z.literal(CIPHER),
};
const sealed = { check: text, nonce: text, ciphertext: z.string(), sha256: text };

/** The fields of a package of version 1, with a passphrase or with a data key. */
export const PackageFields = z.union([
  z.strictObject({
    ...common,
    kdf: z.literal(KDF),
    iterations: z.literal(ITERATIONS),
    secret: text,
    passphraseVersion: text,
    salt: text,
    ...sealed,
  }),
  z.strictObject({ ...common, kmsKey: text, sealedKey: z.string().min(1).max(16_384), ...sealed }),
]);
export type PackageFields = z.infer<typeof PackageFields>;

/** Packages from before there were versions: PBKDF2 as above, no authenticated data. */
export const OldPackageFields = z.strictObject({ salt: text, nonce: text, ciphertext: z.string() });

/** What a package begins with, up to the ciphertext's own characters. Fields are flat: the only closing brace is its end. */
export function beginningOf(head: PackageHead): string {
  const { tenant, object, reference } = head;
  const common = { version: 1, tenant, object, content: CONTENT, cipher: CIPHER };
  const nonce = base64(head.nonce);
  const check = base64(head.check);
  const fields =
    reference.kind === 'kms'
      ? { ...common, kmsKey: reference.keyArn, sealedKey: base64(reference.sealedKey), check, nonce }
      : {
          ...common,
          kdf: KDF,
          iterations: ITERATIONS,
          secret: reference.secret,
          passphraseVersion: reference.passphraseVersion,
          check,
          salt: base64(reference.salt),
          nonce,
        };
  return `${JSON.stringify(fields).slice(0, -1)},"ciphertext":"`;
}

/** What a package ends with, after the ciphertext's characters; `sha256` (hex) is over all bytes before the second comma of it. */
export function endingOf(sha256: string): { covered: string; rest: string } {
  return { covered: '"', rest: `,"sha256":"${sha256}"}` };
}

/** The authenticated data of version 1: a package that was moved, or given to another tenant, does not open. */
export function authenticatedData({ tenant, object }: ObjectIdentity): Buffer {
  return Buffer.from(['cxone-export archive', '1', tenant, object].join('\n'), 'utf8');
}

/** Tells whether a key is the one that the package was sealed with, without opening anything. */
export function keyCheck(key: KeyObject): Buffer {
  return createHmac('sha256', key).update('cxone-export archive key check').digest().subarray(0, CHECK_BYTES);
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}
