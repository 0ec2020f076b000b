import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { type Clients, clientsFor } from '../../lambdas/aws/clients.ts';
import { dynamoTable } from '../../lambdas/aws/dynamo-table.ts';
import { kmsMac } from '../../lambdas/aws/kms-mac.ts';
import { s3ObjectStore } from '../../lambdas/aws/s3-object-store.ts';
import type { WindowLedger } from '../../lambdas/ledger/windows.ts';
import { ArchiveSealing } from '../../lambdas/model/archive-pipeline.ts';
import { DatasetId, TenantId } from '../../lambdas/model/ids.ts';
import type { MacKey, ObjectStore } from '../../lambdas/model/ports.ts';
import { surroundings } from '../../lambdas/model/surroundings.ts';
import { loadAssembly } from '../assembly/assembly.ts';
import type { Assembly } from '../assembly/types.ts';
import { startAws } from '../aws/embedded-aws.ts';
import { type EngineView, viewFolder } from '../engine/view.ts';
import { CommandRefused } from './exit-codes.ts';

/** The folder that everything is kept under where no other is given. */
export const DATA_FOLDER = '.cxone';

/** Where committed files are copied to, under their S3 keys, for engines that read files. */
export function copiesFolder(data: string): string {
  return join(data, 'lake-files');
}

const Partitioned = z.looseObject({ PartitionKeys: z.array(z.unknown()).min(1) });

/** What has been run in the folder. Needs no lock: works beside a run. Throws `CommandRefused` where nothing has been. */
export function openRuns(data: string): { view: EngineView; assembly: Assembly } {
  if (!existsSync(join(data, 'engine')) || !existsSync(join(data, 'cdk.out', 'manifest.json')))
    throw nothingThere(data);
  return { view: viewFolder(join(data, 'engine')), assembly: loadAssembly(join(data, 'cdk.out')) };
}

/** The lake of a data folder, open for reading. */
export interface OpenLake extends AsyncDisposable {
  objects: ObjectStore;
  /** The key that authenticates audit records. */
  mac: MacKey;
  /** The ledger of each tenant that the folder was last synthesised for, and of each that something lies there of. */
  ledgers: ReadonlyMap<TenantId, WindowLedger>;
  /** Every dataset that any of them has a table for or a committed day; names of other tables are among them. */
  datasets: readonly DatasetId[];
  /** Names of the secrets with the passphrases of archives, of tenants that have one. */
  archiveSecrets: ReadonlyMap<TenantId, string>;
  /** Clients of the embedded services. */
  clients: Clients;
}

/** Opens the lake of a folder in which no run is under way. Throws `CommandRefused` where there is none, `FolderInUse`. */
export async function openLake(data: string): Promise<OpenLake> {
  if (!existsSync(join(data, 'aws')) || !existsSync(join(data, 'cdk.out', 'manifest.json')))
    throw nothingThere(data);
  const { functions, glueTables } = loadAssembly(join(data, 'cdk.out'));
  // The functions are told the lake's bucket; the assembly has another for access logs.
  const bucket = functions.find(({ environment }) => environment.LAKE_BUCKET)?.environment.LAKE_BUCKET;
  const table = functions.find(({ environment }) => environment.LEDGER_TABLE)?.environment.LEDGER_TABLE;
  if (bucket === undefined || table === undefined) throw nothingThere(data);
  const aws = await startAws({ folder: data });
  const clients = clientsFor(aws.environment);
  const { s3, dynamodb, kms } = clients;
  const found = await heldIn(s3, bucket);
  const tenants = [
    ...functions.flatMap(({ environment: { TENANT } }) => TENANT ?? []).map((id) => TenantId.parse(id)),
    ...found.tenants,
  ];
  const ledgers = new Map(
    tenants.map(
      (tenant) =>
        [tenant, { tenant, table: dynamoTable(dynamodb, table), clock: surroundings().clock }] as const,
    ),
  );
  // Other tables are over what is told of datasets, and have no days.
  const partitioned = glueTables.filter(({ input }) => Partitioned.safeParse(input).success);
  const datasets = [...new Set([...partitioned.map(({ name }) => DatasetId.parse(name)), ...found.datasets])];
  const auditKey = functions.find(({ environment }) => environment.AUDIT_KEY_ARN)?.environment.AUDIT_KEY_ARN;
  return {
    objects: s3ObjectStore(s3, bucket),
    mac: kmsMac(kms, auditKey ?? ''),
    ledgers,
    datasets,
    archiveSecrets: new Map(functions.flatMap(({ environment }) => archiveSecretIn(environment))),
    clients,
    [Symbol.asyncDispose]: () => aws.close(),
  };
}

/** Refuses a tenant that the lake holds nothing of and was not synthesised for. Throws `CommandRefused` with those that there are. */
export function requireTenant({ ledgers }: Pick<OpenLake, 'ledgers'>, tenant: TenantId | undefined): void {
  if (tenant === undefined || ledgers.has(tenant)) return;
  throw new CommandRefused([
    `There is no tenant ${tenant} in the folder: it has ${[...ledgers.keys()].toSorted().join(', ')}.`,
  ]);
}

/** Refuses a dataset of which there is neither a table nor a committed day. Throws `CommandRefused` with those that there are. */
export function requireDataset({ datasets }: Pick<OpenLake, 'datasets'>, dataset: DatasetId): void {
  if (datasets.includes(dataset)) return;
  throw new CommandRefused([
    `There is no dataset ${dataset} in the folder: it has ${datasets.toSorted().join(', ')}.`,
  ]);
}

/** Of whom and of what the lake holds something: a command with another configuration synthesises the folder anew, without those of the runs before. */
async function heldIn(
  s3: S3Client,
  bucket: string,
): Promise<{ tenants: Set<TenantId>; datasets: Set<DatasetId> }> {
  const tenants = new Set<TenantId>();
  const datasets = new Set<DatasetId>();
  for (const kind of ['runs/', 'audit/', 'current/'])
    for (const tenantPrefix of await foldersIn(s3, bucket, kind)) {
      tenants.add(TenantId.parse(tenantPrefix.split('/').at(-2)));
      if (kind !== 'current/') continue;
      for (const prefix of await foldersIn(s3, bucket, tenantPrefix))
        datasets.add(DatasetId.parse(prefix.split('/').at(-2)));
    }
  return { tenants, datasets };
}

/** The prefixes right under one: of tenants and of datasets, which are far fewer than an answer takes. */
async function foldersIn(s3: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const { CommonPrefixes = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, Delimiter: '/' }),
  );
  return CommonPrefixes.flatMap(({ Prefix }) => Prefix ?? []);
}

function archiveSecretIn(environment: Readonly<Record<string, string>>): [TenantId, string][] {
  const { TENANT, ARCHIVE_SEALING } = environment;
  if (TENANT === undefined || ARCHIVE_SEALING === undefined) return [];
  const sealing = ArchiveSealing.parse(JSON.parse(ARCHIVE_SEALING));
  return sealing.mode === 'passphrase' ? [[TenantId.parse(TENANT), sealing.secret]] : [];
}

function nothingThere(data: string): CommandRefused {
  return new CommandRefused(
    [`Nothing has been run in the folder ${data}.`],
    'Run `npm start` for a first night against the simulator, or name the folder with --data.',
  );
}
