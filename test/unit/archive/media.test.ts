import { createHash } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type MediaPorts, storeMedium } from '../../../lambdas/archive/media.ts';
import { authorizedCalls } from '../../../lambdas/cxone/authorized-calls.ts';
import { dispatcherFor } from '../../../lambdas/cxone/dispatcher.ts';
import { createPlayback } from '../../../lambdas/cxone/playback.ts';
import { fingerprintOf, Secret } from '../../../lambdas/cxone/secret.ts';
import { createTransport } from '../../../lambdas/cxone/transport.ts';
import { mediumObjectKey } from '../../../lambdas/lake/keys.ts';
import { archivedMedia, readMedium } from '../../../lambdas/ledger/archive-media.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { TenantId } from '../../../lambdas/model/ids.ts';
import { openServer } from '../../support/http-server.ts';
import { openLedger } from '../../support/ledger.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { thrownBy } from '../../support/thrown.ts';
import { claimed, MAY_15, runCalled, windowLedger } from '../../support/window-ledger.ts';

const TOKEN = 'tok-5f2c9a7be1d34c68a0b1';
const token = { value: new Secret(TOKEN), fingerprint: fingerprintOf(new Secret(TOKEN)), expiresAt: 0 };
const NAME = { interaction: 'i-1', medium: 'm-1' };
const store = await openLedger();
/** The family's own host, one that its configuration allows, and one that it does not. */
const own = await openServer();
const allowed = await openServer();
const stranger = await openServer();
afterAll(() => Promise.all([own, allowed, stranger, store].map((one) => one.close())));

const discarded: string[] = [];
beforeEach(() => {
  discarded.length = 0;
});

async function prepared(changes: Partial<MediaPorts> = {}) {
  const { ledger, clock } = windowLedger(store.table);
  const claim = await claimed(ledger, runCalled('archive'));
  const objects = memoryObjectStore();
  const family = resolveFamily('interactions', own.url, { downloadHosts: [new URL(allowed.url).host] });
  const transport = createTransport(
    { family, throttles: 0 },
    {
      dispatcher: dispatcherFor(family.timeouts),
      limiter: { take: async () => undefined, pause: async () => undefined },
      clock,
      random: () => 0,
      headers: () => ({}),
      onCall: () => undefined,
    },
  );
  const tokens = {
    read: async () => token,
    discard: async (fingerprint: string) => {
      discarded.push(fingerprint);
    },
  };
  const ports: MediaPorts = {
    ledger,
    objects,
    playback: createPlayback(family, { transport, calls: authorizedCalls(transport, tokens, false) }),
    freshAddress: async () => undefined,
    random: () => 1,
    by: 'archive#0',
    givesUp: () => false,
    maxBytes: 1_000_000,
    ...changes,
  };
  const look = (address: string | null) => storeMedium(ports, claim, { ...NAME, address });
  return { ports, claim, objects, clock, look, noted: () => readMedium(ledger, MAY_15, NAME) };
}

describe('ARC-09 a medium', () => {
  it('ARC-09 is stored as it is, with its size and digest, and never with our token at a foreign host', async () => {
    const bytes = Buffer.from('sound, not text: \u0000\u0001');
    allowed.answer((_, response) => response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(bytes));
    const { objects, look, noted, ports } = await prepared();

    const outcome = await look(`${allowed.url}/media/1?signature=abc`);

    const key = mediumObjectKey(ports.ledger.tenant, MAY_15, 'i-1', 'm-1');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(outcome).toEqual({ state: 'stored', key, bytes: bytes.length, sha256 });
    expect(await noted()).toMatchObject({ ...NAME, ...outcome });
    expect(objects.objects.get(key)).toEqual(bytes);
    expect(allowed.seen.at(-1)?.headers.authorization).toBeUndefined();
    expect(JSON.stringify(allowed.seen)).not.toContain(TOKEN);
  });

  it('ARC-09 on the family’s own host is fetched with our token', async () => {
    own.answer((_, response) => response.writeHead(200).end('x'));
    const { look } = await prepared();

    const { state } = await look('/media/1');

    expect([state, own.seen.at(-1)?.headers.authorization]).toEqual(['stored', `Bearer ${TOKEN}`]);
  });

  it('ARC-09 that is redirected to a foreign host gets no token there', async () => {
    own.answer((_, response) => response.writeHead(302, { location: `${allowed.url}/elsewhere` }).end());
    allowed.answer((_, response) => response.writeHead(200).end('x'));
    const { look } = await prepared();

    const { state } = await look(`${own.url}/media/1`);

    expect([state, allowed.seen.at(-1)?.path, allowed.seen.at(-1)?.headers.authorization]).toEqual([
      'stored',
      '/elsewhere',
      undefined,
    ]);
  });

  it('ARC-09 that is stored is not fetched again', async () => {
    allowed.answer((_, response) => response.writeHead(200).end('x'));
    const { look, objects } = await prepared();
    const first = await look(`${allowed.url}/m`);
    const before = allowed.seen.length;

    const second = await look(`${allowed.url}/m`);

    expect([second.sha256, allowed.seen.length, objects.writes.length]).toEqual([first.sha256, before, 1]);
  });

  it.each([
    [404, 'missing'],
    [410, 'expired'],
    [401, 'expired'],
    [403, 'forbidden'],
    [400, 'forbidden'],
  ])('ARC-09 at a foreign host that answers %d is %s', async (status, state) => {
    allowed.answer((_, response) => response.writeHead(status).end('<html>no</html>'));
    const { look, noted, objects } = await prepared({ freshAddress: async () => `${allowed.url}/fresh` });

    const outcome = await look(`${allowed.url}/stale`);

    expect([outcome, (await noted())?.state, objects.writes]).toEqual([{ state }, state, []]);
  });

  it('ARC-09 whose host is not allowed is forbidden and not called', async () => {
    const { look, noted } = await prepared();

    const outcome = await look(`${stranger.url}/media/1`);

    expect(outcome).toEqual({ state: 'forbidden', reason: 'hostNotAllowed' });
    expect([(await noted())?.reason, stranger.seen.length]).toEqual(['hostNotAllowed', 0]);
  });

  it('ARC-09 that is redirected to a host that is not allowed is forbidden', async () => {
    allowed.answer((_, response) => response.writeHead(307, { location: stranger.url }).end());
    const { look } = await prepared();

    const outcome = await look(`${allowed.url}/media/1`);

    expect([outcome.reason, stranger.seen.length]).toEqual(['hostNotAllowed', 0]);
  });

  it.each([null, ''])('ARC-09 without an address (%j) is missing', async (address) => {
    const { look } = await prepared();

    const outcome = await look(address);

    expect(outcome).toEqual({ state: 'missing', reason: 'noAddress' });
  });

  it.each([401, 403, 410])('ARC-09 whose address answers %d is stored from a fresh one', async (status) => {
    allowed.answer(({ path }, response) => {
      response.writeHead(path === '/fresh' ? 200 : status).end('sound');
    });
    const asked: unknown[] = [];
    const { look } = await prepared({
      freshAddress: async (name) => {
        asked.push(name);
        return `${allowed.url}/fresh`;
      },
    });

    const outcome = await look(`${allowed.url}/stale`);

    expect([outcome.state, asked]).toEqual(['stored', [NAME]]);
  });

  it('ARC-09 of an interaction that is gone is missing', async () => {
    allowed.answer((_, response) => response.writeHead(410).end());
    const { look } = await prepared({ freshAddress: async () => undefined });

    const outcome = await look(`${allowed.url}/stale`);

    expect(outcome).toEqual({ state: 'missing' });
  });

  it('ARC-09 that our own host refuses is forbidden, and the token is kept', async () => {
    own.answer((_, response) => {
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"restricted"}');
    });
    const { look } = await prepared({ freshAddress: async () => '/media/1' });

    const outcome = await look('/media/1');

    expect([outcome.state, discarded]).toEqual(['forbidden', []]);
  });

  it.each([
    ['500', 'serverFault'],
    ['a page', 'serverFault'],
    ['a broken connection', 'connectionLost'],
  ])(
    'ARC-09 that meets %s is tried three times more, waiting longer each time, and is failed then',
    async (fault, reason) => {
      allowed.answer((_, response) => {
        if (fault === '500') response.writeHead(500).end();
        else if (fault === 'a page') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
        else response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
      });
      const { look, clock, noted, objects } = await prepared();
      const before = allowed.seen.length;

      const outcome = await look(`${allowed.url}/m`);

      expect(outcome).toEqual({ state: 'failed', reason });
      expect([allowed.seen.length - before, clock.sleeps.slice(-3)]).toEqual([4, [2_000, 4_000, 8_000]]);
      expect([(await noted())?.state, objects.writes]).toEqual(['failed', []]);
    },
  );

  it('ARC-09 that failed is tried again, and what was noted of the failure is gone', async () => {
    allowed.answer((_, response) => response.writeHead(500).end());
    const { look, noted } = await prepared();
    await look(`${allowed.url}/m`);
    allowed.answer((_, response) => response.writeHead(200).end('sound'));

    const outcome = await look(`${allowed.url}/m`);

    const after = await noted();
    expect([outcome.state, after?.state, after?.reason]).toEqual(['stored', 'stored', undefined]);
  });

  it('ARC-09 that is longer than allowed is forbidden, and nothing of it is kept', async () => {
    allowed.answer((_, response) => response.writeHead(200).end(Buffer.alloc(100_000)));
    const { look, objects } = await prepared({ maxBytes: 99_999 });

    const outcome = await look(`${allowed.url}/m`);

    expect([outcome, objects.writes]).toEqual([{ state: 'forbidden', reason: 'tooLarge' }, []]);
  });

  it('ALL-08 that is throttled is the machine’s to wait for', async () => {
    allowed.answer((_, response) => response.writeHead(429, { 'retry-after': '30' }).end());
    const { look, noted } = await prepared();

    const error = await thrownBy(look(`${allowed.url}/m`));

    expect([error.name, typeof error.facts.retryAt, await noted()]).toEqual([
      'Throttled',
      'string',
      undefined,
    ]);
  });

  it('ALL-03 is noted by nobody who has lost the day', async () => {
    allowed.answer((_, response) => response.writeHead(200).end('sound'));
    const { ports, claim, look } = await prepared();
    await storeMedium(ports, { ...claim, epoch: claim.epoch + 1 }, { ...NAME, address: null });

    const error = await thrownBy(look(`${allowed.url}/m`));

    expect(error.name).toBe('ClaimLost');
  });

  it('ARC-09 is listed with the others of its day', async () => {
    const { ports, claim } = await prepared();
    for (const medium of ['b', 'a']) await storeMedium(ports, claim, { ...NAME, medium, address: null });

    const listed = await Array.fromAsync(archivedMedia(ports.ledger, MAY_15));

    expect(listed.map(({ medium, state }) => [medium, state])).toEqual([
      ['a', 'missing'],
      ['b', 'missing'],
    ]);
  });
});

describe('ARC-09 the key of a medium', () => {
  const keyOf = (interaction: string, medium: string) =>
    mediumObjectKey(TenantId.parse('acme'), Day.parse('2024-05-15'), interaction, medium);

  it.each([
    ['plain', 'i1', 'm1', 'media/acme/2024-05-15/i1/m1'],
    ['with slashes and dots', '../x', '..', 'media/acme/2024-05-15/%2E%2E%2Fx/%2E%2E'],
  ])('ARC-09 of ids that are %s', (_case, interaction, medium, key) => {
    expect(keyOf(interaction, medium)).toBe(key);
  });

  it('ARC-09 of ids of any length fits, and is its own', () => {
    const keys = [
      keyOf('i'.repeat(5_000), 'm'),
      keyOf('i'.repeat(5_001), 'm'),
      keyOf('i', ''),
      keyOf('\ud800', 'm'),
    ];

    expect(new Set(keys).size).toBe(4);
    expect(keys.every((key) => key.length < 1_024 && !key.includes('//'))).toBe(true);
  });
});
