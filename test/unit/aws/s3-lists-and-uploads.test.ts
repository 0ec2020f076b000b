import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import fc from 'fast-check';
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
  await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
}

describe('OPS-06 embedded S3, lists', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-cA-C_é/.-]{1,6}$/), { minLength: 1, maxLength: 25 });

  it('lists every key once, in the order of their bytes, however many a page holds', async () => {
    await fc.assert(
      fc.asyncProperty(names, fc.integer({ min: 1, max: 7 }), fc.uuid(), async (keys, MaxKeys, folder) => {
        await Promise.all(keys.map((key) => put(`${folder}/${key}`)));

        const listed: string[] = [];
        let ContinuationToken: string | undefined;
        do {
          const page = await s3.send(
            new ListObjectsV2Command({
              Bucket,
              Prefix: `${folder}/`,
              MaxKeys,
              ...(ContinuationToken ? { ContinuationToken } : {}),
            }),
          );
          listed.push(...(page.Contents ?? []).map((one) => one.Key?.slice(folder.length + 1) ?? ''));
          ContinuationToken = page.NextContinuationToken;
        } while (ContinuationToken);

        expect(listed).toEqual(
          keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
        );
      }),
      { numRuns: 15 },
    );
  });

  it('rolls keys up at the delimiter, across pages', async () => {
    await Promise.all(['t/a/1', 't/a/2', 't/b', 't/c/1', 't/d'].map((key) => put(key)));

    const first = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 't/', Delimiter: '/', MaxKeys: 2 }),
    );
    const second = await s3.send(
      new ListObjectsV2Command({
        Bucket,
        Prefix: 't/',
        Delimiter: '/',
        ContinuationToken: first.NextContinuationToken,
      }),
    );

    const facts = [first, second].map((page) => [
      page.CommonPrefixes?.map((one) => one.Prefix) ?? [],
      page.Contents?.map((one) => one.Key) ?? [],
      page.IsTruncated,
    ]);
    expect(facts).toEqual([
      [['t/a/'], ['t/b'], true],
      [['t/c/'], ['t/d'], false],
    ]);
  });

  it('lists a key that is the prefix itself', async () => {
    await Promise.all(['self', 'self/1'].map((key) => put(key)));

    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'self' }));

    expect(Contents?.map((one) => one.Key)).toEqual(['self', 'self/1']);
  });
});

describe('OPS-06 embedded S3, multipart uploads', () => {
  const mebibyte = 1024 * 1024;

  it('CDR-07 puts a streamed upload of many parts together, and reads ranges across its parts', async () => {
    const body = randomBytes(17 * mebibyte + 3);
    const upload = new Upload({
      client: s3,
      params: {
        Bucket,
        Key: 'large',
        Body: Readable.from([body]),
        ContentType: 'text/csv',
        ServerSideEncryption: 'aws:kms',
      },
    });

    const done = await upload.done();

    const whole = await s3.send(new GetObjectCommand({ Bucket, Key: 'large' }));
    const across = await s3.send(
      new GetObjectCommand({
        Bucket,
        Key: 'large',
        Range: `bytes=${5 * mebibyte - 10}-${10 * mebibyte + 10}`,
      }),
    );
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-4"$/);
    expect(whole.ServerSideEncryption).toBe('aws:kms');
    expect(Buffer.from((await whole.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    const expected = body.subarray(5 * mebibyte - 10, 10 * mebibyte + 11);
    expect(Buffer.from((await across.Body?.transformToByteArray()) ?? []).equals(expected)).toBe(true);
  });

  it('shows nothing of an upload before it is complete and nothing after it is aborted', async () => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'half' }));
    await s3.send(new UploadPartCommand({ Bucket, Key: 'half', UploadId, PartNumber: 1, Body: 'x' }));
    const during = await s3.send(new ListMultipartUploadsCommand({ Bucket }));

    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'half', UploadId }));

    const after = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(during.Uploads?.map((upload) => upload.Key)).toEqual(['half']);
    expect(after.Uploads ?? []).toEqual([]);
    await expect(textOf('half')).rejects.toMatchObject({ name: 'AccessDenied' });
    const late = s3.send(new UploadPartCommand({ Bucket, Key: 'half', UploadId, PartNumber: 2, Body: 'x' }));
    await expect(late).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  it.each([
    ['a part that was never sent', [1, 3], 'InvalidPart'],
    ['parts out of order', [2, 1], 'InvalidPartOrder'],
    ['a part below 5 MiB that is not the last', [1, 2], 'EntityTooSmall'],
  ])('refuses to complete with %s', async (_case, numbers, expected) => {
    const Key = `refused-${expected}`;
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const part = { Bucket, Key, UploadId, Body: 'x' };
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, PartNumber: 1 }));
    await s3.send(new UploadPartCommand({ ...part, PartNumber: 2 }));

    const MultipartUpload = { Parts: numbers.map((PartNumber) => ({ PartNumber, ETag })) };
    const completing = s3.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }),
    );

    await expect(completing).rejects.toMatchObject({ name: expected });
  });
});
