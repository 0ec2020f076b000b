import { interactionsFailed, isUnfinished, reconcileArchive } from '../archive/reconcile.ts';
import { readRequest } from '../archive/request.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { ArchiveReconcilePayload, ArchiveReconcileResult } from '../model/archive-payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Writes the completion report and raises the mark; ends the run by name, or on a redrive sends what is unfinished round again. */
export const handler = lambdaHandler(
  { name: 'reconcile-archive', payload: ArchiveReconcilePayload, result: ArchiveReconcileResult },
  async (payload, invocation) => {
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    const request = await readRequest(objects, invocation.tenant, payload.run);
    const startedAt = Date.parse(payload.startTime);
    const outcome = await reconcileArchive({ ledger: invocation, objects }, payload, request, startedAt);
    const { report, elsewhere } = outcome;
    if (!isUnfinished(outcome))
      return { outcome: 'complete' as const, archived: report.archived, elsewhere: elsewhere.length };
    if (payload.redrive <= payload.round) throw interactionsFailed(outcome);
    return { outcome: 'again' as const };
  },
);
