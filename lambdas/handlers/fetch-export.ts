import { join } from 'node:path';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { FetchExportPayload, FetchExportResult } from '../model/range-payloads.ts';
import { fetchPages } from '../paged-export/fetch.ts';
import { fetchFile } from '../paged-export/fetch-file.ts';
import { analyticsOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Stores the records of an export by day, page by page for as long as it may work, or out of its file. */
export const handler = lambdaHandler(
  { name: 'fetch-export', payload: FetchExportPayload, result: FetchExportResult },
  ({ mapping, format, ...payload }, invocation) => {
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET),
      analytics: analyticsOf(invocation, payload),
      remainingMilliseconds: invocation.remainingMilliseconds,
    };
    const window = mapping.columns.find(({ column }) => column === mapping.windowColumn);
    const instantPaths = window === undefined ? [] : [window.source, ...window.aliases];
    if (format === 'json') return fetchPages(ports, payload, { ...payload, instantPaths });
    const folder = join(invocation.temporaryFolder, 'result');
    return fetchFile(ports, payload, { ...payload, format, mapping, instantPaths, folder });
  },
);
