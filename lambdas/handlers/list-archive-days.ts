import { listArchiveDays } from '../archive/days.ts';
import { readRequest } from '../archive/request.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { ArchiveDaysPayload, ArchiveDaysResult } from '../model/archive-payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Lists the archive days that a run seals and marks. */
export const handler = lambdaHandler(
  { name: 'list-archive-days', payload: ArchiveDaysPayload, result: ArchiveDaysResult },
  async (payload, invocation) => {
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    const request = await readRequest(objects, invocation.tenant, payload.run);
    return listArchiveDays({ ledger: invocation, objects }, payload, request);
  },
);
