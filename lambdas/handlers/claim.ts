import { executions } from '../aws/executions.ts';
import { claimWindow } from '../ledger/windows.ts';
import { ClaimPayload, ClaimResult } from '../model/payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Claims a window for the run, unless it is done or another living run holds it. */
export const handler = lambdaHandler(
  { name: 'claim', payload: ClaimPayload, result: ClaimResult },
  async (payload, invocation) => {
    const claimed = await claimWindow(invocation, payload, executions(invocation.clients.sfn).hasEnded);
    switch (claimed.outcome) {
      case 'claimed':
      case 'alreadyRunning':
      case 'pinned':
        return claimed;
      case 'alreadyCommitted':
        return { outcome: claimed.outcome, generation: claimed.generation };
    }
  },
);
