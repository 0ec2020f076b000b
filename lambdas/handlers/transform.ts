import { join } from 'node:path';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { transformAttempt } from '../export/transform.ts';
import { TransformPayload, TransformResult } from '../model/payloads.ts';
import { lambdaHandler } from './handler.ts';
import { hashKeyOf } from './hash-key.ts';

/** Makes a generation of the window's stored parts. */
export const handler = lambdaHandler(
  { name: 'transform', payload: TransformPayload, result: TransformResult },
  async (payload, invocation) => {
    const { LAKE_BUCKET, MEMORY_MEGABYTES, DISK_MEGABYTES } = invocation.environment;
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, LAKE_BUCKET),
      clock: invocation.clock,
    };
    return transformAttempt(ports, payload, {
      attempt: payload.attempt,
      task: payload.task,
      fetch: payload.fetch,
      settings: payload.settings,
      privacyKey: await hashKeyOf(invocation, payload.settings.hashKey),
      workFolder: join(invocation.temporaryFolder, 'window'),
      memoryLimitMegabytes: MEMORY_MEGABYTES,
      diskLimitMegabytes: DISK_MEGABYTES,
    });
  },
);
