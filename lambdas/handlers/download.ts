import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { downloadPart } from '../export/download.ts';
import { DownloadPayload, DownloadResult } from '../model/payloads.ts';
import { dataDownloadOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Stores one part of a job as it is received. */
export const handler = lambdaHandler(
  { name: 'download', payload: DownloadPayload, result: DownloadResult },
  (payload, invocation) => {
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    const ports = { ledger: invocation, objects, dataDownload: dataDownloadOf(invocation, payload) };
    return downloadPart(ports, payload, payload);
  },
);
