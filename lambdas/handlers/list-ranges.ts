import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { ListRangesPayload, ListRangesResult } from '../model/range-payloads.ts';
import { listRanges } from '../planning/ranges.ts';
import { lambdaHandler } from './handler.ts';

/** Lists the ranges of days that a run's windows are exported in: all at first, then the halves of those that were too large. */
export const handler = lambdaHandler(
  { name: 'list-ranges', payload: ListRangesPayload, result: ListRangesResult },
  async (payload, invocation) => {
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    const listed = await listRanges({ ledger: invocation, objects }, payload);
    return { ...listed, lists: payload.lists + 1 };
  },
);
