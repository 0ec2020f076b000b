import type { AuditPorts } from '../../lambdas/audit/chain.ts';
import { type AuditVerdict, verifyAudit } from '../../lambdas/audit/verify.ts';
import { clientsFor } from '../../lambdas/aws/clients.ts';
import { dynamoTable } from '../../lambdas/aws/dynamo-table.ts';
import { kmsMac } from '../../lambdas/aws/kms-mac.ts';
import { s3ObjectStore } from '../../lambdas/aws/s3-object-store.ts';
import type { DatasetId, TenantId } from '../../lambdas/model/ids.ts';
import { PipelineName } from '../../lambdas/model/pipelines.ts';
import { surroundings } from '../../lambdas/model/surroundings.ts';
import { openLake } from './data-folder.ts';
import { CommandRefused, EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';

/** Whose chains, and where. */
export interface AuditRequest {
  data: string;
  tenant?: TenantId;
  pipeline?: PipelineName;
  /** One JSON document instead of lines for people. */
  json?: boolean;
  /** A lake on AWS instead of the data folder, reached with the caller's own credentials: three outputs of the lake's stack, all or none. */
  ledgerTable?: string;
  bucket?: string;
  auditKey?: string;
}

interface Chain {
  tenant: TenantId;
  pipeline: PipelineName;
  verdict: AuditVerdict;
}

/** Verifies audit chains and says which records are wrong. Exit code 0 where all are intact, 1 where one is not. */
export async function verifyChains(request: AuditRequest, outputs: Outputs): Promise<ExitCode> {
  const { ledgerTable, bucket, auditKey } = request;
  const outside = [ledgerTable, bucket, auditKey].some((given) => given !== undefined);
  const chains = outside ? await onAws(request) : await inFolder(request);
  if (request.json) outputs.out.line(JSON.stringify({ chains }));
  else for (const chain of chains) describe(chain, outputs);
  if (chains.length === 0) outputs.err.line('There is no audit record yet.');
  return chains.some(({ verdict }) => verdict.findings.length > 0) ? EXIT.failed : EXIT.done;
}

async function inFolder(request: AuditRequest): Promise<Chain[]> {
  await using lake = await openLake(request.data);
  const tenants = [...lake.ledgers].filter(([tenant]) => (request.tenant ?? tenant) === tenant);
  if (tenants.length === 0)
    throw new CommandRefused([`The folder ${request.data} has no tenant ${request.tenant}.`]);
  const chains: Chain[] = [];
  for (const [, ledger] of tenants)
    chains.push(
      ...(await verified({ ledger, objects: lake.objects, mac: lake.mac }, request, lake.datasets)),
    );
  return chains;
}

async function onAws(request: AuditRequest): Promise<Chain[]> {
  const { tenant, ledgerTable, bucket, auditKey } = request;
  if (tenant === undefined || ledgerTable === undefined || bucket === undefined || auditKey === undefined)
    throw new CommandRefused([
      'A lake on AWS takes --ledger-table, --bucket, --audit-key and --tenant together.',
    ]);
  const { env, clock } = surroundings();
  const { s3, dynamodb, kms } = clientsFor(env);
  const ports = {
    ledger: { table: dynamoTable(dynamodb, ledgerTable), tenant, clock },
    objects: s3ObjectStore(s3, bucket),
    mac: kmsMac(kms, auditKey),
  };
  return verified(ports, request, []);
}

async function verified(
  ports: AuditPorts,
  { pipeline }: AuditRequest,
  datasets: readonly DatasetId[],
): Promise<Chain[]> {
  const chains: Chain[] = [];
  for (const one of pipeline === undefined ? PipelineName.options : [pipeline]) {
    const verdict = await verifyAudit(ports, one, datasets);
    const empty = verdict.records === 0 && verdict.findings.length === 0;
    if (!empty) chains.push({ tenant: ports.ledger.tenant, pipeline: one, verdict });
  }
  return chains;
}

function describe({ tenant, pipeline, verdict }: Chain, { out }: Outputs): void {
  const { records, pending, findings } = verdict;
  const waiting = pending === 0 ? '' : `, ${pending} not anchored yet: the next record does it`;
  const state = findings.length === 0 ? out.paint('green', 'intact') : out.paint('red', 'NOT intact');
  out.line(`${tenant} ${pipeline}: ${records} record${records === 1 ? '' : 's'}, ${state}${waiting}`);
  for (const { record, problem, place, sentence } of findings)
    out.line(`  record ${record}: ${problem} (${place}). ${sentence}`);
}
