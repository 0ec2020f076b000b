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

/** Answers a GET of an object and a list as S3 does to a role. */
function answering(object: [number, string], list: [number, string]): void {
  server.answer(({ path }, response) => {
    const [status, body] = path.includes('list-type=2') ? list : object;
    response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
  });
}

describe('OPS-02 ALL-10 an object that is not there', () => {
  afterAll(async () => {
    s3.destroy();
    await server.close();
  });

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

function listOf(key: string): string {
  return `<ListBucketResult><Contents><Key>${key}</Key><Size>1</Size></Contents></ListBucketResult>`;
}
