import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { s3ObjectStore } from '../../../lambdas/aws/s3-object-store.ts';
import { openServer } from '../../support/http-server.ts';
import { thrownBy } from '../../support/thrown.ts';
import { embeddedAws } from './embedded.ts';

const error = (code: string) => `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;

const { aws, client } = await embeddedAws();
aws.resources.bucket('lake');
const s3 = new S3Client({ ...client, forcePathStyle: true });
const server = await openServer();
const foreign = s3ObjectStore(
  new S3Client({ ...client, endpoint: server.url, forcePathStyle: true }),
  'lake',
);

afterAll(async () => {
  s3.destroy();
  await server.close();
});

/** Answers a GET of an object and a list as S3 does to a role. */
function answering(object: [number, string], list: [number, string]): void {
  server.answer(({ path }, response) => {
    const [status, body] = path.includes('list-type=2') ? list : object;
    response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
  });
}

describe('OPS-02 ALL-10 an object that is not there', () => {
  it('is ObjectMissing to a role that may list its prefix, though S3 calls it AccessDenied', async () => {
    const store = s3ObjectStore(s3, 'lake');

    const missing = await thrownBy(() => store.readText('runs/acme/none.json'));

    expect(missing.name).toBe('ObjectMissing');
  });

  it('is ObjectMissing beside others whose keys begin alike', async () => {
    const store = s3ObjectStore(s3, 'lake');
    await store.writeText('runs/acme/none.json.html', 'x', 'text/html');

    const missing = await thrownBy(() => store.open('runs/acme/none.json'));

    expect(missing.name).toBe('ObjectMissing');
  });

  it('is ObjectMissing to who may list the whole bucket, without a list', async () => {
    answering([404, error('NoSuchKey')], [500, error('InternalError')]);

    const missing = await thrownBy(() => foreign.open('runs/acme/none.json'));

    expect(missing.name).toBe('ObjectMissing');
  });

  it.each([
    ['an object that is there and may not be read', [200, listOf('runs/acme/one.json')] as const],
    ['a prefix that may not be listed', [403, error('AccessDenied')] as const],
  ])('is not taken for missing where it is %s', async (_, [status, body]) => {
    answering([403, error('AccessDenied')], [status, body]);

    const denied = foreign.open('runs/acme/one.json');

    await expect(denied).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('ALL-10 an object whose bytes break off', () => {
  const KEY = 'raw/acme/one.csv';
  /** Half of what the answer announces, and then no connection. */
  const breakOff = (headers: Record<string, string> = {}) =>
    server.answer((_, response) => {
      response.writeHead(200, { 'content-length': '2000000', ...headers });
      response.write(Buffer.alloc(1_000_000), () => response.destroy());
    });

  it.each([
    ['', {}],
    [', with a checksum of the whole', { 'x-amz-checksum-crc32': 'AAAAAA==' }],
  ])('is AwsCallFailed, which is retried, to who reads it%s', async (_, headers) => {
    breakOff(headers);
    const read = async () => {
      let bytes = 0;
      for await (const chunk of await foreign.open(KEY)) bytes += chunk.length;
      return bytes;
    };

    const error = await thrownBy(read);

    expect([error.name, error.message]).toEqual([
      'AwsCallFailed',
      expect.stringMatching(/^The object raw\/acme\/one.csv broke off while it was read: \w+\.$/),
    ]);
  });

  it('is AwsCallFailed as a text and through a pipeline too', async () => {
    breakOff();

    const text = await thrownBy(() => foreign.readText(KEY));
    const piped = await thrownBy(async () => pipeline(await foreign.open(KEY), new PassThrough().resume()));

    expect([text.name, piped.name]).toEqual(['AwsCallFailed', 'AwsCallFailed']);
  });

  it('is left alone by who has had enough of it', async () => {
    const left = new Promise((resolve) =>
      server.answer((_, response) => {
        response.once('close', () => resolve('closed'));
        response.writeHead(200, { 'content-length': '2000000' });
        response.write(Buffer.alloc(1_000_000));
      }),
    );
    const body = await foreign.open(KEY);

    body.destroy();

    expect([await left, body.errored]).toEqual(['closed', null]);
  });
});

function listOf(key: string): string {
  return `<ListBucketResult><Contents><Key>${key}</Key><Size>1</Size></Contents></ListBucketResult>`;
}
