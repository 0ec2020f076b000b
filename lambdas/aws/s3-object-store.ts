import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { catalogued } from '../model/errors.ts';
import { codeOf, withNamedBreaks } from '../model/named-breaks.ts';
import type { ObjectStore, Protection } from '../model/ports.ts';

/** Bytes of one part of a multipart upload, the least that S3 takes: with two in flight at most 10 MiB are held. S3 takes 10,000 parts: 48 GiB an object. */
const PART_BYTES = 5 * 1024 * 1024;
const PARTS_IN_FLIGHT = 2;
/** Bytes that wait between a stream and its upload: what is joined to a part is held there already. */
const WAITING_BYTES = 1024 * 1024;

/** The lake's bucket. The bucket's own default encryption applies; every upload carries a checksum that S3 verifies. */
export function s3ObjectStore(client: S3Client, bucket: string): ObjectStore {
  // A list says that there is nothing; HEAD and GET say 403 to who may not list the whole bucket, and no role of ours may.
  const find = async (key: string) => {
    const { Contents } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }),
    );
    const found = Contents?.[0];
    return found?.Key === key ? { key, bytes: found.Size ?? 0 } : undefined;
  };
  const isMissing = async (key: string, error: unknown) => {
    if (error instanceof NoSuchKey) return true;
    if (!(error instanceof S3ServiceException) || error.name !== 'AccessDenied') return false;
    try {
      return (await find(key)) === undefined;
    } catch {
      // Who may not list either is told of the first refusal: it is the one to be mended.
      return false;
    }
  };
  const open = async (key: string) => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (Body instanceof Readable) return withNamedBreaks(Body, (error) => brokenOff(key, error));
      throw catalogued('ObjectMissing', `The object ${key} has no body that can be streamed.`);
    } catch (error) {
      if (await isMissing(key, error))
        throw catalogued('ObjectMissing', `There is no object ${key}.`, {}, error);
      throw error;
    }
  };
  return {
    open,
    async readText(key) {
      const chunks: Buffer[] = [];
      for await (const chunk of await open(key)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString('utf8');
    },
    async writeText(key, text, contentType, protection) {
      const body = Buffer.from(text, 'utf8');
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ContentType: contentType,
          ChecksumAlgorithm: 'SHA256',
          ...lockOf(protection),
        }),
      );
      return { bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') };
    },
    async writeStream(key, body, contentType, protection) {
      const hash = createHash('sha256');
      let bytes = 0;
      const measured = new Transform({
        highWaterMark: WAITING_BYTES,
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          bytes += chunk.length;
          done(null, chunk);
        },
      });
      body.on('error', (error) => measured.destroy(error));
      body.pipe(measured);
      const upload = new Upload({
        client,
        params: {
          Bucket: bucket,
          Key: key,
          Body: measured,
          ContentType: contentType,
          ChecksumAlgorithm: 'CRC32',
          ...lockOf(protection),
        },
        partSize: PART_BYTES,
        queueSize: PARTS_IN_FLIGHT,
      });
      try {
        await upload.done();
      } catch (error) {
        body.destroy();
        // The stream's own error says more than the upload's.
        throw measured.errored ?? error;
      }
      return { bytes, sha256: hash.digest('hex') };
    },
    find,
    async *list(prefix) {
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }))
        for (const { Key, Size } of page.Contents ?? [])
          if (Key !== undefined) yield { key: Key, bytes: Size ?? 0 };
    },
  };
}

/** The SDK repeats requests, never bodies: what breaks off is a call that failed, and is made again as a whole. */
function brokenOff(key: string, error: unknown) {
  return catalogued(
    'AwsCallFailed',
    `The object ${key} broke off while it was read: ${codeOf(error)}.`,
    {},
    error,
  );
}

/** In compliance mode: not even the account's root can take the lock away. */
function lockOf({ lockedUntil }: Protection = {}) {
  return lockedUntil === undefined
    ? {}
    : ({ ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date(lockedUntil) } as const);
}
