import type { ServerResponse } from 'node:http';
import { afterAll, beforeEach } from 'vitest';
import { readAccessToken } from '../../../lambdas/cxone/access-token.ts';
import { type Connection, tokenPorts } from '../../../lambdas/cxone/connection.ts';
import { fingerprintOf, Secret } from '../../../lambdas/cxone/secret.ts';
import { obtainToken } from '../../../lambdas/cxone/tokens.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { TenantId, type TokenFingerprint } from '../../../lambdas/model/ids.ts';
import type { Table } from '../../../lambdas/model/ports.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { json, openServer, type SeenRequest, type TestServer } from '../../support/http-server.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { testCipher } from '../../support/token-cipher.ts';

export const NOW = Date.parse('2026-03-01T10:00:00.000Z');
export const OWNER = { tenant: TenantId.parse('acme'), family: 'dataDownload' } as const;
export const CLIENT_SECRET = 'client-secret-4b1f0c77e2';

/** The token endpoint. */
export const server: TestServer = await openServer();
afterAll(() => server.close());

/** What it granted was asked for with these forms, in the test under way. */
export const forms: URLSearchParams[] = [];
beforeEach(() => {
  forms.length = 0;
});

/** Answers as a token endpoint does: `access-1` with `refresh-1`, then `access-2`, … */
export function grant({ seconds = 3_600, refresh = true } = {}) {
  return (request: SeenRequest, response: ServerResponse) => {
    forms.push(new URLSearchParams(request.body));
    const issued = forms.length;
    json(response, 200, {
      access_token: `access-${issued}-0123456789`,
      token_type: 'Bearer',
      expires_in: seconds,
      ...(refresh ? { refresh_token: `refresh-${issued}-0123456789` } : {}),
    });
  };
}

/** A tenant whose ledger is empty, and the ways to its token. */
export function prepare(table: Table = memoryTable()) {
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

/** The fingerprint of the n-th token that was granted. */
export const fingerprint = (number: number) => fingerprintOf(new Secret(`access-${number}-0123456789`));
/** The grants that were asked for. */
export const grants = () => forms.map((form) => form.get('grant_type'));

/** Sets the clock so that so many milliseconds of the first token are left. */
export function leave(clock: FakeClock, milliseconds: number, life = 3_600_000): void {
  clock.set(NOW + life - milliseconds);
}
