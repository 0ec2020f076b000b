import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dispatcherFor } from '../../../lambdas/cxone/dispatcher.ts';
import { fingerprintOf, Secret } from '../../../lambdas/cxone/secret.ts';
import {
  type Authority,
  type Call,
  type CallReport,
  createTransport,
} from '../../../lambdas/cxone/transport.ts';
import { catalogued, factIn } from '../../../lambdas/model/errors.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { failureOf } from '../../support/failure.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { json, openServer, type TestServer } from '../../support/http-server.ts';

const NOW = '2026-03-01T10:00:00.000Z';
const SECRET = 'tok-5f2c9a7be1d34c68a0b1';
const value = new Secret(SECRET);
const token = { value, fingerprint: fingerprintOf(value), expiresAt: Date.parse(NOW) + 3_600_000 };
const bearer: Authority = { kind: 'bearer', token, renewed: false };
const Anything = z.looseObject({});

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const reports: CallReport[] = [];
const pauses: number[] = [];
beforeEach(() => {
  reports.length = 0;
  pauses.length = 0;
});

interface Surrounding {
  throttles?: number;
  random?: number;
  baseUrl?: string;
  take?: () => Promise<void>;
  pause?: (until: number) => Promise<void>;
}

function transport({ throttles = 0, random = 0.5, baseUrl, take, pause }: Surrounding = {}) {
  const family = resolveFamily('dataDownload', baseUrl ?? server.url);
  const clock = fakeClock(NOW);
  return createTransport(
    { family, throttles },
    {
      dispatcher: dispatcherFor(family.timeouts),
      limiter: {
        take: take ?? (async () => undefined),
        pause:
          pause ??
          (async (until) => {
            pauses.push(until);
          }),
      },
      clock,
      random: () => random,
      headers: () => ({ 'x-simulated-time': NOW }),
      onCall: (report) => reports.push(report),
    },
  );
}

const call = (rest: Partial<Call> = {}): Call => ({
  name: 'submit',
  method: 'GET',
  url: new URL('/path', server.url),
  authority: bearer,
  ...rest,
});

const renewed: Authority = { ...bearer, renewed: true };
const credentials: Authority = { kind: 'credentials', secrets: [value] };
const none: Authority = { kind: 'none' };
const HTML = '<html><body>gate</body></html>';

describe('the table of outcomes', () => {
  it.each<[number, string, Authority, string]>([
    [301, '{}', bearer, 'RequestRefused'],
    [400, '{"errorCode":"BAD"}', bearer, 'RequestRefused'],
    [400, HTML, bearer, 'RequestRefused'],
    [401, '{}', bearer, 'TokenRejected'],
    [401, HTML, bearer, 'TokenRejected'],
    [401, '{}', renewed, 'TokenRejectedTwice'],
    [401, '{}', credentials, 'CredentialsRejected'],
    [401, '{}', none, 'NotFound'],
    [400, '{"error":"invalid_client"}', credentials, 'CredentialsRejected'],
    [400, '{"error":"invalid_scope"}', credentials, 'ScopeMissing'],
    [400, '{"error":"invalid_grant"}', credentials, 'RequestRefused'],
    [400, '{"error":"invalid_client"}', bearer, 'RequestRefused'],
    [403, '{}', bearer, 'ScopeMissing'],
    [403, HTML, bearer, 'ClientBlocked'],
    [403, '', bearer, 'ClientBlocked'],
    [403, '<Error/>', none, 'NotFound'],
    [404, '{}', bearer, 'NotFound'],
    [407, '', bearer, 'ConnectionLost'],
    [408, '', bearer, 'ServerFault'],
    [409, '{}', bearer, 'RequestRefused'],
    [410, '{}', bearer, 'NotFound'],
    [418, '{}', bearer, 'RequestRefused'],
    [422, '{}', bearer, 'RequestRefused'],
    [425, '{}', bearer, 'ServerFault'],
    [429, '{}', bearer, 'Throttled'],
    [429, HTML, credentials, 'Throttled'],
    [500, '{}', bearer, 'ServerFault'],
    [502, HTML, bearer, 'ServerFault'],
    [503, '', bearer, 'ServerFault'],
    [504, '{}', renewed, 'ServerFault'],
    [599, '{}', bearer, 'ServerFault'],
  ])('ALL-10 makes of %i with body %j one named error', async (status, body, authority, name) => {
    server.answer((_, response) => response.writeHead(status, { 'x-request-id': 'req-77' }).end(body));

    const error = await failureOf(transport().json(call({ authority }), Anything));

    expect([error.name, factIn(error.message, 'status'), factIn(error.message, 'requestId')]).toEqual([
      name,
      String(status),
      'req-77',
    ]);
  });

  it('ALL-07 names the rejected token by its fingerprint', async () => {
    server.answer((_, response) => json(response, 401, {}));

    const error = await failureOf(transport().json(call(), Anything));

    expect(factIn(error.message, 'fingerprint')).toBe(token.fingerprint);
  });

  it('ALL-10 names the scope and the permission that a call lacks', async () => {
    server.answer((_, response) => json(response, 403, { message: 'no' }));

    const error = await failureOf(transport().json(call({ name: 'status' }), Anything));

    expect(error.message).toContain('scope data:download:read (Data > Download > Read)');
  });

  it('ALL-10 keeps CXone’s own words, bounded', async () => {
    const message = `Unknown column "Foo".\n${'x'.repeat(5_000)}`;
    server.answer((_, response) => json(response, 422, { errorCode: 'INVALID_COLUMN', message }));

    const error = await failureOf(transport().json(call(), Anything));

    expect(error.message).toContain('CXone says: Unknown column "Foo". xxx');
    expect([factIn(error.message, 'errorCode'), error.message.length < 600]).toEqual([
      'INVALID_COLUMN',
      true,
    ]);
  });

  it.each<[Record<string, string>, Record<string, string>, string]>([
    [{ 'x-request-id': 'a-1' }, { requestId: 'b-2' }, 'a-1'],
    [{ 'x-correlation-id': 'c-3' }, { requestId: 'b-2' }, 'c-3'],
    [{}, { requestId: 'b-2' }, 'b-2'],
    [{ 'x-request-id': 'a [b] c=d' }, {}, 'a_b_c_d'],
  ])('ALL-10 finds the request id in headers %j and body %j', async (headers, body, id) => {
    server.answer((_, response) => json(response, 500, body, headers));

    const error = await failureOf(transport().json(call(), Anything));

    expect([factIn(error.message, 'requestId'), reports[0]?.requestId]).toEqual([id, id]);
  });

  it('ALL-08 blocks everybody for 15 minutes where the address is blocked', async () => {
    server.answer((_, response) => response.writeHead(403, { 'content-type': 'text/html' }).end(HTML));

    const error = await failureOf(transport().json(call(), Anything));

    expect([factIn(error.message, 'retryAt'), pauses]).toEqual([
      '2026-03-01T10:15:00.000Z',
      [Date.parse('2026-03-01T10:15:00.000Z')],
    ]);
  });
});

describe('throttling', () => {
  it.each([
    ['90', '2026-03-01T10:01:30.000Z'],
    ['Sun, 01 Mar 2026 10:20:00 GMT', '2026-03-01T10:20:00.000Z'],
    [undefined, '2026-03-01T10:00:10.000Z'],
    ['86400', '2026-03-02T10:00:00.000Z'],
  ])('ALL-08 obeys Retry-After %j and holds everybody', async (header, retryAt) => {
    server.answer((_, response) =>
      json(response, 429, {}, header === undefined ? {} : { 'retry-after': header }),
    );

    const error = await failureOf(transport({ throttles: 2 }).json(call(), Anything));

    expect([error.name, factIn(error.message, 'retryAt'), pauses]).toEqual([
      'Throttled',
      retryAt,
      [Date.parse(retryAt)],
    ]);
  });

  it.each(['86401', 'Mon, 02 Mar 2026 10:00:01 GMT', '99999999999999'])(
    'ALL-08 fails by name when Retry-After is %j, more than 24 hours',
    async (header) => {
      server.answer((_, response) => json(response, 429, {}, { 'retry-after': header }));

      const error = await failureOf(transport().json(call(), Anything));

      expect([error.name, pauses.length]).toEqual(['ThrottledTooLong', 1]);
    },
  );

  it('ALL-08 is told to the caller also where the others cannot be told', async () => {
    server.answer((_, response) => json(response, 429, {}, { 'retry-after': '60' }));
    const pause = async () => {
      throw new Error('the ledger is away');
    };

    const error = await failureOf(transport({ pause }).json(call(), Anything));

    expect([error.name, factIn(error.message, 'retryAt'), error.cause]).toEqual([
      'Throttled',
      '2026-03-01T10:01:00.000Z',
      new Error('the ledger is away'),
    ]);
  });

  it('ALL-08 by a foreign host holds nobody else', async () => {
    server.answer((_, response) => response.writeHead(429, { 'retry-after': '60' }).end());

    const error = await failureOf(transport().json(call({ authority: none }), Anything));

    expect([error.name, pauses]).toEqual(['Throttled', []]);
  });

  it('ALL-08 makes no call without a slot', async () => {
    const before = server.seen.length;
    const take = async () => {
      throw catalogued('Throttled', 'No slot.', { retryAt: '2026-03-01T10:00:30.000Z' });
    };

    const error = await failureOf(transport({ take }).json(call(), Anything));

    expect([error.name, server.seen.length - before]).toEqual(['Throttled', 0]);
    expect(reports).toEqual([
      { call: 'submit', error: 'Throttled', milliseconds: 0, throttledMilliseconds: 30_000 },
    ]);
  });
});

describe('answers that are not what is promised', () => {
  it.each([
    ['a page', 'text/html', HTML, 'true'],
    ['a page that calls itself JSON', 'application/json', HTML, 'true'],
    ['nothing', 'application/json', '', undefined],
    ['half of it', 'application/json', '{"a":', undefined],
    ['another form', 'application/json', '{"a":1}', undefined],
  ])('ALL-09 holds 200 with %s to be a fault of the server', async (_, type, body, html) => {
    server.answer((_, response) => response.writeHead(200, { 'content-type': type }).end(body));

    const error = await failureOf(transport().json(call(), z.object({ requestId: z.string() })));

    expect([error.name, factIn(error.message, 'html')]).toEqual(['ServerFault', html]);
  });

  it('ALL-09 reads JSON behind a byte-order mark', async () => {
    server.answer((_, response) => response.writeHead(200).end('\uFEFF{"a":1}'));

    const read = await transport().json(call(), Anything);

    expect(read).toEqual({ a: 1 });
  });

  it('ALL-10 never takes in more than it may hold', async () => {
    server.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(Buffer.alloc(17 * 1_048_576, 32));
    });

    const error = await failureOf(transport().json(call(), Anything));

    expect([error.name, error.message.includes('more than 16777216 bytes')]).toEqual(['ServerFault', true]);
  });
});

describe('connections', () => {
  it('ALL-09 names a reset before the answer', async () => {
    server.answer((_, response) => response.destroy());

    const error = await failureOf(transport().json(call(), Anything));

    expect([error.name, factIn(error.message, 'code')]).toEqual(['ConnectionLost', 'UND_ERR_SOCKET']);
  });

  it('ALL-09 names a reset in the middle of the answer, with its status', async () => {
    server.answer((_, response) => {
      response.writeHead(200, { 'content-length': 100, 'x-request-id': 'r9' });
      response.write('{"a":', () => response.destroy());
    });

    const error = await failureOf(transport().json(call(), Anything));

    expect([error.name, factIn(error.message, 'status'), factIn(error.message, 'requestId')]).toEqual([
      'ConnectionLost',
      '200',
      'r9',
    ]);
  });

  it('ALL-09 names a host that does not listen', async () => {
    const vacant = createServer().listen(0, '127.0.0.1');
    await once(vacant, 'listening');
    const address = vacant.address();
    vacant.close();
    await once(vacant, 'close');
    const port = typeof address === 'object' && address !== null ? address.port : 1;

    const error = await failureOf(
      transport().json(call({ url: new URL(`http://127.0.0.1:${port}/`) }), Anything),
    );

    expect([error.name, factIn(error.message, 'code'), factIn(error.message, 'call')]).toEqual([
      'ConnectionLost',
      'ECONNREFUSED',
      'submit',
    ]);
  });

  it('ALL-09 gives up an answer that does not come', async () => {
    server.answer(() => undefined);

    const error = await failureOf(transport().json(call({ deadlineMilliseconds: 50 }), Anything));

    expect(error.name).toBe('ConnectionLost');
  });

  it('ALL-09 keeps the status of a refusal whose body breaks off', async () => {
    server.answer((_, response) => {
      response.writeHead(503, { 'content-length': 100 });
      response.write('{"message":', () => response.destroy());
    });

    const error = await failureOf(transport().json(call(), Anything));

    expect([error.name, factIn(error.message, 'status')]).toEqual(['ServerFault', '503']);
  });
});

describe('streamed bodies', () => {
  it('CDR-07 are handed on as they come', async () => {
    server.answer((_, response) => response.writeHead(200, { etag: '"v1"' }).end('a,b\n1,2\n'));

    const answer = await transport().open(call({ name: 'part' }));

    expect([await text(answer.body), answer.status, answer.header('etag')]).toEqual([
      'a,b\n1,2\n',
      200,
      '"v1"',
    ]);
  });

  it('CDR-07 that break off fail their reader by name', async () => {
    server.answer((_, response) => {
      response.writeHead(200, { 'content-length': 100, 'x-request-id': 'r1' });
      response.write('a,b\n', () => response.destroy());
    });

    const answer = await transport().open(call({ name: 'part' }));
    const error = await failureOf(text(answer.body));

    expect([error.name, factIn(error.message, 'call'), factIn(error.message, 'requestId')]).toEqual([
      'ConnectionLost',
      'part',
      'r1',
    ]);
  });

  it('CDR-07 that broke off before anybody read still fail their reader', async () => {
    server.answer((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('a', () => response.destroy());
    });

    const { body } = await transport().open(call({ name: 'part' }));
    await new Promise((resolve) => body.once('close', resolve));
    const error = await failureOf(text(body));

    expect(error.name).toBe('ConnectionLost');
  });

  it('CDR-07 that nobody wants any more close their connection', async () => {
    const closed = new Promise<void>((resolve) => {
      server.answer((_, response) => {
        response.once('close', () => resolve());
        response.writeHead(200, { 'content-length': 1_000_000 }).write('a');
      });
    });

    const { body } = await transport().open(call({ name: 'part' }));
    body.destroy();

    await expect(closed).resolves.toBeUndefined();
  });

  it('CDR-07 hands a redirect back and follows none', async () => {
    const before = server.seen.length;
    server.answer((_, response) => response.writeHead(302, { location: '/elsewhere' }).end('moved'));

    const answer = await transport().open(call({ name: 'part' }));

    expect([answer.status, answer.header('location'), await text(answer.body)]).toEqual([
      302,
      '/elsewhere',
      '',
    ]);
    expect(server.seen.length - before).toBe(1);
  });
});

describe('what leaves and what is told', () => {
  it('OPS-06 sends the token, the headers of the surroundings and its own', async () => {
    server.answer((_, response) => json(response, 200, {}));

    await transport().json(call({ method: 'POST', headers: { 'x-request-id': 'u1' }, body: '{}' }), Anything);

    expect(server.seen.at(-1)).toMatchObject({
      method: 'POST',
      body: '{}',
      headers: {
        authorization: `Bearer ${SECRET}`,
        'x-simulated-time': NOW,
        'x-request-id': 'u1',
        'user-agent': 'cxone-export',
      },
    });
  });

  it('ALL-15 sends no token where the call is made without one', async () => {
    server.answer((_, response) => json(response, 200, {}));

    await transport().json(call({ authority: none }), Anything);

    expect(server.seen.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it('ALL-11 reports each call once, failed or not', async () => {
    server.answer((_, response) => json(response, 200, {}, { 'x-request-id': 'r1' }));
    await transport().json(call(), Anything);
    server.answer((_, response) => json(response, 429, {}, { 'retry-after': '60' }));
    await failureOf(transport().json(call({ name: 'status' }), Anything));

    const told = reports.map(({ call, status, error, requestId, throttledMilliseconds }) => [
      call,
      status,
      error,
      requestId,
      throttledMilliseconds,
    ]);

    expect(told).toEqual([
      ['submit', 200, undefined, 'r1', 0],
      ['status', 429, 'Throttled', undefined, 60_000],
    ]);
  });

  it.each<[string, (secret: string) => [number, Record<string, string>, string]]>([
    [
      'in an error’s words',
      (s) => [400, {}, JSON.stringify({ errorCode: s, message: `your token ${s} is bad` })],
    ],
    ['as a bearer in a page', (s) => [500, {}, `<html>Bearer ${s}</html>`]],
    ['encoded', (s) => [422, {}, JSON.stringify({ message: Buffer.from(s).toString('base64') })]],
    ['in pieces', (s) => [409, {}, JSON.stringify({ message: `${s.slice(0, 10)}… ${s.slice(4)}` })]],
    ['as the request id', (s) => [500, { 'x-request-id': s }, JSON.stringify({ requestId: s })]],
    ['as an OAuth error', (s) => [401, {}, JSON.stringify({ error: s, error_description: `token=${s}` })]],
    ['in JSON of another form', (s) => [200, {}, JSON.stringify({ [s]: s })]],
    ['in a body that is not JSON', (s) => [200, {}, `oops ${s}`]],
    ['in Retry-After', (s) => [429, { 'retry-after': s }, '{}']],
  ])('ALL-10 shows no secret that a hostile server echoes %s', async (_, echo) => {
    const [status, headers, body] = echo(SECRET);
    server.answer((_, response) => response.writeHead(status, headers).end(body));

    const error = await failureOf(transport().json(call(), z.object({ requestId: z.string() })));

    const shown = [
      error.message,
      error.stack,
      JSON.stringify(error),
      JSON.stringify(reports),
      String(error.cause),
    ];
    const pieces = Array.from({ length: SECRET.length - 7 }, (_, at) => SECRET.slice(at, at + 8));
    expect(pieces.filter((piece) => shown.join('\n').includes(piece))).toEqual([]);
  });
});
