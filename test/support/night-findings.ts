import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { DuckDBInstance } from '@duckdb/node-api';
import { z } from 'zod';
import { type AuditVerdict, verifyAudit } from '../../lambdas/audit/verify.ts';
import { clientsFor } from '../../lambdas/aws/clients.ts';
import { dynamoTable } from '../../lambdas/aws/dynamo-table.ts';
import { glueCatalog } from '../../lambdas/aws/glue-catalog.ts';
import { kmsMac } from '../../lambdas/aws/kms-mac.ts';
import { s3ObjectStore } from '../../lambdas/aws/s3-object-store.ts';
import { currentKey, generationPrefix, runRecordKey, windowPrefix } from '../../lambdas/lake/keys.ts';
import { type Marks, readMarks } from '../../lambdas/ledger/marks.ts';
import type { WindowState } from '../../lambdas/ledger/window-state.ts';
import { readWindow } from '../../lambdas/ledger/windows.ts';
import { Day } from '../../lambdas/model/days.ts';
import { type DatasetId, GenerationId, type RunArn, type TenantId } from '../../lambdas/model/ids.ts';
import { CDR_DATASET as DATASET } from '../../lambdas/model/payloads.ts';
import { PipelineName } from '../../lambdas/model/pipelines.ts';
import { RunRecord } from '../../lambdas/model/run-record.ts';
import { usualColumns } from '../../local/cxone/index.ts';
import { type StoredNight, TENANT } from './night.ts';

const Current = z.looseObject({
  generation: GenerationId,
  manifest: z.looseObject({
    window: z.looseObject({
      files: z.array(z.looseObject({ key: z.string(), format: z.string(), rows: z.number() })),
      quarantineKeys: z.array(z.string()),
    }),
  }),
});

/** A committed row by CXone's names of the columns, as text; an empty text where there is no value. */
export type ReadRow = Readonly<Record<string, string>>;

/** The stores of a night, opened as its functions open them. */
export function storesOf(night: StoredNight, tenant: TenantId = night.tenant ?? TENANT) {
  const { aws, assembly, bucket, clock } = night.platform;
  const clients = clientsFor(aws.environment);
  const table = dynamoTable(clients.dynamodb, assembly.tables[0]?.name ?? '');
  const database =
    assembly.databases.find(({ name }) => name.endsWith(`_${tenant.replaceAll('-', '_')}`))?.name ?? '';
  return {
    clients,
    objects: s3ObjectStore(clients.s3, bucket),
    ledger: { table, tenant, clock },
    catalog: glueCatalog(clients.glue, database),
    tableName: assembly.tables[0]?.name ?? '',
  };
}

/** The window's item in the ledger. */
export function windowOf(
  night: StoredNight,
  day: string,
  tenant: TenantId = night.tenant ?? TENANT,
): Promise<WindowState> {
  return readWindow(storesOf(night, tenant).ledger, DATASET, Day.parse(day));
}

/** The dataset's marks. */
export function marksOf(night: StoredNight, tenant: TenantId = night.tenant ?? TENANT): Promise<Marks> {
  return readMarks(storesOf(night, tenant).ledger, DATASET);
}

/** Where the catalog's partition of the day points, and where it has to for a generation. */
export async function partitionOf(
  night: StoredNight,
  day: string,
  tenant: TenantId = night.tenant ?? TENANT,
) {
  const location = await storesOf(night, tenant).catalog.locationOf(DATASET, day);
  const expected = (generation: GenerationId) =>
    `s3://${night.platform.bucket}/${generationPrefix(tenant, DATASET, Day.parse(day), generation)}`;
  return { location, expected };
}

/** What an engine without Glue reads, or undefined where the day is not there. */
export async function currentOf(night: StoredNight, day: string, tenant: TenantId = night.tenant ?? TENANT) {
  const { objects } = storesOf(night, tenant);
  const key = currentKey(tenant, DATASET, Day.parse(day));
  if ((await objects.find(key)) === undefined) return undefined;
  return Current.parse(JSON.parse(await objects.readText(key)));
}

/** Keys under a prefix of the bucket. */
export async function keysUnder(night: StoredNight, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storesOf(night).objects.list(prefix)) keys.push(key);
  return keys;
}

/** Generations of the day that are complete. */
export async function generationsOf(
  night: StoredNight,
  day: string,
  tenant: TenantId = night.tenant ?? TENANT,
): Promise<string[]> {
  const keys = await keysUnder(night, windowPrefix('lake', tenant, DATASET, Day.parse(day)));
  return keys.flatMap((key) => /gen=([0-9a-f]{32})\/_manifest\.json$/.exec(key)?.[1] ?? []);
}

/** What the verification of a pipeline's audit chain finds. */
export async function auditVerdict(
  night: StoredNight,
  pipeline: PipelineName,
  datasets: readonly DatasetId[] = [],
): Promise<AuditVerdict> {
  const { clients, ledger, objects } = storesOf(night);
  const key = night.platform.assembly.functions.find(({ environment }) => environment.AUDIT_KEY_ARN);
  const mac = kmsMac(clients.kms, key?.environment.AUDIT_KEY_ARN ?? '');
  return verifyAudit({ ledger, objects, mac }, pipeline, datasets);
}

/** The run's record. */
export async function recordOf(
  night: StoredNight,
  run: RunArn,
  tenant: TenantId = night.tenant ?? TENANT,
): Promise<RunRecord> {
  const machine = run.split(':')[6] ?? '';
  const pipeline = PipelineName.options.find((name) => machine.endsWith(`-${name}`));
  if (pipeline === undefined) throw new Error(`${machine} is no pipeline's machine.`);
  const text = await storesOf(night, tenant).objects.readText(runRecordKey(tenant, pipeline, run));
  return RunRecord.parse(JSON.parse(text));
}

/** The day's committed rows by CallId, read from the Parquet files that `current.json` lists. */
export async function rowsOf(
  night: StoredNight,
  day: string,
  tenant: TenantId = night.tenant ?? TENANT,
): Promise<ReadRow[]> {
  const current = await currentOf(night, day, tenant);
  const files = current?.manifest.window.files.filter(({ format }) => format === 'parquet') ?? [];
  const local = await copied(
    night,
    files.map(({ key }) => key),
  );
  if (local.length === 0) return [];
  return query(`SELECT ${SELECTED} FROM read_parquet([${local.map(quoted).join(', ')}]) ORDER BY call_id`);
}

/** Unknown columns of the day's committed rows, by name. */
export async function extraColumnsOf(night: StoredNight, day: string): Promise<string[]> {
  const current = await currentOf(night, day);
  const local = await copied(night, current?.manifest.window.files.map(({ key }) => key) ?? []);
  const rows = await query(
    `SELECT DISTINCT unnest(json_keys(extra_columns)) AS name FROM read_parquet([${local.map(quoted).join(', ')}]) ORDER BY 1`,
  );
  return rows.map(({ name }) => name ?? '');
}

/** Name and type of every column of Parquet files of the bucket, in their order; the files must agree. */
export async function parquetColumns(night: StoredNight, keys: readonly string[]): Promise<string[]> {
  const local = await copied(night, keys);
  const files = local.map(quoted).join(', ');
  const rows = await query(
    `SELECT column_name || ' ' || column_type AS shown FROM (DESCRIBE SELECT * FROM read_parquet([${files}]))`,
  );
  return rows.map(({ shown }) => shown ?? '');
}

const READING: Readonly<Record<string, string>> = {
  CallId: 'call_id',
  StartTime: "strftime(start_time, '%Y-%m-%dT%H:%M:%S.%gZ')",
  EndTime: "strftime(end_time, '%Y-%m-%dT%H:%M:%S.%gZ')",
  Duration: "rtrim(rtrim(duration_seconds::VARCHAR, '0'), '.')",
  AgentName: 'agent_name',
  QueueName: 'queue_name',
  Disposition: 'disposition',
  CallDirection: 'call_direction',
  CustomerNumber: 'customer_number',
  AgentNumber: 'agent_number',
};

const SELECTED = usualColumns
  .map((column) => `coalesce(${READING[column] ?? 'NULL'}, '') AS "${column}"`)
  .join(', ');

async function copied(night: StoredNight, keys: readonly string[]): Promise<string[]> {
  const { objects } = storesOf(night);
  const parent = join(night.folder, 'read');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'files-'));
  const files: string[] = [];
  for (const [index, key] of keys.entries()) {
    const file = join(folder, `${index}.parquet`);
    writeFileSync(file, await buffer(await objects.open(key)));
    files.push(file);
  }
  return files;
}

const Rows = z.array(z.record(z.string(), z.string()));

async function query(sql: string): Promise<ReadRow[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const result = await connection.runAndReadAll(sql);
    return Rows.parse(result.getRowObjectsJson());
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
