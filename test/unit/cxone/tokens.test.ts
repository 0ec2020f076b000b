import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAccessToken } from '../../../lambdas/cxone/access-token.ts';
import { type Connection, tokenPorts } from '../../../lambdas/cxone/connection.ts';
import { fingerprintOf, Secret } from '../../../lambdas/cxone/secret.ts';
import { LEASE_MILLISECONDS, obtainToken } from '../../../lambdas/cxone/tokens.ts';
import { factIn } from '../../../lambdas/model/errors.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { TenantId, type TokenFingerprint } from '../../../lambdas/model/ids.ts';
import type { Table } from '../../../lambdas/model/ports.ts';
import { failureOf } from '../../support/failure.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { json, openServer, type SeenRequest, type TestServer } from '../../support/http-server.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { testCipher } from '../../support/token-cipher.ts';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');
const OWNER = { tenant: TenantId.parse('acme'), family: 'dataDownload' } as const;
const CLIENT_SECRET = 'client-secret-4b1f0c77e2';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

let issued: number;
let forms: URLSearchParams[];
beforeEach(() => {
  issued = 0;
  forms = [];
});

/** Answers as a token endpoint does: `access-1` with `refresh-1`, then `access-2`, … */
function grant({ seconds = 3_600, refresh = true } = {}) {
  return (request: SeenRequest, response: ServerResponse) => {
    issued += 1;
    forms.push(new URLSearchParams(request.body));
    json(response, 200, {
      access_token: `access-${issued}-0123456789`,
      token_type: 'Bearer',
      expires_in: seconds,
      ...(refresh ? { refresh_token: `refresh-${issued}-0123456789` } : {}),
    });
  };
}

function prepare(table: Table = memoryTable()) {
  const clock = fakeClock(NOW);
  const connection: Connection = {
    ...OWNER,
    family: resolveFamily('dataDownload', server.url),
    table,
    cipher: testCipher,
    clock,
    random: () => 0.5,
    headers: () => ({}),
    onCall: () => undefined,
  };
  const ports = tokenPorts(connection, async () => ({
    clientId: 'client-id-77',
    clientSecret: new Secret(CLIENT_SECRET),
  }));
  const obtain = (rejected?: TokenFingerprint) => obtainToken({ ...OWNER, rejected }, ports);
  const read = () => readAccessToken(OWNER, { store: ports.store, cipher: testCipher, clock });
  return { clock, ports, obtain, read, table };
}

const fingerprint = (number: number) => fingerprintOf(new Secret(`access-${number}-0123456789`));
const grants = () => forms.map((form) => form.get('grant_type'));

/** Sets the clock so that so many milliseconds of the first token are left. */
function leave(clock: FakeClock, milliseconds: number, life = 3_600_000): void {
  clock.set(NOW + life - milliseconds);
}

describe('obtaining a token', () => {
  it('ALL-07 asks with the client credentials and the family’s scopes', async () => {
    server.answer(grant());
    const { obtain, read } = prepare();

    const token = await obtain();

    expect(token).toEqual({ expiresAt: NOW + 3_600_000, fingerprint: fingerprint(1) });
    expect((await read()).value.reveal()).toBe('access-1-0123456789');
    expect(server.seen.at(-1)?.path).toBe('/api/v2/oauth/token');
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client-id-77',
      client_secret: CLIENT_SECRET,
      scope: 'data:download:read data:download:write offline',
    });
  });

  it.each([
    [3_600, 300_000, 0],
    [3_600, 299_999, 1],
    [60, 6_000, 0],
    [60, 5_999, 1],
    [1_000, 100_000, 0],
    [1_000, 99_999, 1],
  ])('ALL-07 with a life of %i s and %i ms left renews it %i times', async (seconds, left, renewals) => {
    server.answer(grant({ seconds }));
    const { clock, obtain } = prepare();
    await obtain();
    leave(clock, left, seconds * 1_000);

    await obtain();

    expect(issued - 1).toBe(renewals);
  });

  it('ALL-07 renews with the refresh token, each of them once', async () => {
    server.answer(grant());
    const { clock, obtain } = prepare();

    for (let renewal = 0; renewal < 3; renewal += 1) {
      await obtain();
      clock.set(clock.now() + 3_500_000);
    }

    expect(forms.map((form) => form.get('refresh_token'))).toEqual([
      null,
      'refresh-1-0123456789',
      'refresh-2-0123456789',
    ]);
    expect(grants()).toEqual(['client_credentials', 'refresh_token', 'refresh_token']);
  });

  it.each([
    [400, { error: 'invalid_grant' }],
    [400, { errorCode: 'invalid_grant' }],
    [401, { error: 'invalid_token' }],
  ])(
    'ALL-07 falls back to the client credentials where the refresh token is dead: %i %j',
    async (status, body) => {
      server.answer(grant());
      const { clock, obtain } = prepare();
      await obtain();
      leave(clock, 0);
      server.answer((request, response) =>
        request.body.includes('grant_type=refresh_token')
          ? json(response, status, body)
          : grant()(request, response),
      );

      const token = await obtain();

      expect([token.fingerprint, grants()]).toEqual([
        fingerprint(2),
        ['client_credentials', 'client_credentials'],
      ]);
    },
  );

  it('ALL-07 keeps no refresh token where none came with the token', async () => {
    server.answer(grant());
    const { clock, obtain } = prepare();
    await obtain();
    leave(clock, 0);
    server.answer(grant({ refresh: false }));
    await obtain();
    clock.set(clock.now() + 3_600_000);

    await obtain();

    expect(grants()).toEqual(['client_credentials', 'refresh_token', 'client_credentials']);
  });

  it('ALL-07 asks anew for a token that was rejected, not with its refresh token', async () => {
    server.answer(grant());
    const { obtain } = prepare();
    const first = await obtain();

    const second = await obtain(first.fingerprint);

    expect([second.fingerprint, grants()]).toEqual([
      fingerprint(2),
      ['client_credentials', 'client_credentials'],
    ]);
  });

  it('ALL-07 keeps a token that is not the rejected one any more', async () => {
    server.answer(grant());
    const { obtain } = prepare();
    const first = await obtain();
    await obtain(first.fingerprint);

    const late = await obtain(first.fingerprint);

    expect([late.fingerprint, issued]).toEqual([fingerprint(2), 2]);
  });

  it('ALL-07 asks anew after a 403, with the credentials: only a new token has a scope just granted', async () => {
    server.answer(grant());
    const { obtain, ports, read } = prepare();
    const first = await obtain();
    await ports.store.discard(first.fingerprint);
    const refused = await failureOf(read());

    const second = await obtain();

    expect([refused.name, factIn(refused.message, 'fingerprint')]).toEqual(['TokenRejected', fingerprint(1)]);
    expect([second.fingerprint, grants()]).toEqual([
      fingerprint(2),
      ['client_credentials', 'client_credentials'],
    ]);
    expect((await read()).fingerprint).toBe(fingerprint(2));
  });

  it('ALL-07 discards no token that has come in place of the blamed one', async () => {
    server.answer(grant());
    const { obtain, ports, read } = prepare();
    const first = await obtain();
    await obtain(first.fingerprint);

    await ports.store.discard(first.fingerprint);

    expect((await read()).fingerprint).toBe(fingerprint(2));
  });
});

describe('the token endpoint’s refusals', () => {
  it.each<[number, unknown, string]>([
    [401, { error: 'invalid_client' }, 'CredentialsRejected'],
    [400, { error: 'invalid_client' }, 'CredentialsRejected'],
    [400, { error: 'invalid_scope' }, 'ScopeMissing'],
    [403, { message: 'no' }, 'ScopeMissing'],
    [404, {}, 'NotFound'],
    [422, {}, 'RequestRefused'],
    [503, {}, 'ServerFault'],
    [200, { token_type: 'Bearer' }, 'ServerFault'],
    [200, { access_token: 'abc', expires_in: 0 }, 'ServerFault'],
    [200, { access_token: 'a\r\nb: c', expires_in: 60 }, 'ServerFault'],
  ])('ALL-10 answers %i %j: %s, and the next may try at once', async (status, body, name) => {
    server.answer((_, response) => json(response, status, body));
    const { obtain, clock } = prepare();

    const error = await failureOf(obtain());
    server.answer(grant());
    clock.set(clock.now() + 2_000);
    const token = await obtain();

    expect([error.name, token.fingerprint]).toEqual([name, fingerprint(1)]);
  });

  it('ALL-08 holds everybody who wants a token where the endpoint throttles', async () => {
    server.answer((_, response) => json(response, 429, {}, { 'retry-after': '120' }));
    const { obtain } = prepare();
    const first = await failureOf(obtain());
    const before = server.seen.length;

    const second = await failureOf(obtain());

    expect([first.name, second.name, factIn(second.message, 'retryAt'), server.seen.length - before]).toEqual(
      ['Throttled', 'Throttled', '2026-03-01T10:02:00.000Z', 0],
    );
  });

  it('ALL-10 shows neither secret nor token that the endpoint echoes', async () => {
    server.answer((request, response) =>
      json(response, 400, { error: 'bad', error_description: request.body }),
    );
    const { obtain } = prepare();

    const error = await failureOf(obtain());

    const shown = `${error.message} ${error.stack} ${String(error.cause)}`;
    expect([CLIENT_SECRET, 'client-id-77'].filter((secret) => shown.includes(secret))).toEqual([]);
  });

  it('ALL-07 keeps nothing secret in the ledger as it is', async () => {
    server.answer(grant());
    const { obtain, table } = prepare();
    await obtain();

    const items = await Promise.all([
      table.get({ pk: 'acme#token#dataDownload', sk: 'access' }),
      table.get({ pk: 'acme#refresh#dataDownload', sk: 'refresh' }),
    ]);

    const shown = JSON.stringify(items);
    expect(
      ['access-1', 'refresh-1', CLIENT_SECRET, 'client-id-77'].filter((text) => shown.includes(text)),
    ).toEqual([]);
    expect(items.map((item) => typeof item?.sealed)).toEqual(['string', 'string']);
  });
});

describe('the lease', () => {
  it('ALL-07 keeps others waiting while its holder lives, then busy', async () => {
    const { ports, obtain, clock } = prepare();
    await ports.store.lease(await ports.store.read(), 'another', NOW, NOW + LEASE_MILLISECONDS);

    const error = await failureOf(obtain());

    expect([error.name, clock.now() - NOW, factIn(error.message, 'retryAt')]).toEqual([
      'TokenBusy',
      10_000,
      '2026-03-01T10:00:45.000Z',
    ]);
  });

  it('ALL-07 gives its token to those who waited', async () => {
    server.answer(grant());
    const { ports, obtain, clock } = prepare();
    const seen = await ports.store.read();
    const lease = await ports.store.lease(seen, 'another', NOW, NOW + LEASE_MILLISECONDS);
    if (!lease) throw new Error('There is no lease.');
    const stored = {
      sealed: 'x',
      fingerprint: fingerprint(9),
      validUntil: NOW + 3_600_000,
      lifeMilliseconds: 3_600_000,
    };
    const sleep = clock.sleep;
    clock.sleep = async (milliseconds) => {
      await sleep(milliseconds);
      await ports.store.saveAccess(lease, stored);
    };

    const token = await obtain();

    expect([token.fingerprint, issued]).toEqual([fingerprint(9), 0]);
  });

  it('ALL-07 of a dead holder ends, before those who are asked seven times give up', async () => {
    server.answer(grant());
    const { ports, obtain } = prepare();
    await ports.store.lease(await ports.store.read(), 'dead', NOW, NOW + LEASE_MILLISECONDS);
    let asked = 0;

    const obtained = await (async function again(): Promise<string> {
      asked += 1;
      try {
        return (await obtain()).fingerprint;
      } catch {
        return again();
      }
    })();

    expect([obtained, asked <= 7]).toEqual([fingerprint(1), true]);
  });

  it('ALL-07 of a stale holder: its token is thrown away, the other’s counts', async () => {
    const { ports, obtain, clock, read } = prepare();
    const sealed = await testCipher.seal('access-9-0123456789', { ...OWNER, kind: 'access' });
    server.answer((request, response) => {
      void (async () => {
        clock.set(clock.now() + LEASE_MILLISECONDS + 1);
        const seen = await ports.store.read();
        const lease = await ports.store.lease(seen, 'another', clock.now(), clock.now() + LEASE_MILLISECONDS);
        if (!lease) throw new Error('There is no lease.');
        const life = { validUntil: clock.now() + 3_600_000, lifeMilliseconds: 3_600_000 };
        await ports.store.saveRefresh(lease, undefined);
        await ports.store.saveAccess(lease, { sealed, fingerprint: fingerprint(9), ...life });
        grant()(request, response);
      })();
    });

    const token = await obtain();

    expect([token.fingerprint, (await read()).value.reveal(), await ports.store.readRefresh()]).toEqual([
      fingerprint(9),
      'access-9-0123456789',
      undefined,
    ]);
  });

  it('ALL-07 is renewed before a second call that it might not outlive', async () => {
    server.answer(grant());
    const { ports, obtain, clock } = prepare();
    await obtain();
    leave(clock, 0);
    const untils: number[] = [];
    server.answer((request, response) => {
      if (!request.body.includes('grant_type=refresh_token')) return grant()(request, response);
      clock.set(clock.now() + 20_000);
      return json(response, 400, { error: 'invalid_grant' });
    });
    const extend = ports.store.extend;
    ports.store.extend = async (lease, until) => {
      untils.push(until - clock.now());
      return extend(lease, until);
    };

    const token = await obtain();

    expect([token.fingerprint, untils]).toEqual([fingerprint(2), [LEASE_MILLISECONDS]]);
  });

  it('ALL-07 is one’s own also where the ledger’s reply was lost and the write repeated', async () => {
    server.answer(grant());
    const memory = memoryTable();
    const { obtain } = prepare({
      ...memory,
      async update(key, write) {
        await memory.update(key, write);
        return memory.update(key, write);
      },
    });

    const token = await obtain();

    expect(token.fingerprint).toBe(fingerprint(1));
  });

  it('ALL-07 goes back when the holder fails, and the first failure is the one that is told', async () => {
    server.answer((_, response) => json(response, 503, {}));
    const memory = memoryTable();
    let away = false;
    const { obtain } = prepare({
      ...memory,
      async update(key, write) {
        if (write.update.startsWith('REMOVE')) away = true;
        if (away) throw new Error('the ledger is away');
        return memory.update(key, write);
      },
    });

    const error = await failureOf(obtain());

    expect([error.name, error.cause]).toEqual(['ServerFault', new Error('the ledger is away')]);
  });
});

describe('reading the token', () => {
  it('ALL-07 finds none: the machine has one fetched', async () => {
    const { read } = prepare();

    const error = await failureOf(read());

    expect([error.name, factIn(error.message, 'fingerprint')]).toEqual(['TokenRejected', undefined]);
  });

  it.each([
    [3_600, 5_000, true],
    [3_600, 4_999, false],
    [60, 5_000, true],
    [20, 2_000, true],
    [20, 1_999, false],
  ])('ALL-07 with a life of %i s and %i ms left may be used: %s', async (seconds, left, usable) => {
    server.answer(grant({ seconds }));
    const { clock, obtain, read } = prepare();
    await obtain();
    leave(clock, left, seconds * 1_000);

    const outcome = await read().then(
      () => true,
      () => false,
    );

    expect(outcome).toBe(usable);
  });

  it('ALL-07 names the expired one, which is then renewed with its refresh token', async () => {
    server.answer(grant());
    const { clock, obtain, read } = prepare();
    await obtain();
    leave(clock, 0);

    const error = await failureOf(read());
    const rejected = error.facts.fingerprint === fingerprint(1) ? fingerprint(1) : undefined;
    await obtain(rejected);

    expect([rejected, grants()]).toEqual([fingerprint(1), ['client_credentials', 'refresh_token']]);
  });

  it('ALL-07 that does not open is renewed, not fatal', async () => {
    server.answer(grant());
    const { obtain, read, table } = prepare();
    await obtain();
    const sealed = await testCipher.seal('x', { ...OWNER, family: 'analytics', kind: 'access' });
    await table.update(
      { pk: 'acme#token#dataDownload', sk: 'access' },
      { update: 'SET #s = :s', names: { '#s': 'sealed' }, values: { ':s': sealed } },
    );

    const error = await failureOf(read());

    expect([error.name, factIn(error.message, 'fingerprint')]).toEqual(['TokenRejected', fingerprint(1)]);
  });

  it('ALL-07 falls back to the credentials where the refresh token does not open', async () => {
    server.answer(grant());
    const { clock, obtain, table } = prepare();
    await obtain();
    leave(clock, 0);
    const sealed = await testCipher.seal('x', { ...OWNER, kind: 'access' });
    await table.update(
      { pk: 'acme#refresh#dataDownload', sk: 'refresh' },
      { update: 'SET #s = :s', names: { '#s': 'sealed' }, values: { ':s': sealed } },
    );

    await obtain();

    expect(grants()).toEqual(['client_credentials', 'client_credentials']);
  });

  it('ALL-10 is not guessed from an item of another form', async () => {
    const { read, table } = prepare();
    await table.update(
      { pk: 'acme#token#dataDownload', sk: 'access' },
      { update: 'SET #s = :s', names: { '#s': 'fence' }, values: { ':s': 'seven' } },
    );

    const error = await failureOf(read());

    expect([error.name, error.message.includes('fence')]).toEqual(['LedgerUnreadable', true]);
  });
});
