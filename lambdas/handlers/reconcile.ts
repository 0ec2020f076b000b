import { executions } from '../aws/executions.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { windowListKey } from '../lake/keys.ts';
import { ReconcilePayload, ReconcileResult } from '../model/payloads.ts';
import { reconcile, windowsFailed } from '../planning/reconcile.ts';
import { lambdaHandler } from './handler.ts';

/** Compares the run's windows with the ledger: ends the run by name, or on a redrive sends what is unfinished round again. */
export const handler = lambdaHandler(
  { name: 'reconcile', payload: ReconcilePayload, result: ReconcileResult },
  async (payload, invocation) => {
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    const { committed, alreadyRunning, pinned, unfinished } = await reconcile(
      { ledger: invocation, objects, hasEnded: executions(invocation.clients.sfn).hasEnded },
      // The run's whole list, not a later round's: what another run held in one round may have been left by the next.
      { run: payload.run, listKey: windowListKey(invocation.tenant, payload.pipeline, payload.run, 0) },
    );
    if (unfinished.length === 0) return { outcome: 'complete' as const, committed, alreadyRunning, pinned };
    if (payload.redrive <= payload.round) throw await windowsFailed(invocation, payload.run, unfinished);
    const listKey = windowListKey(invocation.tenant, payload.pipeline, payload.run, payload.redrive);
    await objects.writeText(listKey, JSON.stringify(unfinished), 'application/json');
    return { outcome: 'again' as const, windows: unfinished.length, listKey };
  },
);
