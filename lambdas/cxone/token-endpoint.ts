import { z } from 'zod';
import type { Family } from '../model/families.ts';
import { Secret } from './secret.ts';
import type { Transport } from './transport.ts';

/** The client credentials of a tenant's service account. */
export interface ClientCredentials {
  clientId: string;
  clientSecret: Secret;
}

/** What a token endpoint granted. */
export interface Grant {
  accessToken: Secret;
  lifeMilliseconds: number;
  refreshToken?: Secret;
}

/** A family's token endpoint. */
export interface TokenEndpoint {
  withCredentials(credentials: ClientCredentials): Promise<Grant>;
  /** The refresh token is dead afterwards, whatever becomes of the answer. */
  withRefreshToken(credentials: ClientCredentials, refreshToken: Secret): Promise<Grant>;
}

/** A call of the token endpoint takes at most so long once it has its slot, whatever the family's time limits are. */
export const TOKEN_CALL_MILLISECONDS = 20_000;

const headerValue = z.string().regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');

const Granted = z
  .object({
    access_token: headerValue,
    expires_in: z.coerce.number().positive().max(31_536_000),
    refresh_token: headerValue.nullish().catch(undefined),
  })
  .transform(
    ({ access_token, expires_in, refresh_token }): Grant => ({
      accessToken: new Secret(access_token),
      lifeMilliseconds: Math.floor(expires_in * 1_000),
      ...(refresh_token ? { refreshToken: new Secret(refresh_token) } : {}),
    }),
  );

/** Makes the client of a family's token endpoint (section 1 of the API notes). */
export function createTokenEndpoint(family: Family, transport: Transport): TokenEndpoint {
  const grant = (credentials: ClientCredentials, form: Record<string, string>, secrets: readonly Secret[]) =>
    transport.json(
      {
        name: 'token',
        method: 'POST',
        url: new URL(`${family.baseUrl}${family.tokenPath}`),
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams({
          ...form,
          client_id: credentials.clientId,
          client_secret: credentials.clientSecret.reveal(),
        }).toString(),
        authority: {
          kind: 'credentials',
          secrets: [credentials.clientSecret, new Secret(credentials.clientId), ...secrets],
        },
        deadlineMilliseconds: TOKEN_CALL_MILLISECONDS,
      },
      Granted,
    );
  return {
    withCredentials: (credentials) => {
      const scope = family.scopes.join(' ');
      const form = { grant_type: family.grant, ...(scope === '' ? {} : { scope }) };
      return grant(credentials, form, []);
    },
    withRefreshToken: (credentials, refreshToken) =>
      grant(credentials, { grant_type: 'refresh_token', refresh_token: refreshToken.reveal() }, [
        refreshToken,
      ]),
  };
}
