import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dispatcherFor } from '../../../lambdas/cxone/dispatcher.ts';
import { Timeouts } from '../../../lambdas/model/families.ts';
import { json, openServer, type TestServer } from '../../support/http-server.ts';

const TIMEOUTS = Timeouts.parse({});
const tunnels: string[] = [];
const proxy = createServer((_, response) => response.writeHead(502).end());

let server: TestServer;
let proxyUrl: string;
beforeAll(async () => {
  server = await openServer();
  server.answer((_, response) => json(response, 200, { reached: true }));
  const { port } = new URL(server.url);
  proxy.on('connect', (asked, socket) => {
    tunnels.push(asked.url ?? '');
    const onward = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  proxy.on('request', (asked) => tunnels.push(asked.url ?? ''));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  proxyUrl = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
afterAll(async () => {
  await dispatcherFor(TIMEOUTS, proxyUrl).destroy();
  proxy.closeAllConnections();
  proxy.close();
  await server.close();
});

describe('connections', () => {
  it('OPS-01 go through the egress proxy where one is given, but for this machine itself', async () => {
    const dispatcher = dispatcherFor(TIMEOUTS, proxyUrl);

    await request(server.url, { dispatcher }).then(({ body }) => body.dump());
    const before = [...tunnels];
    await request('http://cxone.invalid:8080/', { dispatcher }).then(
      ({ body }) => body.dump(),
      () => undefined,
    );

    expect([before, tunnels.length > 0, tunnels[0]?.includes('cxone.invalid:8080')]).toEqual([
      [],
      true,
      true,
    ]);
  });

  it('OPS-01 are kept for later calls with the same limits and proxy', () => {
    const pools = [
      dispatcherFor(TIMEOUTS),
      dispatcherFor(Timeouts.parse({})),
      dispatcherFor({ ...TIMEOUTS, idleSeconds: 5 }),
      dispatcherFor(TIMEOUTS, proxyUrl),
    ];

    expect([pools[0] === pools[1], new Set(pools).size]).toEqual([true, 3]);
  });
});
