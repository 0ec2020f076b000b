import { kmsMac } from '../aws/kms-mac.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { auditBatch } from '../data-actions/audit-batch.ts';
import { readBatch } from '../data-actions/run-objects.ts';
import { AuditUpdatesPayload, AuditUpdatesResult } from '../model/action-payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Adds a batch's updates of data actions to the audit chain of the pipeline. */
export const handler = lambdaHandler(
  { name: 'audit-updates', payload: AuditUpdatesPayload, result: AuditUpdatesResult },
  async (payload, invocation) => {
    const { LAKE_BUCKET, AUDIT_KEY_ARN, AUDIT_LOCK_DAYS } = invocation.environment;
    const objects = s3ObjectStore(invocation.clients.s3, LAKE_BUCKET);
    const ports = {
      ledger: invocation,
      objects,
      mac: kmsMac(invocation.clients.kms, AUDIT_KEY_ARN),
      lockDays: AUDIT_LOCK_DAYS,
    };
    return auditBatch(ports, payload.run, await readBatch(objects, payload.key));
  },
);
