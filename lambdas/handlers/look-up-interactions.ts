import { lookUp } from '../archive/look-up.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { connectInteractions } from '../cxone/connection.ts';
import { ArchiveDetailsPayload, ArchiveDetailsResult } from '../model/archive-payloads.ts';
import { connectionOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** A call with its retries, and the writing of what was found, are done within this time. */
const LAST_CALL_MILLISECONDS = 120_000;

/** Looks up the interactions of a batch. */
export const handler = lambdaHandler(
  { name: 'look-up-interactions', payload: ArchiveDetailsPayload, result: ArchiveDetailsResult },
  (payload, invocation) => {
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET),
      interactions: connectInteractions(connectionOf(invocation), payload),
      random: invocation.random,
      goesOn: () => invocation.remainingMilliseconds() > LAST_CALL_MILLISECONDS,
      note: (finding: object) => invocation.log.warn('An interaction cannot be had.', { ...finding }),
    };
    return lookUp(ports, payload);
  },
);
