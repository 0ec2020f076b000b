import { kmsCipher } from '../aws/kms-cipher.ts';
import { connectDataDownload } from '../cxone/connection.ts';
import type { DataDownload } from '../cxone/data-download.ts';
import type { Invocation } from './handler.ts';

/** The data download API as a function reaches it: token from the ledger, one slot of the limiter a call, each call noted. */
export function dataDownloadOf(
  invocation: Invocation<'submit' | 'poll' | 'download'>,
  repetition: { renewed: boolean; throttles: number },
): DataDownload {
  const { environment, clients, calls } = invocation;
  return connectDataDownload(
    {
      ...invocation,
      family: environment.FAMILY,
      cipher: kmsCipher(clients.kms, environment.KEY_ARN),
      proxy: environment.EGRESS_PROXY,
      onCall: ({ status, throttledMilliseconds }) =>
        calls.add({ status: status ?? 0, throttledMilliseconds }),
    },
    repetition,
  );
}
