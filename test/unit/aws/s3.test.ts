import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { embeddedAws } from './embedded.ts';

const { aws, client } = await embeddedAws();
const s3 = new S3Client(client);
const Bucket = 'lake';
aws.resources.bucket(Bucket);

async function textOf(Key: string, Range?: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...(Range ? { Range } : {}) }));
  return (await Body?.transformToString()) ?? '';
}

async function put(Key: string, Body = 'x'): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: Buffer.byteLength(Body) }));
}

describe('OPS-06 ALL-12 embedded S3, locked objects', () => {
  const lock = (Key: string, until: number, Body = 'kept') =>
    s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body,
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: new Date(until),
      }),
    );

  it('keep their bytes until their time is over, and may be written again with the same', async () => {
    const Key = 'audit/one.jsonl';
    await lock(Key, Date.now() + 60_000);

    const changed = await put(Key, 'other').catch((error: Error) => error.name);
    const removed = await s3
      .send(new DeleteObjectCommand({ Bucket, Key }))
      .catch((error: Error) => error.name);
    await lock(Key, Date.now() + 60_000);

    expect([changed, removed, await textOf(Key)]).toEqual(['AccessDenied', 'AccessDenied', 'kept']);
  });

  it('are as others afterwards', async () => {
    const Key = 'audit/two.jsonl';
    await lock(Key, Date.now() - 1_000);

    await put(Key, 'other');

    expect(await textOf(Key)).toBe('other');
  });
});

describe('OPS-06 embedded S3, single objects', () => {
  it('gives an object back with its type, metadata, encryption headers and digest', async () => {
    const Key = 'raw/ä b+c=d&e/part 1.csv';
    const stored = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: 'a;b',
        ContentType: 'text/csv',
        Metadata: { sha256: 'abc' },
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: 'lake-key',
      }),
    );

    const read = await s3.send(new GetObjectCommand({ Bucket, Key }));

    expect(await read.Body?.transformToString()).toBe('a;b');
    expect(read.ContentType).toBe('text/csv');
    expect(read.Metadata).toEqual({ sha256: 'abc' });
    expect(read.ETag).toBe(`"${createHash('md5').update('a;b').digest('hex')}"`);
    expect([stored, read].map((one) => one.ServerSideEncryption)).toEqual(['aws:kms', 'aws:kms']);
    expect(read.SSEKMSKeyId).toBe('lake-key');
  });

  it('takes a stream in the aws-chunked encoding', async () => {
    const body = randomBytes(300_000);
    const chunks = [body.subarray(0, 100_001), body.subarray(100_001)];

    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'streamed',
        Body: Readable.from(chunks),
        ContentLength: body.length,
      }),
    );

    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'streamed' }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  });

  it('stores and gives back an empty object', async () => {
    await put('empty', '');

    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'empty' }));

    expect(head.ContentLength).toBe(0);
    expect(await textOf('empty')).toBe('');
  });

  it.each([
    ['bytes=0-2', 'abc'],
    ['bytes=4-', 'ef'],
    ['bytes=-3', 'def'],
    ['bytes=4-400', 'ef'],
  ])('reads the range %s', async (range, expected) => {
    await put('ranged', 'abcdef');

    const text = await textOf('ranged', range);

    expect(text).toBe(expected);
  });

  it('refuses a range that begins after the end', async () => {
    await put('short', 'abc');

    const reading = textOf('short', 'bytes=3-');

    await expect(reading).rejects.toMatchObject({ name: 'InvalidRange', $metadata: { httpStatusCode: 416 } });
  });

  it('OPS-02 tells those who may not list a whole bucket nothing of missing objects: 403, and NoSuchBucket', async () => {
    const answers = await Promise.allSettled([
      s3.send(new GetObjectCommand({ Bucket, Key: 'nowhere' })),
      s3.send(new GetObjectCommand({ Bucket: 'elsewhere', Key: 'nowhere' })),
      s3.send(new HeadObjectCommand({ Bucket, Key: 'nowhere' })),
      s3.send(new HeadBucketCommand({ Bucket: 'elsewhere' })),
    ]);

    const names = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.name : 'no error'));
    expect(names).toEqual(['AccessDenied', 'NoSuchBucket', 'Unknown', 'NotFound']);
  });

  it('refuses a body that does not have the digest it was sent with, and keeps the old object', async () => {
    await put('checked', 'old');

    const writing = s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'checked',
        Body: 'new',
        ChecksumSHA256: Buffer.alloc(32).toString('base64'),
      }),
    );

    await expect(writing).rejects.toMatchObject({ name: 'BadDigest' });
    expect(await textOf('checked')).toBe('old');
  });

  it('ALL-03 writes under If-None-Match and If-Match only where the condition holds', async () => {
    const first = await s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: '1', IfNoneMatch: '*' }));

    const again = s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: '2', IfNoneMatch: '*' }));
    await expect(again).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: '3', IfMatch: first.ETag }));
    const stale = s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: '4', IfMatch: first.ETag }));
    await expect(stale).rejects.toMatchObject({ name: 'PreconditionFailed' });

    expect(await textOf('once')).toBe('3');
  });

  it('reads an object to its end while it is replaced', async () => {
    const old = 'o'.repeat(4_000_000);
    await put('replaced', old);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'replaced' }));

    await put('replaced', 'new');

    expect(await Body?.transformToString()).toBe(old);
    expect(await textOf('replaced')).toBe('new');
  });

  it('deletes one object or many; what is not there counts as deleted', async () => {
    await Promise.all(['gone/1', 'gone/2', 'gone/3'].map((key) => put(key)));

    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone/1' }));
    const { Deleted } = await s3.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [{ Key: 'gone/2' }, { Key: 'gone/3' }, { Key: 'gone/4' }] },
      }),
    );

    const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'gone/' }));
    expect(Deleted?.map((one) => one.Key)).toEqual(['gone/2', 'gone/3', 'gone/4']);
    expect(KeyCount).toBe(0);
  });

  it('refuses what it does not know instead of answering something else', async () => {
    await put('tagged');

    const answers = await Promise.allSettled([
      s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' })),
      s3.send(new PutObjectCommand({ Bucket, Key: 'tagged', Body: 'x', Tagging: 'a=b' })),
      s3.send(new GetObjectCommand({ Bucket, Key: 'tagged', VersionId: 'v' })),
    ]);

    const names = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.name : 'no error'));
    expect(names).toEqual(['NotImplemented', 'NotImplemented', 'NotImplemented']);
  });
});
