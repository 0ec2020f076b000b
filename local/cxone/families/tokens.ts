import { z } from 'zod';
import { type Grant, knownScopes } from '../access.ts';
import { type Answer, type Exchange, json } from '../exchange.ts';
import type { Family, Surroundings } from './family.ts';

const client = { client_id: z.string().min(1), client_secret: z.string().min(1) };
const tokenRequest = z.discriminatedUnion('grant_type', [
  z.strictObject({ grant_type: z.literal('client_credentials'), ...client, scope: z.string().optional() }),
  z.strictObject({ grant_type: z.literal('refresh_token'), ...client, refresh_token: z.string().min(1) }),
]);

/** OAuth 2.0 tokens (section 1 of the API), at the paths of all families; errors are those of RFC 6749, section 5.2. */
export function tokens(surroundings: Surroundings): Family {
  return {
    routes: [
      {
        family: 'token',
        kind: 'token',
        method: 'POST',
        path: /^\/(?:oauth\/token|api\/v2\/oauth2?\/token)$/,
        scope: undefined,
        foreign: false,
        day: () => undefined,
        admit: () => undefined,
        answer: (exchange) => answerToken(surroundings, exchange),
      },
    ],
    scenarioChanged: () => undefined,
  };
}

function answerToken({ access }: Surroundings, exchange: Exchange): Answer {
  const contentType = exchange.headers['content-type'] ?? '';
  if (!contentType.startsWith('application/x-www-form-urlencoded')) {
    return refused('invalid_request', 'the body has to be form-encoded');
  }
  const fields = Object.fromEntries(new URLSearchParams(exchange.body));
  const known = ['client_credentials', 'refresh_token'].includes(fields.grant_type ?? '');
  if (!known) {
    return refused('unsupported_grant_type', 'grant_type has to be client_credentials or refresh_token');
  }
  const parsed = tokenRequest.safeParse(fields);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return refused('invalid_request', problems.join('; '));
  }
  const request = parsed.data;
  if (!access.knows(request.client_id, request.client_secret)) {
    return refused('invalid_client', 'unknown client or wrong secret', 401);
  }
  if (request.grant_type === 'refresh_token') {
    const grant = access.refresh(request.refresh_token, request.client_id, exchange.now);
    return grant === undefined
      ? refused('invalid_grant', 'the refresh token is not valid any more')
      : granted(grant);
  }
  const scopes = request.scope?.split(' ').filter((scope) => scope !== '') ?? knownScopes;
  const unknown = scopes.filter((scope) => !knownScopes.includes(scope));
  if (unknown.length > 0) return refused('invalid_scope', `unknown scope ${unknown.join(' ')}`);
  return granted(access.issue(request.client_id, scopes, exchange.now));
}

function granted(grant: Grant): Answer {
  return json(
    200,
    {
      access_token: grant.accessToken,
      token_type: 'Bearer',
      expires_in: grant.expiresIn,
      scope: grant.scopes.join(' '),
      refresh_token: grant.refreshToken,
    },
    { 'cache-control': 'no-store' },
  );
}

function refused(error: string, description: string, status = 400): Answer {
  return json(status, { error, error_description: description }, { 'cache-control': 'no-store' });
}
