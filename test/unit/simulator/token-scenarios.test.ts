import { describe, expect } from 'vitest';
import { tokenScenarios } from '../../../local/cxone/scenarios/token-scenarios.ts';
import { shownScenarios } from './shown-scenarios.ts';
import { answers, open, opened, readError, readToken, times } from './simulator-client.ts';

const { shows, all } = shownScenarios(tokenScenarios);

describe('token scenarios', () => {
  shows('token-short-life', 'gives tokens of 60 seconds', async () => {
    const { client } = await open({ scenarios: ['token-short-life'] });

    const token = readToken(await client.tokenReply());

    expect(token.expires_in).toBe(60);
  });

  shows('token-life', 'gives tokens of any life', async () => {
    const { client } = await opened('token-life:100');

    const statuses = [await client.wait(99).statusReply('x'), await client.wait(1).statusReply('x')];

    expect(statuses.map((reply) => reply.status)).toEqual([404, 401]);
  });

  shows('token-revoked', 'revokes the token once, in the middle of a run', async () => {
    const { client } = await opened('token-revoked:2');
    const before = await times(client, 4, () => client.statusReply('x'));

    await client.authorise();
    const after = await times(client, 4, () => client.statusReply('x'));

    expect(before.map((reply) => reply.status)).toEqual([404, 404, 401, 401]);
    expect(after.map((reply) => reply.status)).toEqual([404, 404, 404, 404]);
  });

  shows('token-always-rejected', 'answers every token with 401', async () => {
    const { client } = await opened('token-always-rejected');
    const first = await client.statusReply('x');

    await client.authorise();
    const second = await client.statusReply('x');

    expect([first.status, second.status]).toEqual([401, 401]);
  });

  shows(
    'refresh-token-dead',
    'answers refresh tokens with invalid_grant, client credentials as ever',
    async () => {
      const { client } = await open({ scenarios: ['refresh-token-dead'] });
      const { refresh_token = '' } = readToken(await client.tokenReply());

      const refreshed = await client.tokenReply({ grant_type: 'refresh_token', refresh_token });

      expect([refreshed.status, refreshed.text]).toEqual([400, expect.stringContaining('invalid_grant')]);
      expect((await client.tokenReply()).status).toBe(200);
    },
  );

  shows('scope-missing', 'answers 403 until the scope is granted and a new token fetched', async () => {
    const { client, simulator } = await opened('scope-missing:data:download:write');
    const missing = await client.submitReply();

    simulator.use([]);
    const oldToken = await client.submitReply();
    await client.authorise();
    const newToken = await client.submitReply();

    expect([missing.status, oldToken.status, newToken.status]).toEqual([403, 403, 201]);
    expect(readError(missing)).toMatchObject({
      errorCode: 'INSUFFICIENT_SCOPE',
      message: expect.stringContaining('data:download:write'),
    });
  });

  shows('token-throttled', 'throttles the token endpoint', async () => {
    const { client } = await open({ scenarios: ['token-throttled:1'] });

    const replies = await times(client, 2, () => client.tokenReply());

    expect(answers(replies)).toEqual([
      [429, '5'],
      [200, null],
    ]);
  });

  shows('token-endpoint-errors', 'fails the token endpoint', async () => {
    const { client } = await open({ scenarios: ['token-endpoint-errors:5'] });

    const replies = await times(client, 6, () => client.tokenReply());

    expect(replies.map((reply) => reply.status)).toEqual([500, 502, 503, 504, 500, 200]);
  });

  all();
});
