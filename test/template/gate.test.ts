import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildApp } from '../../lib/app.ts';
import { bundle, bytesIn } from '../../lib/functions/bundle.ts';
import { checkAwsSolutions } from '../../lib/operations/aws-solutions.ts';
import { outlineOf } from './outline.ts';
import { CDR_FUNCTION_NAMES, configurationFile, scratchFolder, tenant } from './synthesised.ts';

const EXAMPLE = fileURLToPath(new URL('../../config/example.json', import.meta.url));

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const STACKS = ['cxone-export-lake', 'cxone-export-acme', 'cxone-export-acme-Alarms'];

/** A module that puts the clock on by a year and a half. */
const ANOTHER_TIME = `data:text/javascript,${encodeURIComponent(`
  const { now } = Date;
  Date.now = () => now() + 47_304_000_000;
  globalThis.Date = class extends Date {
    constructor(...given) { super(...(given.length === 0 ? [Date.now()] : given)); }
  };`)}`;

/** Somebody with another home, zone, language and account. */
const ANOTHER_USER = {
  HOME: '/nowhere',
  USER: 'another',
  TZ: 'Pacific/Auckland',
  LANG: 'de_DE.UTF-8',
  AWS_REGION: 'ap-southeast-2',
  AWS_DEFAULT_REGION: 'ap-southeast-2',
  CDK_DEFAULT_ACCOUNT: '444455556666',
  CDK_DEFAULT_REGION: 'ap-southeast-2',
};

const SYNTHESISED_THERE = `
  const { buildApp } = await import(process.cwd() + '/lib/app.ts');
  buildApp('config/example.json', { outdir: 'cdk.out', bundling: false, validation: false }).synth();`;

function templateOf(outdir: string, stack: string): string {
  return readFileSync(join(outdir, `${stack}.template.json`), 'utf8');
}

/** Lambda's limit for the unpacked code of a function. */
const LAMBDA_BYTES = 250 * 1024 * 1024;

/** Eleven bundles and all checks: seconds when the machine is ours alone. */
const PATIENCE = 300_000;

describe('the example, as it is deployed', () => {
  const outdir = scratchFolder();
  let assets: string[] = [];

  beforeAll(() => {
    const app = buildApp(EXAMPLE, { outdir });
    checkAwsSolutions(app);
    app.synth();
    assets = readdirSync(outdir)
      .map((name) => join(outdir, name))
      .filter((folder) => existsSync(join(folder, 'index.mjs')));
  }, PATIENCE);

  it('OPS-02 passes CDK’s validation and the AWS Solutions checks, each exception with its reason', () => {
    expect(existsSync(join(outdir, 'cxone-export-acme.template.json'))).toBe(true);
  });

  it('OPS-01 has one bundle a function, none above what Lambda takes', () => {
    const sizes = assets.map((folder) => bytesIn(folder));

    expect(assets).toHaveLength(CDR_FUNCTION_NAMES.length);
    expect(Math.max(...sizes)).toBeLessThan(LAMBDA_BYTES);
  });

  it.each(STACKS)('OPS-01 is, as the stack %s, what was looked at when it last changed', async (stack) => {
    const outline = outlineOf(JSON.parse(templateOf(outdir, stack)));

    await expect(outline).toMatchFileSnapshot(`__snapshots__/${stack}.txt`);
  });

  it(
    'OPS-01 ships bundles that load where no other node_modules is',
    () => {
      const script = `for (const folder of ${JSON.stringify(assets)}) {
      const { handler } = await import(folder + '/index.mjs');
      if (typeof handler !== 'function') throw new Error(folder + ' has no handler');
    }
    console.log('all loaded');`;

      const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: outdir,
        encoding: 'utf8',
      });

      expect(printed).toBe('all loaded\n');
    },
    PATIENCE,
  );
});

describe('an app that has not changed', () => {
  it(
    'OPS-01 is the same to the byte in another folder, at another time, for another user: there is nothing to deploy',
    () => {
      const here = scratchFolder();
      const copy = join(scratchFolder(), 'elsewhere', 'project');
      for (const part of ['bin', 'lib', 'lambdas', 'config', 'cdk.json', 'package.json'])
        cpSync(join(PROJECT, part), join(copy, part), { recursive: true });
      symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
      buildApp(EXAMPLE, { outdir: here, bundling: false, validation: false }).synth();

      execFileSync(
        process.execPath,
        ['--import', ANOTHER_TIME, '--input-type=module', '-e', SYNTHESISED_THERE],
        {
          cwd: copy,
          env: { PATH: process.env.PATH ?? '', ...ANOTHER_USER },
        },
      );

      for (const stack of STACKS)
        expect(templateOf(join(copy, 'cdk.out'), stack)).toBe(templateOf(here, stack));
    },
    PATIENCE,
  );

  it('OPS-01 has the same code wherever its functions are bundled', () => {
    const folders = [scratchFolder(), join(scratchFolder(), 'further', 'down')];

    for (const folder of folders) bundle('claim', 'x86_64', folder);

    const [one, other] = folders.map((folder) =>
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
    expect(one).toEqual(other);
    expect(one?.map(([name]) => name)).toEqual(['index.mjs', 'index.mjs.map']);
    expect(JSON.parse(one?.[1]?.[1] ?? '').sources).toContain('lambdas/handlers/claim.ts');
  });
});

/** The configuration that docs/deploy.md shows: every pipeline, a webhook and a hash key. */
function shownConfiguration(): { lake: object; tenants: object[] } {
  const [, shown = ''] =
    /```json\n([^`]*)```/.exec(readFileSync(join(PROJECT, 'docs/deploy.md'), 'utf8')) ?? [];
  return z
    .looseObject({ lake: z.looseObject({}), tenants: z.array(z.looseObject({})) })
    .parse(JSON.parse(shown));
}

describe('the gate', () => {
  it(
    'OPS-01 OPS-02 passes the AWS Solutions checks with every pipeline and where everything is given, too',
    () => {
      const { lake, tenants } = shownConfiguration();
      const file = configurationFile({
        lake: {
          ...lake,
          archiveLockDays: 30,
          auditLockDays: 30,
          bucketName: 'the-lake',
          keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012',
          vpc: {
            id: 'vpc-0123456789abcdef0',
            subnetIds: ['subnet-0123456789abcdef0'],
            securityGroupIds: ['sg-0123456789abcdef0'],
          },
        },
        tenants: [...tenants, tenant('acme-eu', { pipelines: { archive: { media: {} } } })],
      });
      const app = buildApp(file, { outdir: scratchFolder(), bundling: false });
      checkAwsSolutions(app);

      const assembly = app.synth();

      expect(assembly.stacks.map(({ stackName }) => stackName)).toHaveLength(5);
    },
    PATIENCE,
  );

  it(
    'OPS-02 fails for what is not encrypted in transit',
    () => {
      const app = buildApp(EXAMPLE, { outdir: scratchFolder(), bundling: false, validation: false });
      new Bucket(new Stack(app, 'Careless'), 'Bucket');
      checkAwsSolutions(app);

      const synthesise = () => app.synth();

      expect(synthesise).toThrow(/does not require requests to use SSL/);
    },
    PATIENCE,
  );
});
