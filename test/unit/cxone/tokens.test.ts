import { describe, expect, it } from 'vitest';
import { factIn } from '../../../lambdas/model/errors.ts';
import { json } from '../../support/http-server.ts';
import { thrownBy } from '../../support/thrown.ts';
import { testCipher } from '../../support/token-cipher.ts';
import {
  CLIENT_SECRET,
  fingerprint,
  forms,
  grant,
  grants,
  leave,
  NOW,
  OWNER,
  prepare,
  server,
} from './tokens-under-test.ts';

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

    expect(forms.length - 1).toBe(renewals);
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

    expect([late.fingerprint, forms.length]).toEqual([fingerprint(2), 2]);
  });

  it('ALL-07 asks anew after a 403, with the credentials: only a new token has a scope just granted', async () => {
    server.answer(grant());
    const { obtain, ports, read } = prepare();
    const first = await obtain();
    await ports.store.discard(first.fingerprint);
    const refused = await thrownBy(read());

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

describe('reading the token', () => {
  it('ALL-07 finds none: the machine has one fetched', async () => {
    const { read } = prepare();

    const error = await thrownBy(read());

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

    const error = await thrownBy(read());
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

    const error = await thrownBy(read());

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

    const error = await thrownBy(read());

    expect([error.name, error.message.includes('fence')]).toEqual(['LedgerUnreadable', true]);
  });
});
