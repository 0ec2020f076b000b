import { kmsCipher } from '../aws/kms-cipher.ts';
import type { Analytics } from '../cxone/analytics.ts';
import {
  type Connection,
  connectAnalytics,
  connectDataDownload,
  type Repetition,
} from '../cxone/connection.ts';
import type { DataDownload } from '../cxone/data-download.ts';
import type { Family } from '../model/families.ts';
import type { Invocation } from './handler.ts';

/** What a function that calls a family is given. */
type CallingInvocation = Pick<
  Invocation<'submit'>,
  'tenant' | 'clients' | 'table' | 'clock' | 'random' | 'headers' | 'calls'
> & { environment: { FAMILY: Family; KEY_ARN: string; EGRESS_PROXY?: string | undefined } };

/** The data download API as a function reaches it: token from the ledger, one slot of the limiter a call, each call noted. */
export function dataDownloadOf(invocation: CallingInvocation, repetition: Repetition): DataDownload {
  return connectDataDownload(connectionOf(invocation), repetition);
}

/** The analytics exports API, likewise. */
export function analyticsOf(invocation: CallingInvocation, repetition: Repetition): Analytics {
  return connectAnalytics(connectionOf(invocation), repetition);
}

/** The way of a function to its family: for the client of the API that it calls. */
export function connectionOf(invocation: CallingInvocation): Connection {
  const { environment, clients, calls } = invocation;
  return {
    ...invocation,
    family: environment.FAMILY,
    cipher: kmsCipher(clients.kms, environment.KEY_ARN),
    proxy: environment.EGRESS_PROXY,
    onCall: (report) => calls.add(report),
  };
}
