import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../lambdas/cxone/secret.ts';
import { receiverAt } from '../../../../lambdas/delivery/webhook/post.ts';
import { nextTry } from '../../../../lambdas/delivery/webhook/tries.ts';
import { WebhookSettings } from '../../../../lambdas/model/webhook.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { openReceiver, SIGNING_SECRET } from '../../../support/webhook-receiver.ts';

const NOW = Date.parse('2024-05-16T03:30:00.000Z');
const server = await openReceiver();
const opened: { close(): Promise<void> }[] = [];
afterEach(() => server.answer((_, response) => response.writeHead(204).end()));
afterAll(async () => {
  for (const one of opened) await one.close();
  await server.close();
});

const body = Buffer.from('{"version":1,"type":"committed","delivery":"dlv_1","batch":1,"batches":1}');

function receiver(changes: { url?: string; networks?: string[] } = {}, addresses?: string[]) {
  const made = receiverAt({
    settings: {
      url: server.url,
      networks: ['127.0.0.0/8'],
      certificateAuthority: server.certificateAuthority,
      ...changes,
    },
    secrets: { signing: [new Secret(SIGNING_SECRET)], authorization: new Secret('Bearer of-the-receiver') },
    clock: fakeClock(NOW),
    ...(addresses
      ? {
          resolve: async () =>
            addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        }
      : {}),
  });
  opened.push(made);
  return made;
}

const post = (changes?: Parameters<typeof receiver>[0], addresses?: string[]) =>
  receiver(changes, addresses).post({ id: 'dlv_1', body });

describe('a post to a webhook', () => {
  it('ALL-13 is delivered with any 2xx, signed, authorized, with its id and the attempt’s time', async () => {
    const before = server.posts.length;

    const attempt = await post();

    const seen = server.posts[before];
    expect(attempt).toEqual({ outcome: 'delivered' });
    expect(seen?.headers).toMatchObject({
      'webhook-id': 'dlv_1',
      'webhook-timestamp': String(NOW / 1_000),
      authorization: 'Bearer of-the-receiver',
      'content-type': 'application/json',
    });
    expect(seen?.body).toBe(body.toString());
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('ALL-13 is to be repeated after %i', async (status) => {
    server.answer((_, response) => response.writeHead(status).end('busy'));

    expect(await post()).toEqual({ outcome: 'later', reason: `HTTP ${status}` });
  });

  it.each([
    ['90', NOW + 90_000],
    ['Thu, 16 May 2024 05:30:00 GMT', NOW + 7_200_000],
  ])('ALL-13 is to be repeated when the receiver says, %s', async (header, retryAt) => {
    server.answer((_, response) => response.writeHead(429, { 'retry-after': header }).end());

    expect(await post()).toEqual({ outcome: 'later', reason: 'HTTP 429', retryAt });
  });

  it.each([400, 401, 403, 404, 410, 413, 422])('ALL-13 is refused for good by %i', async (status) => {
    server.answer((_, response) => response.writeHead(status).end());

    expect(await post()).toEqual({ outcome: 'refused', reason: `HTTP ${status}` });
  });

  it.each([301, 302, 307, 308])('ALL-13 follows no redirect: %i', async (status) => {
    const before = server.posts.length;
    server.answer((_, response) => response.writeHead(status, { location: server.url }).end());

    expect(await post()).toEqual({ outcome: 'refused', reason: `HTTP ${status}` });
    expect(server.posts.length - before).toBe(1);
  });

  it('ALL-13 whose acknowledgement is lost is to be repeated', async () => {
    server.answer((_, response) => response.destroy());

    expect(await post()).toMatchObject({
      outcome: 'later',
      reason: expect.stringMatching(/^ConnectionLost /),
    });
  });

  it('ALL-13 goes to no private address unless the configuration names its network', async () => {
    const before = server.posts.length;

    const attempt = await post({ networks: [] });

    expect(attempt).toEqual({ outcome: 'refused', reason: 'WebhookAddressRefused' });
    expect(server.posts.length).toBe(before);
  });

  it('ALL-13 goes to no name that resolves to private addresses alone', async () => {
    const url = server.url.replace('127.0.0.1', 'receiver.test');
    const before = server.posts.length;

    const attempt = await post({ url, networks: [] }, ['127.0.0.1', '10.0.0.7']);

    expect(attempt).toEqual({ outcome: 'refused', reason: 'WebhookAddressRefused' });
    expect(server.posts.length).toBe(before);
  });

  it('ALL-13 is sent to the address that was judged: a name is resolved once a connection', async () => {
    const url = server.url.replace('127.0.0.1', 'receiver.test');
    let resolutions = 0;
    const rebinding = receiverAt({
      settings: { url, networks: ['127.0.0.0/8'], certificateAuthority: server.certificateAuthority },
      secrets: { signing: [new Secret(SIGNING_SECRET)] },
      clock: fakeClock(NOW),
      // The second answer is another one: whoever asked twice would be led there.
      resolve: async () => [{ address: resolutions++ === 0 ? '127.0.0.1' : '10.255.255.1', family: 4 }],
    });
    opened.push(rebinding);

    const attempt = await rebinding.post({ id: 'dlv_1', body });

    expect([attempt, resolutions]).toEqual([{ outcome: 'delivered' }, 1]);
  });

  it('ALL-13 trusts no certificate that nobody vouches for', async () => {
    const plain = receiverAt({
      settings: { url: server.url, networks: ['127.0.0.0/8'] },
      secrets: { signing: [new Secret(SIGNING_SECRET)] },
      clock: fakeClock(NOW),
    });
    opened.push(plain);

    expect(await plain.post({ id: 'dlv_1', body })).toEqual({
      outcome: 'later',
      reason: 'ConnectionLost DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  it.each([
    'http://receiver.example.com/',
    'https://user:word@receiver.example.com/',
    'ftp://receiver.example.com/',
  ])('ALL-13 goes nowhere else than to https, without credentials in the address: %s', (url) => {
    expect(WebhookSettings.safeParse({ url, secret: 'webhook' }).success).toBe(false);
  });
});

describe('when a batch is tried again', () => {
  const at = (tries: number, retryAt?: number) =>
    nextTry({ now: 0, tries, limit: 10, retryAt }, () => 0.999_999);

  it('ALL-13 backs off from 10 s to 15 minutes, at most 51 minutes and 10 s in all', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((tries) => at(tries) ?? 0);

    expect(waits.map((wait) => Math.round(wait / 1_000))).toEqual([10, 20, 40, 80, 160, 320, 640, 900, 900]);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(3_070_000);
  });

  it('ALL-13 obeys the receiver in full up to 24 hours, and gives up beyond, and after the last try', () => {
    expect(at(1, 86_400_000)).toBe(86_400_000);
    expect(at(1, 86_400_001)).toBeUndefined();
    expect(at(10)).toBeUndefined();
    expect(at(10, 1_000)).toBeUndefined();
  });
});
