import { describe, expect, it } from 'vitest';
import { factIn } from '../../../lambdas/model/errors.ts';
import { json } from '../../support/http-server.ts';
import { thrownBy } from '../../support/thrown.ts';
import { CLIENT_SECRET, fingerprint, grant, prepare, server } from './tokens-under-test.ts';

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

    const error = await thrownBy(obtain());
    server.answer(grant());
    clock.set(clock.now() + 2_000);
    const token = await obtain();

    expect([error.name, token.fingerprint]).toEqual([name, fingerprint(1)]);
  });

  it('ALL-08 holds everybody who wants a token where the endpoint throttles', async () => {
    server.answer((_, response) => json(response, 429, {}, { 'retry-after': '120' }));
    const { obtain } = prepare();
    const first = await thrownBy(obtain());
    const before = server.seen.length;

    const second = await thrownBy(obtain());

    expect([first.name, second.name, factIn(second.message, 'retryAt'), server.seen.length - before]).toEqual(
      ['Throttled', 'Throttled', '2026-03-01T10:02:00.000Z', 0],
    );
  });

  it('ALL-10 shows neither secret nor token that the endpoint echoes', async () => {
    server.answer((request, response) =>
      json(response, 400, { error: 'bad', error_description: request.body }),
    );
    const { obtain } = prepare();

    const error = await thrownBy(obtain());

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
