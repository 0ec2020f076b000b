import { createDecipheriv, createHash, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { catalogued } from '../model/errors.ts';
import type { ObjectStore } from '../model/ports.ts';
import { keyOf, type Opening, possibleKeys } from './keys.ts';
import { authenticatedData, keyCheck, type ObjectIdentity, type PackageHead } from './package.ts';
import { damaged, readPackage, type SealedPackage } from './read-package.ts';

/** Longest package that is read: four times what is ever sealed. It is held in memory whole, so that nothing of it is released before its tag is verified. */
const LONGEST_PACKAGE = 256 * 1024 * 1024;

/** An archive object whose tag has been verified. */
export interface OpenedArchive {
  /** Absent where the package is from before there were versions. */
  head?: PackageHead;
  /** Bytes of the package. */
  sealedBytes: number;
  /** The content as it was sealed: JSON lines, gzip. */
  content: Buffer;
}

/**
 * Opens an archive object.
 *
 * @throws ObjectMissing, and what `openPackage` throws
 */
export async function openObject(
  ports: { objects: Pick<ObjectStore, 'open'>; opening: Opening },
  identity: ObjectIdentity,
): Promise<OpenedArchive> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of (await ports.objects.open(identity.object)) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_PACKAGE)
      throw damaged(identity.object, `it has more than ${LONGEST_PACKAGE} bytes, which no archive has`);
    chunks.push(chunk);
  }
  return openPackage(ports.opening, Buffer.concat(chunks), identity);
}

/**
 * Opens a package that lies under the key `identity.object`. Nothing of its content is given out before its tag is verified.
 *
 * @throws ArchiveTruncated, ArchiveDamaged, ArchiveVersionUnknown as `readPackage` does; ArchiveMoved where it was sealed for another key or tenant;
 * ArchiveKeyMissing, ArchiveKeyWrong where there is no key, or another than it was sealed with
 */
export async function openPackage(
  opening: Opening,
  bytes: Buffer,
  identity: ObjectIdentity,
): Promise<OpenedArchive> {
  const sealed = readPackage(bytes, identity.object);
  const sealedBytes = bytes.length;
  const { head } = sealed;
  if (head === undefined) return { sealedBytes, content: await openOld(opening, sealed, identity) };
  if (head.object !== identity.object || head.tenant !== identity.tenant)
    throw catalogued(
      'ArchiveMoved',
      `What lies under ${identity.object} was sealed for ${head.tenant} as ${head.object}.`,
    );
  const key = await keyOf(opening, head.reference, head);
  if (!timingSafeEqual(keyCheck(key), head.check)) throw keyWrong(head);
  const content = decrypted(sealed, key, authenticatedData(identity));
  if (content === undefined) throw damaged(identity.object, 'its tag is not that of its bytes');
  return { head, sealedBytes, content };
}

async function openOld(opening: Opening, sealed: SealedPackage, { object }: ObjectIdentity): Promise<Buffer> {
  for await (const key of possibleKeys(opening, sealed.salt ?? Buffer.alloc(0), object)) {
    const content = decrypted(sealed, key);
    if (content !== undefined) return content;
  }
  throw catalogued(
    'ArchiveKeyWrong',
    `The archive ${object}, which names no passphrase, opens with none of those that are there; or its bytes were changed.`,
  );
}

/** The content, or undefined where the tag is not that of key, nonce, data and ciphertext. */
function decrypted(sealed: SealedPackage, key: KeyObject, data?: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.nonce);
  if (data !== undefined) decipher.setAAD(data);
  decipher.setAuthTag(sealed.tag);
  const content = decipher.update(sealed.ciphertext);
  try {
    decipher.final();
    return content;
  } catch {
    return undefined;
  }
}

/**
 * The JSON lines of an opened archive, as bytes. Ends with `ArchiveDamaged` where the content is not gzip, or where its digest
 * is not the one that the object's key states.
 */
export async function* plaintextOf(archive: OpenedArchive, object: string): AsyncGenerator<Buffer> {
  const stated = archive.head && /([0-9a-f]{64})\.enc\.json$/.exec(object)?.[1];
  const digest = createHash('sha256');
  const unpacked = Readable.from([archive.content]).pipe(createGunzip({ chunkSize: 262_144 }));
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      digest.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw damaged(object, 'its content is not gzip', error);
  }
  if (stated !== undefined && digest.digest('hex') !== stated)
    throw damaged(object, 'its records do not have the digest that its key states');
}

/** The records of an opened archive, one JSON text each. Throws as `plaintextOf` does. */
export async function* recordsOf(archive: OpenedArchive, object: string): AsyncGenerator<string> {
  let waiting = Buffer.alloc(0);
  for await (const chunk of plaintextOf(archive, object)) {
    const bytes = Buffer.concat([waiting, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, from)) {
      yield bytes.toString('utf8', from, at);
      from = at + 1;
    }
    waiting = bytes.subarray(from);
  }
  if (waiting.length > 0) yield waiting.toString('utf8');
}

const LINE_FEED = 0x0a;

function keyWrong({ object, reference }: PackageHead) {
  const which =
    reference.kind === 'kms'
      ? `the data key that ${reference.keyArn} opened`
      : `the passphrase of version ${reference.passphraseVersion}`;
  return catalogued('ArchiveKeyWrong', `The archive ${object} was not sealed with ${which}.`);
}
