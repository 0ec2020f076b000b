import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { type Night, prepareNights, TENANT } from '../support/night.ts';
import {
  expectCommitted,
  expectGoodManners,
  expectRecorded,
  truthOf,
} from '../support/night-expectations.ts';
import { rowsOf, windowOf } from '../support/night-findings.ts';
import { openReceiver } from '../support/webhook-receiver.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'x86_64';
const PACKAGES = [
  ...Object.keys(packageFile.dependencies),
  ...Object.keys(packageFile.devDependencies),
  '@duckdb/node-bindings',
  '@smithy/core',
  'detect-libc',
];

/** All bundles are built, and DuckDB is unpacked: seconds when the machine is ours alone. */
const PATIENCE = 300_000;

const receiver = await openReceiver();
const nights = await prepareNights({
  mode: 'process',
  lake: { architecture: ARCHITECTURE },
  cdr: { outputs: ['parquet', 'jsonl'] },
  webhook: {
    url: receiver.url,
    certificateAuthority: receiver.certificateAuthority,
    networks: ['127.0.0.0/8'],
    records: ['cdr'],
  },
});
const night = await nights.open({ scenarios: ['drift', 'duplicates:5', 'superseded:3', 'crlf', 'bom'] });
const truth = await truthOf(night, night.day());
const ended = await night.run();

afterAll(async () => {
  await nights.close();
  await receiver.close();
});

/** The folders that functions were unpacked to, by the functions' short names. */
function unpacked(of: Night): Map<string, string> {
  const tasks = join(of.folder, 'tasks');
  return new Map(
    of.platform.assembly.functions
      .filter(({ name }) => readdirSync(tasks).includes(name))
      .map(({ name, entry = '' }) => [/([\w-]+)\.ts$/.exec(entry)?.[1] ?? '', join(tasks, name)]),
  );
}

/** Which packages code in a folder finds, and where. */
function resolvedFrom(folder: string): Record<string, string> {
  const script = `
    const require = process.getBuiltinModule('node:module').createRequire(process.cwd() + '/index.mjs');
    const found = {};
    for (const name of ${JSON.stringify(PACKAGES)}) {
      try { found[name] = require.resolve(name); } catch { /* not to be found */ }
      try { found[name] = require.resolve(name + '/package.json'); } catch { /* not to be found */ }
    }
    console.log(JSON.stringify(found));`;
  return JSON.parse(
    execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8', env: {} }),
  );
}

/** Machine of an ELF file. Source: the ELF specification, `e_machine`. */
function machineOf(file: string): string | undefined {
  const head = Buffer.alloc(20);
  const opened = openSync(file, 'r');
  readSync(opened, head);
  closeSync(opened);
  return new Map([
    [0x3e, 'x86_64'],
    [0xb7, 'arm64'],
  ]).get(head.readUInt16LE(18));
}

function logOf(of: Night, name: string): Record<string, unknown>[] {
  const found = of.platform.assembly.functions.find(({ entry }) => entry?.endsWith(`/${name}.ts`));
  return readFileSync(join(of.folder, 'logs', `${found?.name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('the deployed form, each handler unpacked and in a process of its own', () => {
  it('OPS-06 commits the day to the row', async () => {
    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    await expectCommitted(night, truth);
    expectGoodManners(night);
    await expectRecorded(night, ended, [truth.day]);
  });

  it('ALL-13 delivers the records to the webhook, signed', async () => {
    const committed = (await rowsOf(night, truth.day)).map(({ CallId }) => CallId);
    const received = receiver.recordsOf('cdr', truth.day).map(({ call_id }) => call_id);

    expect(received.toSorted()).toEqual(committed.toSorted());
    expect(receiver.unverified).toBe(0);
    expect((await windowOf(night, truth.day)).delivery).toMatchObject({ commit: 1, state: 'delivered' });
  });

  it(
    'OPS-01 calls every function that is deployed, those for operators too',
    async () => {
      const { generation: to } = await windowOf(night, truth.day);
      const examined = await night.operate({ doctor: {} });
      const rolledBack = await night.operate({ rollback: { dataset: 'cdr', day: truth.day, to } });

      expect([examined.status, rolledBack.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
      const names = [...unpacked(night).keys()];

      expect(names.toSorted()).toEqual(
        night.platform.assembly.functions
          .map(({ entry = '' }) => /([\w-]+)\.ts$/.exec(entry)?.[1])
          .toSorted(),
      );
      expect(names).toContain('transform');
    },
    PATIENCE,
  );

  it('OPS-01 finds no package but DuckDB’s own, and that in its own folder', () => {
    const found = [...unpacked(night)].map(([name, folder]) => ({
      name,
      folder,
      packages: resolvedFrom(folder),
    }));

    const strange = found.flatMap(({ folder, packages }) =>
      Object.values(packages).filter((path) => !path.startsWith(`${folder}/node_modules/`)),
    );
    const known = found.filter(({ packages }) => Object.keys(packages).length > 0);
    expect(strange).toEqual([]);
    expect(known.map(({ name }) => name)).toEqual(['transform']);
    expect(Object.keys(known[0]?.packages ?? {}).toSorted()).toEqual([
      '@duckdb/node-api',
      '@duckdb/node-bindings',
      'detect-libc',
    ]);
    expect(resolvedFrom(PROJECT)).toHaveProperty('zod');
  });

  it('OPS-01 carries DuckDB’s binding for the functions’ architecture, and no other', () => {
    const packages = join(unpacked(night).get('transform') ?? '', 'node_modules', '@duckdb');

    const bindings = readdirSync(packages).filter((name) => name.startsWith('node-bindings-'));

    expect(bindings).toEqual([`node-bindings-linux-${process.arch}`]);
    expect(machineOf(join(packages, bindings[0] ?? '', 'duckdb.node'))).toBe(ARCHITECTURE);
  });

  it(
    'ALL-10 OPS-04 fails by name across processes, and logs it as Powertools does',
    async () => {
      const failing = await nights.open({ scenarios: ['rejects:4'] });

      const failed = await failing.run();

      expect(failed).toMatchObject({ status: 'FAILED', error: 'WindowsFailed' });
      expect(failed.cause).toContain('RejectsAboveThreshold');
      expect(logOf(failing, 'transform').filter(({ level }) => level === 'ERROR')).toEqual([
        expect.objectContaining({
          service: 'cxone-export-transform',
          errorName: 'RejectsAboveThreshold',
          function_name: expect.stringContaining(TENANT),
          function_memory_size: expect.anything(),
          timestamp: expect.any(String),
        }),
      ]);
      await failing.close();
    },
    PATIENCE,
  );
});
