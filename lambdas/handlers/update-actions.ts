import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { connectDataActions } from '../cxone/connection.ts';
import { updateRunBatch } from '../data-actions/run-batch.ts';
import { UpdateActionsPayload, UpdateActionsResult } from '../model/action-payloads.ts';
import { connectionOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Works a batch of updates off, as far as time allows. */
export const handler = lambdaHandler(
  { name: 'update-actions', payload: UpdateActionsPayload, result: UpdateActionsResult },
  (payload, invocation) =>
    updateRunBatch(
      {
        ...invocation,
        ledger: invocation,
        objects: s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET),
        dataActions: connectDataActions(connectionOf(invocation), payload),
      },
      payload,
    ),
);
