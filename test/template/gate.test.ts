import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../lib/app.ts';
import { bytesIn } from '../../lib/functions/bundle.ts';
import { checkAwsSolutions } from '../../lib/operations/aws-solutions.ts';
import { CDR_FUNCTION_NAMES, configurationFile, scratchFolder, tenant } from './synthesised.ts';

const EXAMPLE = fileURLToPath(new URL('../../config/example.json', import.meta.url));

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

describe('the gate', () => {
  it(
    'OPS-02 passes the AWS Solutions checks where everything is given, too',
    () => {
      const file = configurationFile({
        lake: {
          bucketName: 'the-lake',
          keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234',
          vpc: {
            id: 'vpc-0123456789abcdef0',
            subnetIds: ['subnet-0123456789abcdef0'],
            securityGroupIds: ['sg-0123456789abcdef0'],
          },
        },
        tenants: [tenant('acme'), tenant('acme-eu')],
      });
      const app = buildApp(file, { outdir: scratchFolder(), bundling: false });
      checkAwsSolutions(app);

      const assembly = app.synth();

      expect(assembly.stacks.map(({ stackName }) => stackName)).toHaveLength(3);
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
