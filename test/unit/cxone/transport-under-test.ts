import { afterAll, beforeEach } from 'vitest';
import { z } from 'zod';
import { dispatcherFor } from '../../../lambdas/cxone/dispatcher.ts';
import { fingerprintOf, Secret } from '../../../lambdas/cxone/secret.ts';
import {
  type Authority,
  type Call,
  type CallReport,
  createTransport,
} from '../../../lambdas/cxone/transport.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { openServer, type TestServer } from '../../support/http-server.ts';

export const NOW = '2026-03-01T10:00:00.000Z';
/** The access token that no message may show. */
export const SECRET = 'tok-5f2c9a7be1d34c68a0b1';
export const value = new Secret(SECRET);
export const token = { value, fingerprint: fingerprintOf(value), expiresAt: Date.parse(NOW) + 3_600_000 };
export const bearer: Authority = { kind: 'bearer', token, renewed: false };
export const Anything = z.looseObject({});

/** Where the calls go. */
export const server: TestServer = await openServer();
afterAll(() => server.close());

/** What the transport reported, in the test under way. */
export const reports: CallReport[] = [];
/** The pauses that it asked of the limiter. */
export const pauses: number[] = [];
beforeEach(() => {
  reports.length = 0;
  pauses.length = 0;
});

interface Surrounding {
  throttles?: number;
  random?: number;
  baseUrl?: string;
  take?: () => Promise<void>;
  pause?: (until: number) => Promise<void>;
}

/** The transport under test, with a limiter that always has a slot unless the test says otherwise. */
export function transport({ throttles = 0, random = 0.5, baseUrl, take, pause }: Surrounding = {}) {
  const family = resolveFamily('dataDownload', baseUrl ?? server.url);
  const clock = fakeClock(NOW);
  return createTransport(
    { family, throttles },
    {
      dispatcher: dispatcherFor(family.timeouts),
      limiter: {
        take: take ?? (async () => undefined),
        pause:
          pause ??
          (async (until) => {
            pauses.push(until);
          }),
      },
      clock,
      random: () => random,
      headers: () => ({ 'x-simulated-time': NOW }),
      onCall: (report) => reports.push(report),
    },
  );
}

/** A call of the server with the token, changed as the test says. */
export const call = (rest: Partial<Call> = {}): Call => ({
  name: 'submit',
  method: 'GET',
  url: new URL('/path', server.url),
  authority: bearer,
  ...rest,
});

export const renewed: Authority = { ...bearer, renewed: true };
export const credentials: Authority = { kind: 'credentials', secrets: [value] };
export const none: Authority = { kind: 'none' };
export const HTML = '<html><body>gate</body></html>';
