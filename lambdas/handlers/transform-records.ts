import { join } from 'node:path';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { transformStoredRecords } from '../export/transform-records.ts';
import { TransformRecordsPayload, TransformRecordsResult } from '../model/record-payloads.ts';
import { lambdaHandler } from './handler.ts';
import { hashKeyOf } from './hash-key.ts';

/** Makes a generation of the records that were stored for the window. */
export const handler = lambdaHandler(
  { name: 'transform-records', payload: TransformRecordsPayload, result: TransformRecordsResult },
  async (payload, invocation) => {
    const { LAKE_BUCKET, MEMORY_MEGABYTES, DISK_MEGABYTES } = invocation.environment;
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, LAKE_BUCKET),
      clock: invocation.clock,
    };
    const facts = await transformStoredRecords(ports, payload, {
      attempt: payload.attempt,
      task: payload.task,
      settings: payload.settings,
      privacyKey: await hashKeyOf(invocation, payload.settings.hashKey),
      workFolder: join(invocation.temporaryFolder, 'window'),
      memoryLimitMegabytes: MEMORY_MEGABYTES,
      diskLimitMegabytes: DISK_MEGABYTES,
    });
    return { facts };
  },
);
