import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { FetchExportPayload, FetchExportResult } from '../model/range-payloads.ts';
import { fetchPages } from '../paged-export/fetch.ts';
import { analyticsOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Stores the records of an export by day, page by page, for as long as it may work. */
export const handler = lambdaHandler(
  { name: 'fetch-export', payload: FetchExportPayload, result: FetchExportResult },
  (payload, invocation) => {
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET),
      analytics: analyticsOf(invocation, payload),
      remainingMilliseconds: invocation.remainingMilliseconds,
    };
    return fetchPages(ports, payload, payload);
  },
);
