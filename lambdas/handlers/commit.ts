import { commitGeneration } from '../ledger/commits.ts';
import { CommitPayload, CommitResult } from '../model/payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Makes a generation the window's current one in the ledger: the first step of a commit. */
export const handler = lambdaHandler(
  { name: 'commit', payload: CommitPayload, result: CommitResult },
  (payload, invocation) => commitGeneration(invocation, payload, payload.facts),
);
