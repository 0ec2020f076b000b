import { describe, expect, it } from 'vitest';
import type { Authority } from '../../../lambdas/cxone/transport.ts';
import { catalogued, factIn } from '../../../lambdas/model/errors.ts';
import { json } from '../../support/http-server.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  Anything,
  bearer,
  call,
  credentials,
  HTML,
  none,
  pauses,
  renewed,
  reports,
  server,
  token,
  transport,
} from './transport-under-test.ts';

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

    const error = await thrownBy(transport().json(call({ authority }), Anything));

    expect([error.name, factIn(error.message, 'status'), factIn(error.message, 'requestId')]).toEqual([
      name,
      String(status),
      'req-77',
    ]);
  });

  it('ALL-07 names the rejected token by its fingerprint', async () => {
    server.answer((_, response) => json(response, 401, {}));

    const error = await thrownBy(transport().json(call(), Anything));

    expect(factIn(error.message, 'fingerprint')).toBe(token.fingerprint);
  });

  it('ALL-10 names the scope and the permission that a call lacks', async () => {
    server.answer((_, response) => json(response, 403, { message: 'no' }));

    const error = await thrownBy(transport().json(call({ name: 'status' }), Anything));

    expect(error.message).toContain('scope data:download:read (Data > Download > Read)');
  });

  it('ALL-10 keeps CXone’s own words, bounded', async () => {
    const message = `Unknown column "Foo".\n${'x'.repeat(5_000)}`;
    server.answer((_, response) => json(response, 422, { errorCode: 'INVALID_COLUMN', message }));

    const error = await thrownBy(transport().json(call(), Anything));

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

    const error = await thrownBy(transport().json(call(), Anything));

    expect([factIn(error.message, 'requestId'), reports[0]?.requestId]).toEqual([id, id]);
  });

  it('ALL-08 blocks everybody for 15 minutes where the address is blocked', async () => {
    server.answer((_, response) => response.writeHead(403, { 'content-type': 'text/html' }).end(HTML));

    const error = await thrownBy(transport().json(call(), Anything));

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

    const error = await thrownBy(transport({ throttles: 2 }).json(call(), Anything));

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

      const error = await thrownBy(transport().json(call(), Anything));

      expect([error.name, pauses.length]).toEqual(['ThrottledTooLong', 1]);
    },
  );

  it('ALL-08 is told to the caller also where the others cannot be told', async () => {
    server.answer((_, response) => json(response, 429, {}, { 'retry-after': '60' }));
    const pause = async () => {
      throw new Error('the ledger is away');
    };

    const error = await thrownBy(transport({ pause }).json(call(), Anything));

    expect([error.name, factIn(error.message, 'retryAt'), error.cause]).toEqual([
      'Throttled',
      '2026-03-01T10:01:00.000Z',
      new Error('the ledger is away'),
    ]);
  });

  it('ALL-08 by a foreign host holds nobody else', async () => {
    server.answer((_, response) => response.writeHead(429, { 'retry-after': '60' }).end());

    const error = await thrownBy(transport().json(call({ authority: none }), Anything));

    expect([error.name, pauses]).toEqual(['Throttled', []]);
  });

  it('ALL-08 makes no call without a slot', async () => {
    const before = server.seen.length;
    const take = async () => {
      throw catalogued('Throttled', 'No slot.', { retryAt: '2026-03-01T10:00:30.000Z' });
    };

    const error = await thrownBy(transport({ take }).json(call(), Anything));

    expect([error.name, server.seen.length - before]).toEqual(['Throttled', 0]);
    expect(reports).toEqual([
      { call: 'submit', error: 'Throttled', milliseconds: 0, sent: false, throttledMilliseconds: 30_000 },
    ]);
  });
});
