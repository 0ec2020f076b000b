import { z } from 'zod';
import type { Family } from '../model/families.ts';
import { parsedJson, readText } from './answer.ts';
import { Secret } from './secret.ts';
import type { ClientCredentials } from './token-endpoint.ts';
import type { Transport } from './transport.ts';

/** What a family's token endpoint told of itself. The token itself is thrown away. */
export interface ProbedFamily {
  /** Scopes that were granted; undefined where CXone does not say. */
  granted: readonly string[] | undefined;
  /** What time it is there, epoch milliseconds, by the header `Date`; undefined without one. */
  date: number | undefined;
}

/** Bytes of a token's answer that are read at most. */
const ANSWER_BYTES = 256 * 1024;

const Granted = z.object({ access_token: z.string().min(1), scope: z.string().optional() });

/**
 * Asks a family's token endpoint for a token, as every run does, and keeps what it says of scopes and time. It changes nothing in
 * CXone, and takes no other token's place. Throws the errors of a call with credentials; undefined where the answer is none of a
 * token endpoint.
 */
export async function probeFamily(
  family: Family,
  transport: Transport,
  { clientId, clientSecret }: ClientCredentials,
): Promise<ProbedFamily | undefined> {
  const scope = family.scopes.join(' ');
  const answer = await transport.open({
    name: 'token',
    method: 'POST',
    url: new URL(`${family.baseUrl}${family.tokenPath}`),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: family.grant,
      ...(scope === '' ? {} : { scope }),
      client_id: clientId,
      client_secret: clientSecret.reveal(),
    }).toString(),
    authority: { kind: 'credentials', secrets: [clientSecret, new Secret(clientId)] },
  });
  const told = Granted.safeParse(parsedJson((await readText(answer.body, ANSWER_BYTES)) ?? ''));
  if (!told.success) return undefined;
  const date = Date.parse(answer.header('date') ?? '');
  return {
    granted: told.data.scope?.split(' ').filter((name) => name !== ''),
    date: Number.isNaN(date) ? undefined : date,
  };
}
