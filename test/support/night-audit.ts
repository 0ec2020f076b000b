import { expect } from 'vitest';
import { readRecords } from '../../lambdas/audit/chain.ts';
import { verifyAudit } from '../../lambdas/audit/verify.ts';
import { kmsMac } from '../../lambdas/aws/kms-mac.ts';
import { AuditRecord } from '../../lambdas/model/audit.ts';
import type { DatasetId } from '../../lambdas/model/ids.ts';
import type { PipelineName } from '../../lambdas/model/pipelines.ts';
import type { StoredNight } from './night.ts';
import { storesOf } from './night-findings.ts';

/** What the chain of a pipeline says has happened to a dataset of it, in its order. The chain is found intact. */
export async function auditedKinds(
  night: StoredNight,
  pipeline: PipelineName,
  dataset: DatasetId,
): Promise<string[]> {
  const { clients, ledger, objects } = storesOf(night);
  const key = night.platform.assembly.functions.find(({ environment }) => environment.AUDIT_KEY_ARN);
  const ports = { ledger, objects, mac: kmsMac(clients.kms, key?.environment.AUDIT_KEY_ARN ?? '') };
  const stored = await Array.fromAsync(readRecords(ledger, pipeline));
  const verdict = await verifyAudit(ports, pipeline, [dataset]);
  expect(verdict).toEqual({ records: stored.length, pending: 0, findings: [] });
  return stored.map(({ text }) => AuditRecord.parse(JSON.parse(text)).event.kind);
}
