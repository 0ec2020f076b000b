import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type CataloguedError, catalogued } from '../model/errors.ts';
import {
  CHECK_BYTES,
  endingOf,
  NONCE_BYTES,
  OldPackageFields,
  PackageFields,
  type PackageHead,
  SALT_BYTES,
  TAG_BYTES,
} from './package.ts';

/** A package as it was read, its bytes not opened yet. */
export interface SealedPackage {
  /** Absent in a package from before there were versions. */
  head?: PackageHead;
  /** Of a package without a head. */
  salt?: Buffer;
  nonce: Buffer;
  ciphertext: Buffer;
  tag: Buffer;
}

/** The digest that ends a package, as its last bytes: what it covers ends where they begin. */
const ENDING = /,"sha256":"([0-9a-f]{64})"\}$/;
const ENDING_BYTES = endingOf('0'.repeat(64)).rest.length;

const Versioned = z.object({ version: z.unknown() });

/**
 * Reads a package from its bytes. `where` is the key that it lies under, for messages.
 *
 * @throws ArchiveTruncated where the package does not end
 * @throws ArchiveDamaged where it is not as it was written: digest, form or base64
 * @throws ArchiveVersionUnknown where a later release has sealed it
 */
export function readPackage(bytes: Buffer, where: string): SealedPackage {
  const value = parsedJson(bytes, where);
  const digested = hasDigest(bytes, where);
  const version = Versioned.safeParse(value).data?.version;
  if (version === undefined) return oldPackage(value, where);
  if (version !== 1)
    throw catalogued('ArchiveVersionUnknown', `The archive ${where} is of a version that is not known here.`);
  if (!digested) throw damaged(where, 'it does not end with its digest');
  const fields = PackageFields.safeParse(value);
  if (!fields.success) throw damaged(where, 'its fields are not those of a package');
  return packageOf(fields.data, where);
}

function packageOf(fields: PackageFields, where: string): SealedPackage {
  const bytes = (name: string, text: string, length?: number) => decoded(text, where, name, length);
  const reference =
    'kmsKey' in fields
      ? {
          kind: 'kms' as const,
          keyArn: fields.kmsKey,
          sealedKey: bytes('sealedKey', fields.sealedKey),
        }
      : {
          kind: 'passphrase' as const,
          secret: fields.secret,
          passphraseVersion: fields.passphraseVersion,
          salt: bytes('salt', fields.salt, SALT_BYTES),
        };
  const nonce = bytes('nonce', fields.nonce, NONCE_BYTES);
  const check = bytes('check', fields.check, CHECK_BYTES);
  const { tenant, object } = fields;
  return { head: { tenant, object, reference, check, nonce }, nonce, ...split(fields.ciphertext, where) };
}

function oldPackage(value: unknown, where: string): SealedPackage {
  const fields = OldPackageFields.safeParse(value);
  if (!fields.success) throw damaged(where, 'it has neither a version nor the three fields of a package');
  return {
    salt: decoded(fields.data.salt, where, 'salt'),
    nonce: decoded(fields.data.nonce, where, 'nonce', NONCE_BYTES),
    ...split(fields.data.ciphertext, where),
  };
}

function split(text: string, where: string): { ciphertext: Buffer; tag: Buffer } {
  const bytes = decoded(text, where, 'ciphertext');
  if (bytes.length < TAG_BYTES) throw damaged(where, 'its ciphertext is shorter than a tag');
  const end = bytes.length - TAG_BYTES;
  return { ciphertext: bytes.subarray(0, end), tag: bytes.subarray(end) };
}

function parsedJson(bytes: Buffer, where: string): unknown {
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words would quote the package.
    if (text.trimEnd().endsWith('}')) throw damaged(where, 'it is not JSON');
    throw catalogued(
      'ArchiveTruncated',
      `The archive ${where} has ${bytes.length} bytes and ends before its package does.`,
      { bytes: bytes.length },
    );
  }
}

/** Whether the package ends with the digest of all that is before it, as those with a version do. Throws where the digest is another. */
function hasDigest(bytes: Buffer, where: string): boolean {
  const covered = Math.max(0, bytes.length - ENDING_BYTES);
  const stated = ENDING.exec(bytes.subarray(covered).toString('latin1'))?.[1];
  if (stated === undefined) return false;
  const actual = createHash('sha256').update(bytes.subarray(0, covered)).digest('hex');
  if (actual !== stated) throw damaged(where, 'its bytes do not have its digest');
  return true;
}

/** Base64 of the one form that has an inverse: what Node leaves out silently would be a change that nobody sees. */
function decoded(text: string, where: string, field: string, length?: number): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw damaged(where, `its ${field} is not base64`);
  if (length !== undefined && bytes.length !== length)
    throw damaged(where, `its ${field} has ${bytes.length} bytes in place of ${length}`);
  return bytes;
}

/** The one sentence for what is not as it was sealed. */
export function damaged(where: string, why: string, cause?: unknown): CataloguedError {
  return catalogued('ArchiveDamaged', `The archive ${where} is damaged: ${why}.`, {}, cause);
}
