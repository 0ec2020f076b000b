import { describe, expect, it } from 'vitest';
import { accessTokenMark, fingerprint, refreshTokenMark } from '../../../local/cxone/index.ts';
import { open, readToken } from './simulator-client.ts';

describe('tokens', () => {
  it('ALL-07 are granted at the token path of every family', async () => {
    const { client } = await open();

    const replies = await Promise.all(
      ['/oauth/token', '/api/v2/oauth/token', '/api/v2/oauth2/token'].map((path) =>
        client.tokenReply({ scope: 'data:download:read' }, path),
      ),
    );

    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200]);
    expect(replies.map((reply) => readToken(reply))).toEqual(
      Array.from({ length: 3 }, () => ({
        access_token: expect.stringMatching(`^${accessTokenMark}`),
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'data:download:read',
      })),
    );
  });

  it('ALL-07 come with a refresh token for the scope offline, which is good once and for its client only', async () => {
    const other = { clientId: 'other', clientSecret: 'other-secret' };
    const { client } = await open({
      credentials: [{ clientId: 'simulator', clientSecret: 'simulator-secret' }, other],
    });
    const first = readToken(await client.tokenReply({ scope: 'data:download:read offline' }));
    const refresh = (token = '', fields = {}) =>
      client.tokenReply({ grant_type: 'refresh_token', refresh_token: token, ...fields });

    const stolen = await refresh(first.refresh_token, { client_id: 'other', client_secret: 'other-secret' });
    const second = await refresh(first.refresh_token);

    expect(first.refresh_token).toMatch(new RegExp(`^${refreshTokenMark}`));
    expect(stolen.status).toBe(400);
    expect(readToken(second)).toMatchObject({ scope: 'data:download:read offline', expires_in: 3600 });
    expect(readToken(second).refresh_token).not.toBe(first.refresh_token);
  });

  it('ALL-07 two refreshes with one refresh token leave none alive', async () => {
    const { client } = await open();
    const first = readToken(await client.tokenReply());
    const refresh = (token = '') => client.tokenReply({ grant_type: 'refresh_token', refresh_token: token });
    const second = readToken(await refresh(first.refresh_token));

    const late = await refresh(first.refresh_token);
    const afterwards = await refresh(second.refresh_token);

    expect([late.status, late.text]).toEqual([400, expect.stringContaining('"error":"invalid_grant"')]);
    expect([afterwards.status, afterwards.text]).toEqual([400, expect.stringContaining('invalid_grant')]);
  });

  it.each([
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
    ['an unknown scope', { scope: 'everything' }, 400, 'invalid_scope'],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['an unknown field', { audience: 'x' }, 400, 'invalid_request'],
  ])('refuses %s', async (_case, fields, status, error) => {
    const { client } = await open();

    const reply = await client.tokenReply(fields);

    expect([reply.status, reply.text]).toEqual([status, expect.stringContaining(`"error":"${error}"`)]);
  });

  it('refuses a body that is not form-encoded', async () => {
    const { client } = await open();

    const reply = await client.send('/oauth/token', { method: 'POST', body: '{}' });

    expect([reply.status, reply.text]).toEqual([400, expect.stringContaining('form-encoded')]);
  });

  it('expire by simulated time', async () => {
    const { client } = await open({ scenarios: ['token-short-life'] });
    await client.authorise();

    const before = await client.wait(59.999).statusReply('unknown');
    const after = await client.wait(0.001).statusReply('unknown');

    expect([before.status, after.status]).toEqual([404, 401]);
  });

  it('ALL-07 leave no secret and no token in the log, but the fingerprint of each token that was sent', async () => {
    const { client, simulator } = await open();
    const { access_token, refresh_token = '' } = readToken(await client.tokenReply());
    client.token = access_token;
    await client.tokenReply({ grant_type: 'refresh_token', refresh_token });
    await client.statusReply('unknown');

    const log = JSON.stringify(simulator.calls);

    expect(log).not.toContain('simulator-secret');
    expect(log).not.toContain(accessTokenMark);
    expect(log).not.toContain(refreshTokenMark);
    expect(simulator.calls.map((call) => call.bearer)).toEqual([
      undefined,
      undefined,
      fingerprint(access_token),
    ]);
    expect(simulator.calls[0]?.body).toEqual({ grant_type: 'client_credentials', client_id: 'simulator' });
  });

  it('end when an administrator revokes them', async () => {
    const { client, simulator } = await open();
    await client.authorise();

    simulator.revokeTokens();
    const reply = await client.statusReply('unknown');

    expect(reply.status).toBe(401);
  });
});
