import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalogued, factIn } from '../../../lambdas/model/errors.ts';
import { json } from '../../support/http-server.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  Anything,
  call,
  HTML,
  NOW,
  none,
  reports,
  SECRET,
  server,
  transport,
} from './transport-under-test.ts';

describe('answers that are not what is promised', () => {
  it.each([
    ['a page', 'text/html', HTML, 'true'],
    ['a page that calls itself JSON', 'application/json', HTML, 'true'],
    ['nothing', 'application/json', '', undefined],
    ['half of it', 'application/json', '{"a":', undefined],
    ['another form', 'application/json', '{"a":1}', undefined],
  ])('ALL-09 holds 200 with %s to be a fault of the server', async (_, type, body, html) => {
    server.answer((_, response) => response.writeHead(200, { 'content-type': type }).end(body));

    const error = await thrownBy(transport().json(call(), z.object({ requestId: z.string() })));

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

    const error = await thrownBy(transport().json(call(), Anything));

    expect([error.name, error.message.includes('more than 16777216 bytes')]).toEqual(['ServerFault', true]);
  });
});

describe('connections', () => {
  it('ALL-09 names a reset before the answer', async () => {
    server.answer((_, response) => response.destroy());

    const error = await thrownBy(transport().json(call(), Anything));

    expect([error.name, factIn(error.message, 'code')]).toEqual(['ConnectionLost', 'UND_ERR_SOCKET']);
  });

  it('ALL-09 names a reset in the middle of the answer, with its status', async () => {
    server.answer((_, response) => {
      response.writeHead(200, { 'content-length': 100, 'x-request-id': 'r9' });
      response.write('{"a":', () => response.destroy());
    });

    const error = await thrownBy(transport().json(call(), Anything));

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

    const error = await thrownBy(
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

    const error = await thrownBy(transport().json(call({ deadlineMilliseconds: 50 }), Anything));

    expect(error.name).toBe('ConnectionLost');
  });

  it('ALL-09 keeps the status of a refusal whose body breaks off', async () => {
    server.answer((_, response) => {
      response.writeHead(503, { 'content-length': 100 });
      response.write('{"message":', () => response.destroy());
    });

    const error = await thrownBy(transport().json(call(), Anything));

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
    const error = await thrownBy(text(answer.body));

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
    const error = await thrownBy(text(body));

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
    await thrownBy(transport().json(call({ name: 'status' }), Anything));

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

  it('ALL-11 reports a call that the limiter holds back as one that was not sent', async () => {
    const retryAt = '2026-03-01T10:00:30.000Z';
    const take = () => Promise.reject(catalogued('Throttled', 'No slot.', { retryAt }));

    await thrownBy(transport({ take }).json(call(), Anything));
    server.answer((_, response) => response.destroy());
    await thrownBy(transport().json(call(), Anything));

    const told = reports.map(({ sent, status, throttledMilliseconds }) => [
      sent,
      status,
      throttledMilliseconds,
    ]);
    expect(told).toEqual([
      [false, undefined, 30_000],
      [true, undefined, 0],
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

    const error = await thrownBy(transport().json(call(), z.object({ requestId: z.string() })));

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
