import { afterAll, describe, expect, it } from 'vitest';
import { connectReporting, tokenPorts } from '../../../lambdas/cxone/connection.ts';
import { Secret } from '../../../lambdas/cxone/secret.ts';
import { obtainToken } from '../../../lambdas/cxone/tokens.ts';
import { readReading } from '../../../lambdas/ledger/readings.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { readReport } from '../../../lambdas/reports/read-report.ts';
import { fakeReporting } from '../../support/fake-reporting.ts';
import { json, openServer } from '../../support/http-server.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { readingUnderTest } from '../../support/report-reading.ts';
import { thrownBy } from '../../support/thrown.ts';
import { testCipher } from '../../support/token-cipher.ts';

const QUESTION = { reportId: 'agents', parameters: {}, intervalMinutes: 60 } as const;

const server = await openServer();
afterAll(() => server.close());

/** A report whose calls are answered with these statuses in turn, read by an invocation whose token has just been renewed. */
async function prepare(statuses: number[]) {
  const { ledger, clock, objects, claim } = readingUnderTest(memoryTable(), fakeReporting([]));
  server.answer(({ path }, response) => {
    if (path.includes('token')) return json(response, 200, { access_token: 'a-token', expires_in: 3600 });
    const status = statuses.shift() ?? 500;
    json(response, status, status === 200 ? { data: [], nextPageToken: `after-${statuses.length}` } : {});
  });
  const connection = {
    tenant: ledger.tenant,
    family: resolveFamily('reporting', server.url),
    table: ledger.table,
    cipher: testCipher,
    clock,
    random: () => 0.5,
    headers: () => ({}),
    onCall: () => {},
  };
  const credentials = { clientId: 'client', clientSecret: new Secret('client-secret') };
  await obtainToken(
    { tenant: ledger.tenant, family: 'reporting' },
    tokenPorts(connection, async () => credentials),
  );
  const claimed = await claim();
  const invoke = () => {
    const reporting = connectReporting(connection, { renewed: true, throttles: 0 });
    return readReport({ ledger, objects, reporting, mayGoOn: () => true }, claimed, 'export', QUESTION);
  };
  return { ledger, claimed, invoke };
}

describe('ALL-07 a token that is revoked while a report is read', () => {
  it('ALL-07 REP-02 is renewed once more where the renewed one has served: what came before is kept', async () => {
    const { ledger, claimed, invoke } = await prepare([200, 401]);

    const error = await thrownBy(invoke());

    expect(error.name).toBe('TokenRejected');
    expect((await readReading(ledger, claimed))?.requests).toBe(1);
  });

  it.each([
    ['at once', [401]],
    ['after a fault that says nothing of it', [503, 401]],
  ])('ALL-07 is final where the renewed one has never served, rejected %s', async (_, statuses) => {
    const { invoke } = await prepare([...statuses]);

    const errors = [];
    for (const _status of statuses) errors.push((await thrownBy(invoke())).name);

    expect(errors.at(-1)).toBe('TokenRejectedTwice');
  });

  it('ALL-07 never goes round: rejected again and again, it ends with the second in a row', async () => {
    const { invoke } = await prepare([200, 401, 401]);

    const errors = [(await thrownBy(invoke())).name, (await thrownBy(invoke())).name];

    expect(errors).toEqual(['TokenRejected', 'TokenRejectedTwice']);
  });
});
