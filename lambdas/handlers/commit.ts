import { commitGeneration, keepAdhoc } from '../ledger/commits.ts';
import { CommitPayload, CommitResult } from '../model/payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Makes a generation the window's current one in the ledger: the first step of a commit, and the only one of an ad hoc export. */
export const handler = lambdaHandler(
  { name: 'commit', payload: CommitPayload, result: CommitResult },
  (payload, invocation) => {
    const { task, attempt, facts, deliver, submittedAt, restateDays, settleMinutes } = payload;
    if (task === 'adhoc') return keepAdhoc(invocation, payload, facts);
    const kind = task === 'replay' ? 'replay' : 'commit';
    const asked = typeof submittedAt === 'string' ? { submittedAt: Date.parse(submittedAt) } : {};
    return commitGeneration(invocation, payload, facts, {
      kind,
      attempt,
      deliver,
      lateRows: { restateDays, settleMinutes },
      ...asked,
    });
  },
);
