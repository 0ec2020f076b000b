import { always, faulty, numbered, type Scenario, serverErrors, throttled, worded } from './scenario.ts';

/** Tokens and the endpoint that gives them. */
export const tokenScenarios: Readonly<Record<string, Scenario>> = {
  'token-short-life': always('Tokens live 60 seconds.', { token: { life: 60 } }),
  'token-life': numbered('seconds', 300, 'Tokens live so long.', (life) => ({ token: { life } })),
  'token-revoked': numbered(
    'calls',
    3,
    'The token is revoked once, after so many calls that used it.',
    (revokedAfter) => ({ token: { revokedAfter } }),
  ),
  'token-always-rejected': always('Every token is answered with 401.', { token: { alwaysRejected: true } }),
  'refresh-token-dead': always('Refresh tokens are answered with invalid_grant.', {
    token: { refreshDead: true },
  }),
  'scope-missing': worded('scope', 'data:download:read', 'A scope is not granted: 403.', (scope) => ({
    token: { withheld: [scope] },
  })),
  'token-throttled': faulty(
    'token-throttled',
    2,
    ['token'],
    throttled({ form: 'seconds', seconds: 5 }),
    'The token endpoint throttles.',
  ),
  'token-endpoint-errors': faulty(
    'token-endpoint-errors',
    2,
    ['token'],
    { act: 'answer', statuses: serverErrors, retryAfter: undefined, page: 'html' },
    'The token endpoint fails with 500, 502, 503, 504 in turn.',
  ),
};
