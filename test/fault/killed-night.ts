import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { clientsFor } from '../../lambdas/aws/clients.ts';
import { dynamoTable } from '../../lambdas/aws/dynamo-table.ts';
import { glueCatalog } from '../../lambdas/aws/glue-catalog.ts';
import { s3ObjectStore } from '../../lambdas/aws/s3-object-store.ts';
import { currentKey, generationPrefix, windowPrefix } from '../../lambdas/lake/keys.ts';
import { type Marks, readMarks } from '../../lambdas/ledger/marks.ts';
import type { WindowState } from '../../lambdas/ledger/window-state.ts';
import { readWindow } from '../../lambdas/ledger/windows.ts';
import { type Day, lastSettledDay } from '../../lambdas/model/days.ts';
import { GenerationId, TenantId } from '../../lambdas/model/ids.ts';
import { CDR_DATASET as DATASET } from '../../lambdas/model/payloads.ts';
import { buildApp } from '../../lib/app.ts';
import { loadAssembly } from '../../local/assembly/assembly.ts';
import { startAws } from '../../local/aws/embedded-aws.ts';
import { type Simulator, startSimulator, usualCredentials } from '../../local/cxone/index.ts';

const TENANT = TenantId.parse('acme');
const FIRST_NIGHT = Date.parse('2024-05-16T03:30:00.000Z');
const DAY_MILLISECONDS = 86_400_000;

/** What a night's process said before it ended; undefined where it was killed. */
export type Said = { status: string; error?: string; points: string[] } | undefined;

const SaidSchema = z.object({
  status: z.string(),
  error: z.string().optional(),
  points: z.array(z.string()),
});

/** What is found on disk after a night. */
export interface Found {
  day: Day;
  window: WindowState;
  marks: Marks;
  /** Generations that have a manifest. */
  generations: string[];
  current: unknown;
  /** Whether the catalog's partition points at the ledger's generation. */
  catalogAgrees: boolean;
}

/** A simulator and an assembly for it: nights run against them in processes of their own, each in a folder and on a day of its own. */
export interface Nights {
  simulator: Simulator;
  /** Runs a night in a process; the n-th night has its own folder and day. */
  run(night: number, action: 'start' | 'redrive', killAt?: string): Promise<Said>;
  find(night: number): Promise<Found>;
  stop(): Promise<void>;
}

/** Prepares nights with some duplicates in two parts. */
export async function prepareNights(): Promise<Nights> {
  const home = mkdtempSync(join(tmpdir(), 'cxone-export-nights-'));
  const simulator = await startSimulator({ rows: 120, parts: 2, duplicates: 3, superseded: 2 });
  const project = fileURLToPath(new URL('../..', import.meta.url));
  const configuration = join(home, 'configuration.json');
  cpSync(join(project, 'config', 'mappings'), join(home, 'mappings'), { recursive: true });
  writeFileSync(
    configuration,
    JSON.stringify({ tenants: [{ id: TENANT, secret: 'acme', baseUrl: simulator.url }] }),
  );
  const assemblyFolder = join(home, 'cdk.out');
  buildApp(configuration, { outdir: assemblyFolder, bundling: false, validation: false }).synth();
  const folderOf = (night: number) => join(home, `night-${night}`);
  const startAt = (night: number) => FIRST_NIGHT + night * DAY_MILLISECONDS;

  return {
    simulator,
    run(night, action, killAt) {
      mkdirSync(folderOf(night), { recursive: true });
      const secrets = { acme: usualCredentials };
      const order = {
        folder: folderOf(night),
        configuration,
        assemblyFolder,
        secrets,
        startAt: startAt(night),
        action,
        killAt,
      };
      const script = fileURLToPath(new URL('night-process.ts', import.meta.url));
      return new Promise((resolve, reject) => {
        execFile(
          process.execPath,
          [script, JSON.stringify(order)],
          {
            maxBuffer: 64 * 1024 * 1024,
            env: { ...process.env, NODE_COMPILE_CACHE: join(home, 'compiled') },
          },
          (error, stdout, stderr) => {
            if (error === null) resolve(SaidSchema.parse(JSON.parse(stdout)));
            else if (error.signal === 'SIGKILL') resolve(undefined);
            else reject(new Error(`The night's process failed: ${stderr}`));
          },
        );
      });
    },
    find: (night) => findings(folderOf(night), assemblyFolder, lastSettledDay(startAt(night), 2 * 3_600_000)),
    async stop() {
      await simulator.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Opens what a night's process has left on disk, and reads it as the next day's analyst and operator would. */
async function findings(folder: string, assemblyFolder: string, day: Day): Promise<Found> {
  const assembly = loadAssembly(assemblyFolder);
  const aws = await startAws({ folder });
  try {
    const clients = clientsFor(aws.environment);
    const bucket =
      assembly.functions.find(({ environment }) => environment.LAKE_BUCKET)?.environment.LAKE_BUCKET ?? '';
    const table = dynamoTable(clients.dynamodb, assembly.tables[0]?.name ?? '');
    const objects = s3ObjectStore(clients.s3, bucket);
    const ledger = { table, tenant: TENANT, clock: { now: () => 0, sleep: () => Promise.resolve() } };
    const window = await readWindow(ledger, DATASET, day);
    const generations: string[] = [];
    for await (const { key } of objects.list(windowPrefix('lake', TENANT, DATASET, day)))
      if (key.endsWith('/_manifest.json')) generations.push(key.split('gen=')[1]?.split('/')[0] ?? key);
    const database = assembly.databases[0]?.name ?? '';
    const location = await glueCatalog(clients.glue, database).locationOf(DATASET, day);
    const expected = generationPrefix(TENANT, DATASET, day, GenerationId.parse(window.generation));
    return {
      day,
      window,
      marks: await readMarks(ledger, DATASET),
      generations,
      current: JSON.parse(await objects.readText(currentKey(TENANT, DATASET, day))),
      catalogAgrees: location === `s3://${bucket}/${expected}`,
    };
  } finally {
    await aws.close();
  }
}
