import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { endRound, showPreview } from '../data-actions/end-round.ts';
import { ReconcileUpdatesPayload, ReconcileUpdatesResult } from '../model/action-payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Compares the run's updates with the ledger: ends the run by name, or on a redrive sends what is left round again. */
export const handler = lambdaHandler(
  { name: 'reconcile-updates', payload: ReconcileUpdatesPayload, result: ReconcileUpdatesResult },
  (payload, invocation) => {
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET),
    };
    return payload.dryRun ? showPreview(ports, payload.run) : endRound(ports, payload);
  },
);
