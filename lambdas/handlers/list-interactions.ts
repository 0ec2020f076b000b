import { listInteractions } from '../archive/listing.ts';
import { readRequest } from '../archive/request.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { connectInteractions } from '../cxone/connection.ts';
import { ArchiveListPayload, ArchiveListResult } from '../model/archive-payloads.ts';
import { connectionOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** A page, and the list's writing, are done within this time. */
const LAST_PAGE_MILLISECONDS = 240_000;

/** Lists the interactions that a run is to look up. */
export const handler = lambdaHandler(
  { name: 'list-interactions', payload: ArchiveListPayload, result: ArchiveListResult },
  async (payload, invocation) => {
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    const ports = {
      ledger: invocation,
      objects,
      interactions: connectInteractions(connectionOf(invocation), payload),
      goesOn: () => invocation.remainingMilliseconds() > LAST_PAGE_MILLISECONDS,
    };
    return listInteractions(ports, payload, await readRequest(objects, invocation.tenant, payload.run));
  },
);
