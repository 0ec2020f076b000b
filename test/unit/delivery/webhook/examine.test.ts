import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../lambdas/cxone/secret.ts';
import { examineWebhook } from '../../../../lambdas/delivery/webhook/examine.ts';
import { receiverAt } from '../../../../lambdas/delivery/webhook/post.ts';
import type { Examination } from '../../../../lambdas/model/doctor.ts';
import { catalogued } from '../../../../lambdas/model/errors.ts';
import { TenantId } from '../../../../lambdas/model/ids.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { openTunnelProxy } from '../../../support/tunnel-proxy.ts';
import { openReceiver, SIGNING_SECRET } from '../../../support/webhook-receiver.ts';

const server = await openReceiver();
const proxy = await openTunnelProxy();
const NAMED = server.url.replace('127.0.0.1', 'receiver.test');
afterEach(() => {
  server.answer((_, response) => response.writeHead(204).end());
  proxy.answer(200);
});
afterAll(async () => {
  await server.close();
  await proxy.close();
});

const BEFORE: Examination = {
  tenant: TenantId.parse('acme'),
  at: '2024-05-16T03:30:00.000Z',
  healthy: true,
  findings: [{ check: 'ledger', state: 'ok', said: 'The ledger answers.' }],
};

interface SetUp {
  url?: string;
  networks?: string[];
  certificateAuthority?: string | undefined;
  address?: string;
  resolves?: () => Promise<{ address: string; family: number }[]>;
  signing?: string;
  secretMissing?: boolean;
  proxied?: boolean;
}

/** Examines a webhook that is well but for what is given. */
async function examined(setUp: SetUp = {}) {
  const { url = NAMED, networks = ['127.0.0.0/8'], address = '127.0.0.1' } = setUp;
  const certificateAuthority =
    'certificateAuthority' in setUp ? setUp.certificateAuthority : server.certificateAuthority;
  const clock = fakeClock(Date.parse('2024-05-16T03:30:00.000Z'));
  const resolve = setUp.resolves ?? (async () => [{ address, family: 4 }]);
  const settings = {
    url,
    networks,
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
  };
  const { healthy, findings } = await examineWebhook(
    {
      tenant: BEFORE.tenant,
      clock,
      settings,
      resolve,
      readSecret: async () => {
        if (setUp.secretMissing) throw catalogued('WebhookSecretMissing', 'There is no such secret.');
        return { signing: [new Secret(setUp.signing ?? SIGNING_SECRET)] };
      },
      receiverFor: (secrets) =>
        receiverAt({ settings, secrets, clock, resolve, ...(setUp.proxied ? { proxy: proxy.url } : {}) }),
    },
    BEFORE,
  );
  return { healthy, findings };
}

describe('an examination of the webhook', () => {
  it('OPS-08 sends one signed delivery that says that it is a test, and finds nothing wrong', async () => {
    const before = server.posts.length;

    const { healthy, findings } = await examined();

    expect([healthy, findings.map(({ check, state }) => [check, state])]).toEqual([
      true,
      [
        ['ledger', 'ok'],
        ['webhookAddress', 'ok'],
        ['webhookSecret', 'ok'],
        ['webhook', 'ok'],
      ],
    ]);
    expect(server.posts.slice(before).map(({ body }) => JSON.parse(body))).toEqual([
      {
        version: 1,
        type: 'test',
        delivery: expect.stringMatching(/^dlv_[0-9a-f]{40}$/),
        sentAt: BEFORE.at,
        batch: 1,
        batches: 1,
      },
    ]);
    expect(server.unverified).toBe(0);
  });

  const nobody = async () => {
    throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  };
  const answering = (status: number) => () =>
    server.answer((_, response) => response.writeHead(status).end());

  it.each<[string, SetUp, string[], (() => void)?]>([
    ['a secret that is not there', { secretMissing: true }, ['WebhookSecretMissing']],
    ['another secret than the receiver’s', { signing: `whsec_${'A'.repeat(44)}` }, ['WebhookUnauthorized']],
    ['a name that nobody has', { resolves: nobody }, ['WebhookUnresolved']],
    ['a name without an address', { resolves: async () => [] }, ['WebhookUnresolved']],
    ['a private address', { networks: [] }, ['WebhookAddressRefused']],
    ['a certificate that nobody vouches for', { certificateAuthority: undefined }, ['WebhookUntrusted']],
    [
      'a certificate of another name',
      { url: server.url.replace('127.0.0.1', 'somebody-else.test') },
      ['WebhookUntrusted'],
    ],
    ['a port that nobody listens on', { url: 'https://receiver.test:1/ingest' }, ['WebhookUnreachable']],
    ['a receiver that breaks off', {}, ['WebhookUnreachable'], () => server.answer((_, to) => to.destroy())],
    ['a receiver that knows no such path', {}, ['WebhookRefused'], answering(404)],
    ['a receiver that redirects', {}, ['WebhookRefused'], answering(308)],
    ['a receiver that is not well', {}, ['WebhookBusy'], answering(503)],
    [
      'a proxy that makes no tunnel',
      { proxied: true, networks: [], address: '93.184.215.14' },
      ['WebhookProxyRefused'],
      () => proxy.answer(403),
    ],
  ])('OPS-08 names %s, with its cure', async (_, setUp, errors, before = () => undefined) => {
    before();

    const { healthy, findings } = await examined(setUp);

    const wrong = findings.filter(({ state }) => state === 'failed');
    expect([healthy, wrong.map(({ error }) => error)]).toEqual([false, errors]);
    for (const { said, cure } of wrong) {
      expect(cure).toMatch(/\S/);
      expect(said).not.toContain('whsec_');
    }
    expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(['webhookAddress', 'webhook']));
  });
});
