import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Mapping } from '../../lambdas/model/mapping.ts';
import type { ObjectStore } from '../../lambdas/model/ports.ts';
import { startSimulator, usualCredentials } from '../cxone/index.ts';
import { loadSecrets } from '../secrets-file.ts';
import { type CommittedWindow, committedWindows } from './committed-windows.ts';
import { copyOut } from './copy-out.ts';
import { copiesFolder, DATA_FOLDER } from './data-folder.ts';
import { carryOut } from './execution.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { prepare } from './preparation.ts';
import { WINDOW_COLUMNS } from './run-report.ts';
import { textTable } from './text-table.ts';
import { amount, byteSize, shellWord } from './wording.ts';

/** A realistic day: 50,000 calls in three parts, a little wrong with them, all below the thresholds, and a throttled call. */
export const DEMO_SCENARIOS: readonly string[] = [
  'drift:2',
  'duplicates:25',
  'superseded:15',
  'rejects:10',
  'column-order',
  'states-out-of-order',
  'throttle-seconds',
];
const DEMO_TENANT = 'demo';
const DEMO_SECRET = 'cxone-export/demo';
const DEMO_HASH_KEY = { secret: 'cxone-export/demo-hash', version: '1' };
/** Bytes of the key that the demo makes for itself. */
const KEY_BYTES = 32;
const MAPPINGS = fileURLToPath(new URL('../../config/mappings', import.meta.url));

/** Exports last night's calls of a made-up contact center, waits skipped, and shows where they are. Again: nothing is left to do. */
export async function runDemo(request: { data: string }, outputs: Outputs): Promise<ExitCode> {
  const { data } = request;
  const { out } = outputs;
  const simulator = await startSimulator({ scenarios: DEMO_SCENARIOS });
  try {
    out.line(`CXone simulator at ${simulator.url}: ${DEMO_SCENARIOS.join(', ')}.`);
    const place = { config: writeConfiguration(data, simulator.url), data, skipWaits: 'simulator' as const };
    const prepared = prepare({ ...place, secrets: writeSecrets(data) }, undefined);
    const tenant = prepared.configured.tenant.id;
    return await carryOut(
      {
        place,
        prepared,
        owner: { tenant, pipeline: 'cdr-export' },
        json: false,
        redriveCommand: () => 'npm start',
        async begin({ engine, machineOf }) {
          return (await engine.start(machineOf(tenant, 'cdr-export'), { input: {} })).executionArn;
        },
        afterwards: (objects) => showLake(objects, data, outputs),
      },
      outputs,
    );
  } finally {
    await simulator.stop();
  }
}

function writeConfiguration(data: string, baseUrl: string): string {
  const folder = join(data, 'demo');
  mkdirSync(folder, { recursive: true });
  cpSync(MAPPINGS, join(folder, 'mappings'), { recursive: true });
  const file = join(folder, 'config.json');
  hashCustomers(join(folder, 'mappings', 'cdr.v1.json'));
  const tenant = { id: DEMO_TENANT, secret: DEMO_SECRET, baseUrl, hashKey: DEMO_HASH_KEY };
  const configuration = { tenants: [tenant] };
  writeFileSync(file, `${JSON.stringify(configuration, undefined, 2)}\n`);
  return file;
}

/** Shows what privacy does: numbers of customers are hashed. */
function hashCustomers(file: string): void {
  const mapping = Mapping.parse(JSON.parse(readFileSync(file, 'utf8')));
  const columns = mapping.columns.map((column) =>
    column.column === 'customer_number' ? { ...column, privacy: 'hash' as const } : column,
  );
  writeFileSync(file, `${JSON.stringify({ ...mapping, columns }, undefined, 2)}\n`);
}

/** The client of the simulator, and a hash key that is made once and stays. */
function writeSecrets(data: string): string {
  const file = join(data, 'demo', 'secrets.json');
  const hashKeys = existsSync(file) ? loadSecrets(file)[DEMO_HASH_KEY.secret] : undefined;
  const made = { keys: { [DEMO_HASH_KEY.version]: randomBytes(KEY_BYTES).toString('base64') } };
  const secrets = { [DEMO_SECRET]: usualCredentials, [DEMO_HASH_KEY.secret]: hashKeys ?? made };
  writeFileSync(file, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600 });
  return file;
}

async function showLake(objects: ObjectStore, data: string, { out }: Outputs): Promise<void> {
  const folder = copiesFolder(data);
  const windows: CommittedWindow[] = [];
  for await (const window of committedWindows(objects)) {
    await copyOut(objects, window, folder);
    windows.push(window);
  }
  out.line();
  out.line(`The lake holds, under ${folder}/ by S3 keys:`);
  for (const line of textTable([{ heading: 'tenant' }, ...WINDOW_COLUMNS], windows.map(cellsOf)))
    out.line(`  ${line}`);
  for (const { key } of windows.flatMap(({ files }) => files)) out.line(`  ${join(folder, key)}`);
  const sql =
    'select queue_name, count(*) as calls, round(avg(duration_seconds)) as seconds from cdr group by all order by calls desc';
  const where = data === DATA_FOLDER ? '' : ` --data ${shellWord(data)}`;
  out.line();
  out.line('Query it:');
  out.line(`  npm run --silent cxone -- query${where} "${sql}"`);
}

function cellsOf({ tenant, day, rows, files }: CommittedWindow): string[] {
  const numbers = [rows.parsed, rows.rowsOut, rows.rejects, rows.duplicates, rows.superseded, files.length];
  const bytes = files.reduce((total, file) => total + file.bytes, 0);
  return [tenant, day, 'committed', ...numbers.map(amount), byteSize(bytes)];
}
