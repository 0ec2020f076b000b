import { executions } from '../aws/executions.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { RollBackPayload, RollBackResult } from '../model/operations.ts';
import { rollBack } from '../operations/rollback.ts';
import { lambdaHandler } from './handler.ts';

/** Makes an earlier generation of a window current in the ledger, and pins it: the first step of a rollback's commit. */
export const handler = lambdaHandler(
  { name: 'roll-back', payload: RollBackPayload, result: RollBackResult },
  (payload, invocation) => {
    const objects = s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET);
    return rollBack({ ledger: invocation, objects }, payload, executions(invocation.clients.sfn).hasEnded);
  },
);
