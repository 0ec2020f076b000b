import { afterAll, beforeEach } from 'vitest';
import { authorizedCalls } from '../../../lambdas/cxone/authorized-calls.ts';
import { createDataDownload } from '../../../lambdas/cxone/data-download.ts';
import { dispatcherFor } from '../../../lambdas/cxone/dispatcher.ts';
import type { JobFile } from '../../../lambdas/cxone/job-status.ts';
import { fingerprintOf, Secret } from '../../../lambdas/cxone/secret.ts';
import { createTransport } from '../../../lambdas/cxone/transport.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { JobId } from '../../../lambdas/model/ids.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { openServer, type TestServer } from '../../support/http-server.ts';

/** The access token that no other host may see. */
export const SECRET = 'tok-5f2c9a7be1d34c68a0b1';
const value = new Secret(SECRET);
export const token = { value, fingerprint: fingerprintOf(value), expiresAt: 0 };
export const JOB = JobId.parse('job/1 ü');

/** The family’s own host. */
export const own: TestServer = await openServer();
/** Another host. */
export const foreign: TestServer = await openServer();
afterAll(() => Promise.all([own.close(), foreign.close()]));

/** The tokens that were discarded, in the test under way. */
export const discarded: string[] = [];
beforeEach(() => {
  discarded.length = 0;
});

/** The client under test, with a token and a slot for each call. */
export function client({
  downloadHosts = [] as string[],
  renewed = false,
  baseUrl = own.url,
  discardFails = false,
} = {}) {
  const family = resolveFamily('dataDownload', baseUrl, { downloadHosts });
  const transport = createTransport(
    { family, throttles: 0 },
    {
      dispatcher: dispatcherFor(family.timeouts),
      limiter: { take: async () => undefined, pause: async () => undefined },
      clock: fakeClock('2026-03-01T10:00:00.000Z'),
      random: () => 0,
      headers: () => ({}),
      onCall: () => undefined,
    },
  );
  const tokens = {
    read: async () => token,
    discard: async (fingerprint: string) => {
      if (discardFails) throw new Error('the ledger is away');
      discarded.push(fingerprint);
    },
  };
  return createDataDownload(family, { transport, calls: authorizedCalls(transport, tokens, renewed) });
}

/** A part at an address. */
export const part = (url: string): JobFile => ({ part: 1, fileName: 'part001.csv', bytes: 10, url });
export const OWN_PART = '/api/v2/data/download/requests/r1/file?part=1';

export const request = {
  reportId: 'default',
  day: Day.parse('2024-05-15'),
  columns: ['CallId', 'StartTime'],
  format: 'csv',
} as const;
