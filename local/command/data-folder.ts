import { existsSync } from 'node:fs';
import { join } from 'node:path';
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
  /** The ledger of each tenant that the folder was synthesised for. */
  ledgers: ReadonlyMap<TenantId, WindowLedger>;
  /** Every dataset that any of them has a table for; names of other tables are among them. */
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
  if (bucket === undefined) throw nothingThere(data);
  const aws = await startAws({ folder: data });
  const clients = clientsFor(aws.environment);
  const { s3, dynamodb, kms } = clients;
  const ledgers = new Map(
    functions.flatMap(({ environment: { TENANT, LEDGER_TABLE } }) => {
      if (TENANT === undefined || LEDGER_TABLE === undefined) return [];
      const tenant = TenantId.parse(TENANT);
      return [
        [
          tenant,
          { tenant, table: dynamoTable(dynamodb, LEDGER_TABLE), clock: surroundings().clock },
        ] as const,
      ];
    }),
  );
  // Other tables are over what is told of datasets, and have no days.
  const partitioned = glueTables.filter(({ input }) => Partitioned.safeParse(input).success);
  const datasets = [...new Set(partitioned.map(({ name }) => DatasetId.parse(name)))];
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
