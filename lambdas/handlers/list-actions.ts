import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { connectDataActions } from '../cxone/connection.ts';
import { listActions } from '../data-actions/listing.ts';
import { ListActionsPayload, ListActionsResult } from '../model/action-payloads.ts';
import { connectionOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Reads the list of the tenant's data actions, once a round of the run. */
export const handler = lambdaHandler(
  { name: 'list-actions', payload: ListActionsPayload, result: ListActionsResult },
  (payload, invocation) => {
    const { clients, environment, tenant, remainingMilliseconds } = invocation;
    const objects = s3ObjectStore(clients.s3, environment.LAKE_BUCKET);
    const dataActions = connectDataActions(connectionOf(invocation), payload);
    return listActions(
      { objects, dataActions, remainingMilliseconds },
      { ...payload, owner: { tenant, run: payload.run } },
    );
  },
);
