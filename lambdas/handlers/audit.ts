import { auditWindow } from '../audit/window-commits.ts';
import { kmsMac } from '../aws/kms-mac.ts';
import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { withdrawDelivery } from '../ledger/later-steps.ts';
import { AuditPayload, AuditResult } from '../model/later-payloads.ts';
import { lambdaHandler } from './handler.ts';

/** Adds a window's commits to the audit chain of its pipeline. */
export const handler = lambdaHandler(
  { name: 'audit', payload: AuditPayload, result: AuditResult },
  async (payload, invocation) => {
    const { LAKE_BUCKET, AUDIT_KEY_ARN, AUDIT_LOCK_DAYS } = invocation.environment;
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, LAKE_BUCKET),
      mac: kmsMac(invocation.clients.kms, AUDIT_KEY_ARN),
      lockDays: AUDIT_LOCK_DAYS,
    };
    const audited = await auditWindow(ports, payload);
    // A webhook that is configured no longer gets nothing, and no window waits for it.
    if (!payload.delivers) await withdrawDelivery(invocation, payload);
    return audited;
  },
);
