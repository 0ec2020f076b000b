import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { planUpdates } from '../data-actions/plan.ts';
import { PlanUpdatesPayload, PlanUpdatesResult } from '../model/action-payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Validates and computes every update that a run is asked for, and leaves them as batches. */
export const handler = lambdaHandler(
  { name: 'plan-updates', payload: PlanUpdatesPayload, result: PlanUpdatesResult },
  (payload, invocation) => {
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    return planUpdates({ ledger: invocation, objects }, payload);
  },
);
