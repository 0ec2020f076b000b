import { markDay } from '../archive/mark-day.ts';
import { readRequest } from '../archive/request.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { connectInteractions } from '../cxone/connection.ts';
import { ArchiveMarkPayload, ArchiveMarkResult } from '../model/archive-payloads.ts';
import { connectionOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** A stretch of marks with their retries, and the count of the day, are done within this time. */
const LAST_STRETCH_MILLISECONDS = 300_000;

/** Marks the archived interactions of a day in CXone. */
export const handler = lambdaHandler(
  { name: 'mark-archive-day', payload: ArchiveMarkPayload, result: ArchiveMarkResult },
  async (payload, invocation) => {
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    const { mode } = await readRequest(objects, invocation.tenant, payload.run);
    const ports = {
      ledger: invocation,
      interactions: connectInteractions(connectionOf(invocation), payload),
      random: invocation.random,
      goesOn: () => invocation.remainingMilliseconds() > LAST_STRETCH_MILLISECONDS,
      note: (finding: object) => invocation.log.warn('An interaction cannot be marked.', { ...finding }),
    };
    const after = payload.after === '' ? undefined : payload.after;
    return markDay(ports, payload, { ...payload, after, insists: mode === 'pending' });
  },
);
