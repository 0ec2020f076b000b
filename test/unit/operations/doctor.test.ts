import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenTransport } from '../../../lambdas/cxone/connection.ts';
import { probeFamily } from '../../../lambdas/cxone/probe.ts';
import { Secret } from '../../../lambdas/cxone/secret.ts';
import type { Finding } from '../../../lambdas/model/doctor.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { type Family, resolveFamily } from '../../../lambdas/model/families.ts';
import type { Table } from '../../../lambdas/model/ports.ts';
import { examine } from '../../../lambdas/operations/doctor.ts';
import { openServer, type TestServer } from '../../support/http-server.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { windowLedger } from '../../support/window-ledger.ts';

const CREDENTIALS = { clientId: 'client', clientSecret: new Secret('kept-to-itself') };
const TOKEN = 'token-that-nobody-sees';

let stores: TestLedger;
let server: TestServer;
beforeAll(async () => {
  stores = await openLedger();
  server = await openServer();
});
afterAll(async () => {
  await server.close();
  await stores.close();
});

interface SetUp {
  table?: Table;
  checkHashKey?: () => Promise<unknown>;
  family?: Family;
  readSecret?: () => Promise<unknown>;
}

/** Examines a tenant with one family at the server of the test. */
async function examination({
  family = familyAt(server.url),
  readSecret,
  checkHashKey,
  table = stores.table,
}: SetUp = {}) {
  const { ledger, clock } = windowLedger(stores.table);
  const connection = {
    ...ledger,
    table,
    clock,
    family,
    cipher: { seal: async () => '', open: async () => '' },
    random: () => 0.5,
    headers: () => ({}),
    onCall: () => undefined,
  };
  return {
    clock,
    examined: await examine(
      {
        ledger,
        objects: memoryObjectStore(),
        readSecret: readSecret ?? (async () => CREDENTIALS),
        checkHashKey,
        probe: (one) => probeFamily(one, tokenTransport(connection), CREDENTIALS),
      },
      [family],
    ),
  };
}

function familyAt(url: string): Family {
  return resolveFamily('reporting', url, {
    timeouts: { connectSeconds: 1, responseSeconds: 5, idleSeconds: 5 },
  });
}

function granting(response: ServerResponse, now: number, scope = 'data:reporting:read', offset = 0): void {
  response
    .writeHead(200, { 'content-type': 'application/json', date: new Date(now + offset).toUTCString() })
    .end(JSON.stringify({ access_token: TOKEN, token_type: 'Bearer', expires_in: 3600, scope }));
}

const NOW = () => windowLedger(stores.table).clock.now();
const stateOf = (findings: readonly Finding[], check: Finding['check']) =>
  findings.find((finding) => finding.check === check);

describe('the doctor', () => {
  it('OPS-08 finds nothing wrong with a set-up that works', async () => {
    server.answer((_, response) => granting(response, NOW()));

    const { examined } = await examination();

    expect(examined.healthy).toBe(true);
    expect(examined.findings.map(({ check, state }) => `${check} ${state}`)).toEqual([
      'ledger ok',
      'lake ok',
      'secret ok',
      'connection ok',
      'scopes ok',
      'clock ok',
    ]);
  });

  it('OPS-08 names a secret that is not there, and still looks at the rest', async () => {
    const { examined } = await examination({
      readSecret: () =>
        Promise.reject(catalogued('CredentialsMissing', 'The secret cxone/acme cannot be used.')),
    });

    expect(examined.healthy).toBe(false);
    expect(stateOf(examined.findings, 'secret')).toMatchObject({
      state: 'failed',
      error: 'CredentialsMissing',
    });
    expect(stateOf(examined.findings, 'connection')).toMatchObject({ state: 'unknown' });
    expect(stateOf(examined.findings, 'lake')).toMatchObject({ state: 'ok' });
  });

  it.each([
    ['is there', async () => undefined, { state: 'ok' }],
    [
      'is missing',
      () => Promise.reject(catalogued('HashKeyMissing', 'The secret cannot be used.')),
      { state: 'failed', error: 'HashKeyMissing' },
    ],
    [
      'is another than before',
      () => Promise.reject(catalogued('HashKeyChanged', 'It is not the one that it was.')),
      { state: 'failed', error: 'HashKeyChanged' },
    ],
  ])('ALL-19 tells whether the hash key %s', async (_, checkHashKey, told) => {
    server.answer((_request, response) => granting(response, NOW()));

    const { examined } = await examination({ checkHashKey });

    expect(stateOf(examined.findings, 'hashKey')).toMatchObject(told);
    expect(examined.healthy).toBe(told.state === 'ok');
  });

  it('OPS-08 does not blame the network where the ledger refuses the slot of a call', async () => {
    server.answer((_, response) => granting(response, NOW()));
    const refused = new Error('not authorized to perform dynamodb:UpdateItem');

    const { examined } = await examination({
      table: { ...stores.table, update: () => Promise.reject(refused) },
    });

    expect(stateOf(examined.findings, 'connection')).toMatchObject({
      state: 'failed',
      error: 'AwsCallFailed',
      said: expect.stringContaining('not authorized'),
    });
  });

  it('OPS-08 names a wrong secret', async () => {
    server.answer((_, response) =>
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}'),
    );

    const { examined } = await examination();

    expect(stateOf(examined.findings, 'connection')).toMatchObject({ error: 'CredentialsRejected' });
  });

  it('OPS-08 names the scope that is missing', async () => {
    server.answer((_, response) => granting(response, NOW(), 'something:else'));

    const { examined } = await examination();

    expect(stateOf(examined.findings, 'scopes')).toMatchObject({ state: 'failed', error: 'ScopeMissing' });
    expect(stateOf(examined.findings, 'scopes')?.said).toContain('data:reporting:read');
  });

  it.each([
    ['behind', -600_000],
    ['ahead of', 600_000],
  ])('OPS-08 names a clock that is 10 minutes off: %s ours', async (words, offset) => {
    server.answer((_, response) => granting(response, NOW(), 'data:reporting:read', offset));

    const { examined } = await examination();

    expect(stateOf(examined.findings, 'clock')).toMatchObject({ state: 'failed', error: 'ClockOff' });
    expect(stateOf(examined.findings, 'clock')?.said).toContain(`600 s ${words} ours`);
  });

  it.each([
    ['a page that is not found', 404, '<html>Not found</html>'],
    ['a page that greets', 200, '<html>Welcome</html>'],
    ['JSON of something else', 200, '{"status":"up"}'],
  ])('OPS-08 names a wrong base URL: %s', async (_, status, body) => {
    server.answer((__, response) => response.writeHead(status).end(body));

    const { examined } = await examination();

    expect(stateOf(examined.findings, 'connection')).toMatchObject({
      state: 'failed',
      error: 'BaseUrlWrong',
    });
  });

  it('OPS-08 names a way out that is not there', async () => {
    const closed = await openServer();
    await closed.close();

    const { examined } = await examination({ family: familyAt(closed.url) });

    const connection = stateOf(examined.findings, 'connection');
    expect(connection).toMatchObject({ state: 'failed', error: 'EgressMissing' });
    expect(connection?.said.match(/\[[^\]]*\]/g)).toEqual(['[call=token code=ECONNREFUSED]']);
  });

  it('OPS-08 gives a cure with every failure, and shows neither secret nor token', async () => {
    server.answer((_, response) => granting(response, NOW(), 'something:else', 600_000));

    const { examined } = await examination();

    const failed = examined.findings.filter(({ state }) => state === 'failed');
    expect(failed).toHaveLength(2);
    for (const { cure } of failed) expect(cure).toBeTruthy();
    expect(JSON.stringify(examined)).not.toMatch(new RegExp(`${TOKEN}|kept-to-itself`));
  });
});
