import { commitGeneration, keepAdhoc } from '../ledger/commits.ts';
import { CommitPayload, CommitResult } from '../model/payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Makes a generation the window's current one in the ledger: the first step of a commit, and the only one of an ad hoc export. */
export const handler = lambdaHandler(
  { name: 'commit', payload: CommitPayload, result: CommitResult },
  (payload, invocation) => {
    const commit = payload.task === 'adhoc' ? keepAdhoc : commitGeneration;
    return commit(invocation, payload, payload.facts);
  },
);
