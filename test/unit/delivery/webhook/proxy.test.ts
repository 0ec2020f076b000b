import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../lambdas/cxone/secret.ts';
import { receiverAt } from '../../../../lambdas/delivery/webhook/post.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { openTunnelProxy } from '../../../support/tunnel-proxy.ts';
import { openReceiver, SIGNING_SECRET } from '../../../support/webhook-receiver.ts';

const server = await openReceiver();
const proxy = await openTunnelProxy();
const { port } = new URL(server.url);
afterEach(() => proxy.answer(200));
afterAll(async () => {
  await server.close();
  await proxy.close();
});

/** Posts through the proxy to a name with these addresses; says what came of it, and which tunnels were asked for. */
async function post({
  host = 'receiver.test',
  addresses,
  networks = [],
}: {
  host?: string;
  addresses: string[];
  networks?: string[];
}) {
  const before = proxy.tunnels.length;
  const receiver = receiverAt({
    settings: {
      url: `https://${host}:${port}/ingest`,
      networks,
      certificateAuthority: server.certificateAuthority,
    },
    secrets: { signing: [new Secret(SIGNING_SECRET)] },
    clock: fakeClock(Date.parse('2024-05-16T03:30:00.000Z')),
    proxy: proxy.url,
    resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  });
  const attempt = await receiver.post({
    id: 'dlv_1',
    body: Buffer.from('{"type":"committed","delivery":"dlv_1","batch":1,"batches":1}'),
  });
  await receiver.close();
  return { attempt, tunnels: proxy.tunnels.slice(before) };
}

describe('a post through the egress proxy', () => {
  it('ALL-13 OPS-01 asks for a tunnel to the address that was judged, and speaks TLS with the name', async () => {
    const { attempt, tunnels } = await post({ addresses: ['2606:4700::1', '93.184.215.14'] });

    expect([attempt, tunnels]).toEqual([{ outcome: 'delivered' }, [`93.184.215.14:${port}`]]);
    expect(server.posts.at(-1)?.headers.host).toBe(`receiver.test:${port}`);
  });

  it('ALL-13 takes an IPv6 address where there is no other', async () => {
    const { attempt, tunnels } = await post({ addresses: ['2606:4700::1'] });

    expect([attempt, tunnels]).toEqual([{ outcome: 'delivered' }, [`[2606:4700::1]:${port}`]]);
  });

  it('ALL-13 asks for no tunnel to a private address, nor to a name that has none but those', async () => {
    const resolved = await post({ addresses: ['169.254.169.254', '10.0.0.7'] });
    const literal = await post({ host: '10.0.0.7', addresses: [] });

    for (const { attempt, tunnels } of [resolved, literal])
      expect([attempt, tunnels]).toEqual([{ outcome: 'refused', reason: 'WebhookAddressRefused' }, []]);
  });

  it('ALL-13 leaves private addresses out where the name has public ones too', async () => {
    const { tunnels } = await post({ addresses: ['10.0.0.7', '93.184.215.14'] });

    expect(tunnels).toEqual([`93.184.215.14:${port}`]);
  });

  it('ALL-13 reaches an address of a configured network without the proxy', async () => {
    const { attempt, tunnels } = await post({ addresses: ['127.0.0.1'], networks: ['127.0.0.0/8'] });

    expect([attempt, tunnels]).toEqual([{ outcome: 'delivered' }, []]);
  });

  it('ALL-13 trusts no certificate of another name in the tunnel', async () => {
    const { attempt } = await post({ host: 'somebody-else.test', addresses: ['93.184.215.14'] });

    expect(attempt).toEqual({ outcome: 'later', reason: 'ConnectionLost ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it.each([403, 407, 503])('ALL-13 names the proxy where it makes no tunnel: %i', async (status) => {
    proxy.answer(status);

    const { attempt } = await post({ addresses: ['93.184.215.14'] });

    expect(attempt).toEqual({ outcome: 'later', reason: `ProxyRefused HTTP ${status}` });
  });

  it('ALL-13 says so where the proxy is not there', async () => {
    const receiver = receiverAt({
      settings: { url: `https://receiver.test:${port}/`, networks: [] },
      secrets: { signing: [new Secret(SIGNING_SECRET)] },
      clock: fakeClock(0),
      proxy: 'http://127.0.0.1:1',
      resolve: async () => [{ address: '93.184.215.14', family: 4 }],
    });

    const attempt = await receiver.post({ id: 'dlv_1', body: Buffer.from('{}') });
    await receiver.close();

    expect(attempt).toEqual({ outcome: 'later', reason: 'ConnectionLost ECONNREFUSED' });
  });
});
