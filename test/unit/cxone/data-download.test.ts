import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { authorizedCalls } from '../../../lambdas/cxone/authorized-calls.ts';
import { createDataDownload } from '../../../lambdas/cxone/data-download.ts';
import { dispatcherFor } from '../../../lambdas/cxone/dispatcher.ts';
import type { JobFile } from '../../../lambdas/cxone/job-status.ts';
import { fingerprintOf, Secret } from '../../../lambdas/cxone/secret.ts';
import { createTransport } from '../../../lambdas/cxone/transport.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { factIn } from '../../../lambdas/model/errors.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { JobId } from '../../../lambdas/model/ids.ts';
import { failureOf } from '../../support/failure.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { json, openServer, type TestServer } from '../../support/http-server.ts';

const SECRET = 'tok-5f2c9a7be1d34c68a0b1';
const value = new Secret(SECRET);
const token = { value, fingerprint: fingerprintOf(value), expiresAt: 0 };
const JOB = JobId.parse('job/1 ü');

let own: TestServer;
let foreign: TestServer;
beforeAll(async () => {
  [own, foreign] = await Promise.all([openServer(), openServer()]);
});
afterAll(() => Promise.all([own.close(), foreign.close()]));

const discarded: string[] = [];
beforeEach(() => {
  discarded.length = 0;
});

function client({
  downloadHosts = [] as string[],
  renewed = false,
  baseUrl = own.url,
  discardFails = false,
} = {}) {
  const family = resolveFamily('dataDownload', baseUrl, { downloadHosts });
  const transport = createTransport(
    { family, throttles: 0 },
    {
      dispatcher: dispatcherFor(family.timeouts),
      limiter: { take: async () => undefined, pause: async () => undefined },
      clock: fakeClock('2026-03-01T10:00:00.000Z'),
      random: () => 0,
      headers: () => ({}),
      onCall: () => undefined,
    },
  );
  const tokens = {
    read: async () => token,
    discard: async (fingerprint: string) => {
      if (discardFails) throw new Error('the ledger is away');
      discarded.push(fingerprint);
    },
  };
  return createDataDownload(family, { transport, calls: authorizedCalls(transport, tokens, renewed) });
}

const part = (url: string): JobFile => ({ part: 1, fileName: 'part001.csv', bytes: 10, url });
const OWN_PART = '/api/v2/data/download/requests/r1/file?part=1';

const request = {
  reportId: 'default',
  day: Day.parse('2024-05-15'),
  columns: ['CallId', 'StartTime'],
  format: 'csv',
} as const;

describe('submitting', () => {
  it('CDR-01 CDR-02 posts the whole UTC day under the idempotency key', async () => {
    own.answer((_, response) => json(response, 201, { requestId: 'r1', status: 'PENDING' }));

    const job = await client().submit({ ...request, filters: { segments: ['s1'] } }, 'uuid-1');

    const seen = own.seen.at(-1);
    expect([job, seen?.method, seen?.path]).toEqual(['r1', 'POST', '/api/v2/data/download/requests']);
    expect(seen?.headers).toMatchObject({
      'x-request-id': 'uuid-1',
      'content-type': 'application/json',
      authorization: `Bearer ${SECRET}`,
    });
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      reportType: 'callDetailRecords',
      reportId: 'default',
      fromDate: '2024-05-15T00:00:00.000Z',
      toDate: '2024-05-15T23:59:59.999Z',
      format: 'csv',
      columns: ['CallId', 'StartTime'],
      filters: { segments: ['s1'] },
    });
  });

  it('CDR-02 takes 200 for a job that exists already', async () => {
    own.answer((_, response) => json(response, 200, { requestId: 'r1', status: 'FAILED' }));

    const job = await client().submit(request, 'uuid-1');

    expect([job, own.seen.at(-1)?.body.includes('filters')]).toEqual(['r1', false]);
  });

  it('ALL-09 holds an answer without a job to be a fault of the server', async () => {
    own.answer((_, response) => json(response, 201, { status: 'PENDING' }));

    const error = await failureOf(client().submit(request, 'uuid-1'));

    expect(error.name).toBe('ServerFault');
  });

  it('ALL-07 discards the token after a 403, since scopes may just have been granted', async () => {
    own.answer((_, response) => json(response, 403, { message: 'scope' }));

    const error = await failureOf(client().submit(request, 'uuid-1'));

    expect([error.name, discarded]).toEqual(['ScopeMissing', [token.fingerprint]]);
  });

  it('ALL-07 says so where the token could not be discarded', async () => {
    own.answer((_, response) => json(response, 403, { message: 'scope' }));

    const error = await failureOf(client({ discardFails: true }).submit(request, 'uuid-1'));

    expect([error.name, error.cause]).toEqual(['ScopeMissing', new Error('the ledger is away')]);
    expect(error.message).toMatch(/data:download:write.*could not be discarded.*status=403/);
  });

  it.each([
    [false, 'TokenRejected'],
    [true, 'TokenRejectedTwice'],
  ])('ALL-07 after a 401 with renewed %s throws %s and discards nothing', async (renewed, name) => {
    own.answer((_, response) => json(response, 401, {}));

    const error = await failureOf(client({ renewed }).submit(request, 'uuid-1'));

    expect([error.name, discarded]).toEqual([name, []]);
  });
});

describe('asking for the status', () => {
  it('CDR-03 names the job in the path', async () => {
    own.answer((_, response) => json(response, 200, { id: 'r1', status: 'PENDING' }));

    const status = await client().status(JOB);

    expect([status.kind, own.seen.at(-1)?.path]).toEqual([
      'pending',
      '/api/v2/data/download/requests/job%2F1%20%C3%BC',
    ]);
  });

  it('CDR-06 takes 404 for an expired job', async () => {
    own.answer((_, response) => json(response, 404, {}, { 'x-request-id': 'q1' }));

    const error = await failureOf(client().status(JOB));

    expect([error.name, factIn(error.message, 'requestId'), factIn(error.message, 'status')]).toEqual([
      'JobExpired',
      'q1',
      '404',
    ]);
  });

  it('OPS-01 works behind a base URL with a path', async () => {
    own.answer((_, response) => json(response, 200, { status: 'PENDING' }));

    await client({ baseUrl: `${own.url}/gateway` }).status(JobId.parse('r1'));

    expect(own.seen.at(-1)?.path).toBe('/gateway/api/v2/data/download/requests/r1');
  });
});

describe('opening a part', () => {
  it('CDR-07 from its start', async () => {
    own.answer((_, response) =>
      response.writeHead(200, { 'content-length': 10, etag: '"v1"', 'x-request-id': 'q2' }).end('0123456789'),
    );

    const opened = await client().openPart(part(OWN_PART));

    const { body, ...head } = opened;
    expect([head, await text(body)]).toEqual([
      { offset: 0, announcedBytes: 10, validator: '"v1"', requestId: 'q2' },
      '0123456789',
    ]);
    expect(own.seen.at(-1)?.headers).toMatchObject({
      accept: 'application/octet-stream',
      authorization: `Bearer ${SECRET}`,
    });
    expect(own.seen.at(-1)?.headers).not.toHaveProperty('range');
  });

  it('CDR-07 from a byte on, of the very same content', async () => {
    own.answer((_, response) =>
      response.writeHead(206, { 'content-range': 'bytes 4-9/10', 'content-length': 6 }).end('456789'),
    );

    const { body, ...head } = await client().openPart(part(OWN_PART), { from: 4, validator: '"v1"' });

    expect([head, await text(body)]).toEqual([{ offset: 4, announcedBytes: 6 }, '456789']);
    expect(own.seen.at(-1)?.headers).toMatchObject({ range: 'bytes=4-', 'if-range': '"v1"' });
  });

  it('CDR-07 from its start where the server knows no ranges', async () => {
    own.answer((_, response) => response.writeHead(200).end('0123456789'));

    const { body, ...head } = await client().openPart(part(OWN_PART), { from: 4 });

    expect([head, await text(body)]).toEqual([{ offset: 0 }, '0123456789']);
  });

  it.each<[string, number, Record<string, string>, number]>([
    ['another start', 206, { 'content-range': 'bytes 3-9/10' }, 4],
    ['no range', 206, {}, 4],
    ['a range that is none', 206, { 'content-range': 'bytes 4-x/10' }, 4],
    ['an end before the part’s', 206, { 'content-range': 'bytes 4-8/10' }, 4],
    ['an end before its start', 206, { 'content-range': 'bytes 4-3/*' }, 4],
    ['another length', 206, { 'content-range': 'bytes 4-9/10', 'content-length': '5' }, 4],
    ['a range that nobody asked for', 206, { 'content-range': 'bytes 0-9/10' }, 0],
    ['no content', 204, {}, 0],
    ['a page', 200, { 'content-type': 'text/html' }, 0],
  ])('CDR-07 refuses an answer with %s', async (_, status, headers, from) => {
    own.answer((_, response) =>
      response
        .writeHead(status, headers)
        .end(status === 204 ? undefined : '456789'.slice(0, Number(headers['content-length'] ?? 6))),
    );

    const error = await failureOf(client().openPart(part(OWN_PART), { from }));

    expect([error.name, factIn(error.message, 'part')]).toEqual(['ServerFault', '1']);
  });

  it('CDR-07 refuses to go on behind the end of a part that has become shorter', async () => {
    own.answer((_, response) => response.writeHead(416, { 'content-range': 'bytes */3' }).end());

    const error = await failureOf(client().openPart(part(OWN_PART), { from: 4 }));

    expect(error.name).toBe('PartIncomplete');
  });

  it('CDR-06 takes 404 for a part that is not there yet', async () => {
    own.answer((_, response) => json(response, 404, {}, { 'x-request-id': 'q3' }));

    const error = await failureOf(client().openPart(part(OWN_PART)));

    expect([error.name, factIn(error.message, 'requestId')]).toEqual(['PartNotReady', 'q3']);
  });
});

describe('where a part lies', () => {
  it.each([
    ['relative', () => 'api/part?part=1', '/api/part?part=1'],
    ['from the root', () => OWN_PART, OWN_PART],
    ['absolute on our origin', () => `${own.url}${OWN_PART}`, OWN_PART],
  ])('CDR-07 %s: is fetched with our token', async (_, address, path) => {
    own.answer((_, response) => response.writeHead(200).end('x'));

    const { body } = await client().openPart(part(address()));

    expect([await text(body), own.seen.at(-1)?.path, own.seen.at(-1)?.headers.authorization]).toEqual([
      'x',
      path,
      `Bearer ${SECRET}`,
    ]);
  });

  it.each([OWN_PART, `/gateway${OWN_PART}`])(
    'OPS-01 %s behind a base URL with a path: keeps the path',
    async (address) => {
      own.answer((_, response) => response.writeHead(200).end('x'));

      const { body } = await client({ baseUrl: `${own.url}/gateway` }).openPart(part(address));

      expect([await text(body), own.seen.at(-1)?.path]).toEqual(['x', `/gateway${OWN_PART}`]);
    },
  );

  it('CDR-07 on another host of ours: is fetched without our token', async () => {
    foreign.answer((_, response) => response.writeHead(200).end('x'));
    const host = new URL(foreign.url).host;

    const { body } = await client({ downloadHosts: [host] }).openPart(
      part(`${foreign.url}/f?part=1&sig=abc`),
    );

    expect([await text(body), foreign.seen.at(-1)?.path]).toEqual(['x', '/f?part=1&sig=abc']);
    expect(foreign.seen.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['another host', () => `${foreign.url}/f`],
    ['another host without a scheme', () => `//${new URL(foreign.url).host}/f`],
    ['another host behind a backslash', () => `/\\${new URL(foreign.url).host}/f`],
    ['a user in it', () => `http://u:p@${new URL(own.url).host}/f`],
    ['plain http to another machine', () => 'http://files.example.com/f'],
    ['another scheme', () => 'file:///etc/passwd'],
    ['no address', () => 'http://'],
  ])('CDR-07 with %s: is refused and not called', async (_, address) => {
    const before = [own.seen.length, foreign.seen.length];

    const error = await failureOf(client({ downloadHosts: ['files.example.com'] }).openPart(part(address())));

    expect([error.name, own.seen.length, foreign.seen.length]).toEqual(['CallbackRefused', ...before]);
  });

  it.each([401, 403, 404])('CDR-06 on another host that answers %i: is asked for anew', async (status) => {
    foreign.answer((_, response) => response.writeHead(status).end('<Error/>'));
    const host = new URL(foreign.url).host;

    const error = await failureOf(client({ downloadHosts: [host] }).openPart(part(`${foreign.url}/f`)));

    expect([error.name, discarded]).toEqual(['PartNotReady', []]);
  });

  it('CDR-07 redirected to another host: the token stays away, there and on the way back', async () => {
    const host = new URL(foreign.url).host;
    own.answer((request, response) =>
      request.path === '/back'
        ? response.writeHead(200).end('x')
        : response.writeHead(302, { location: `${foreign.url}/f` }).end(),
    );
    foreign.answer((_, response) => response.writeHead(307, { location: `${own.url}/back` }).end());

    const { body } = await client({ downloadHosts: [host] }).openPart(part(OWN_PART));

    const bearers = [own.seen.at(-2), foreign.seen.at(-1), own.seen.at(-1)].map(
      (seen) => seen?.headers.authorization,
    );
    expect([await text(body), bearers]).toEqual(['x', [`Bearer ${SECRET}`, undefined, undefined]]);
  });

  it('CDR-07 redirected to a host that may not be called: is refused', async () => {
    const before = foreign.seen.length;
    own.answer((_, response) => response.writeHead(302, { location: `${foreign.url}/f` }).end());

    const error = await failureOf(client().openPart(part(OWN_PART)));

    expect([error.name, foreign.seen.length]).toEqual(['CallbackRefused', before]);
  });

  it('CDR-07 redirected for ever: is refused', async () => {
    const before = own.seen.length;
    own.answer((_, response) => response.writeHead(302, { location: OWN_PART }).end());

    const error = await failureOf(client().openPart(part(OWN_PART)));

    expect([error.name, own.seen.length - before]).toEqual(['CallbackRefused', 4]);
  });
});
