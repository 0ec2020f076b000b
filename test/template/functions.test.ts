import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ENVIRONMENTS, type FunctionName } from '../../lambdas/model/environment.ts';
import { FUNCTION_SIZES } from '../../lambdas/model/function-sizes.ts';
import {
  environmentOf,
  FUNCTION_NAMES,
  FURTHER_PIPELINES,
  functionOf,
  statementsOfFunction,
  synthesise,
  tenant,
  WEBHOOK,
} from './synthesised.ts';

const plain = synthesise({
  tenants: [
    tenant('acme', {
      pipelines: {
        ...FURTHER_PIPELINES,
        cdr: { transformMemory: 2_048, transformDisk: 3_000 },
        analytics: { transformMemory: 4_000, transformDisk: 1_000 },
        reports: { ...FURTHER_PIPELINES.reports, transformDisk: 6_000 },
      },
      webhook: WEBHOOK,
    }),
  ],
})('cxone-export-acme');

const given = synthesise({
  lake: {
    name: 'trial',
    architecture: 'arm64',
    bucketName: 'the-lake',
    keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234',
    permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/boundary',
    vpc: {
      id: 'vpc-0123456789abcdef0',
      subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      securityGroupIds: ['sg-0123456789abcdef0'],
    },
    proxy: 'http://proxy.example.com:3128',
    tags: { department: 'care' },
    retention: { logDays: 30 },
  },
  tenants: [tenant('acme', { pipelines: FURTHER_PIPELINES, webhook: WEBHOOK })],
});
const givenTenant = given('trial-acme');

/** Megabytes of functions whose memory is a setting. Records of analytics and of reports share a function: the larger setting counts. */
const MEMORY: Partial<Record<FunctionName, number>> = { transform: 2_048, 'transform-records': 4_000 };

const TypedResource = z.looseObject({ Type: z.string() });

/** Megabytes of `/tmp` of functions that have more than the least. */
const DISK: Partial<Record<FunctionName, number>> = {
  transform: 3_000,
  'transform-records': 6_000,
  'fetch-export': 2_048,
};

describe.each(FUNCTION_NAMES)('the function %s', (name) => {
  it('OPS-01 is given the environment that its handler parses, and no more', () => {
    const { NODE_OPTIONS: _, ...environment } = environmentOf(plain, name);

    const parsed = ENVIRONMENTS[name].strict().safeParse(environment);

    expect(parsed.error?.issues).toBeUndefined();
  });

  it('OPS-01 runs on Node 24, traced, within its size and time', () => {
    const { Properties } = functionOf(plain, name);

    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['x86_64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      Timeout: FUNCTION_SIZES[name].seconds,
      MemorySize: MEMORY[name] ?? FUNCTION_SIZES[name].memory,
      EphemeralStorage: { Size: DISK[name] ?? 512 },
    });
  });

  it('ALL-18 has a published version that stays when the next one comes', () => {
    const { id } = functionOf(plain, name);

    const versions = plain.findResources('AWS::Lambda::Version', {
      Properties: { FunctionName: { Ref: id } },
    });

    expect(Object.values(versions)).toHaveLength(1);
    expect(Object.values(versions)[0]).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });

  it('OPS-01 logs to its own group, which has a retention and the lake’s key', () => {
    plain.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: `/cxone-export/acme/${name}`,
      RetentionInDays: 90,
      KmsKeyId: Match.objectLike({ 'Fn::ImportValue': Match.anyValue() }),
    });
  });

  it('OPS-06 tells the embedded platform its source, and that it is not bundled here', () => {
    const { Metadata } = functionOf(plain, name);

    expect(Metadata).toMatchObject({
      'cxone-export:entry': `lambdas/handlers/${name}.ts`,
      'cxone-export:bundled': false,
    });
  });

  it('OPS-01 runs in the given VPC, on the given architecture, under the given boundary', () => {
    const { Properties } = functionOf(givenTenant, name);

    expect(Properties).toMatchObject({
      Architectures: ['arm64'],
      VpcConfig: {
        SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        SecurityGroupIds: ['sg-0123456789abcdef0'],
      },
      Tags: expect.arrayContaining([{ Key: 'department', Value: 'care' }]),
    });
  });
});

describe('published versions', () => {
  it('ALL-18 are named by what calls them alone: alarms, the dashboard and logs go on over a deployment', () => {
    const versions = Object.keys(plain.findResources('AWS::Lambda::Version'));

    const naming = Object.values(plain.toJSON().Resources).flatMap((resource) => {
      const text = JSON.stringify(resource);
      return versions.some((id) => text.includes(id)) ? [TypedResource.parse(resource).Type] : [];
    });

    expect([...new Set(naming)].toSorted()).toEqual([
      'AWS::Events::Rule',
      // What the construct library grants besides every version of the function, which a machine's role may call.
      'AWS::IAM::Policy',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::Permission',
      'AWS::StepFunctions::StateMachine',
    ]);
  });
});

describe('what is given to the lake', () => {
  it('OPS-01 hands the proxy to those who call CXone or the webhook and to nobody else', () => {
    const proxied = FUNCTION_NAMES.filter((name) => 'EGRESS_PROXY' in environmentOf(givenTenant, name));

    expect(proxied.sort()).toEqual([
      'deliver',
      'doctor',
      'download',
      'fetch-export',
      'list-actions',
      'list-interactions',
      'look-up-interactions',
      'mark-archive-day',
      'poll',
      'poll-export',
      'read-report',
      'store-media',
      'submit',
      'submit-export',
      'token',
      'update-actions',
    ]);
  });

  it('OPS-01 puts the permissions boundary on every role', () => {
    givenTenant.allResourcesProperties('AWS::IAM::Role', {
      PermissionsBoundary: 'arn:aws:iam::111122223333:policy/boundary',
    });
  });

  it('ALL-17 leaves memory and disk of transforms to their defaults where nothing is configured', () => {
    for (const name of ['transform', 'transform-records'] as const)
      expect(functionOf(givenTenant, name).Properties).toMatchObject({
        MemorySize: 3_008,
        EphemeralStorage: { Size: 4_096 },
      });
  });

  it('OPS-01 uses the bucket and the key that are there and makes none', () => {
    const lake = given('trial-lake');
    const [read] = statementsOfFunction(givenTenant, 'reconcile').filter(({ actions }) =>
      actions.includes('s3:GetObject'),
    );

    lake.resourceCountIs('AWS::S3::Bucket', 0);
    lake.resourcePropertiesCountIs('AWS::KMS::Key', { KeyUsage: Match.absent() }, 0);
    expect(environmentOf(givenTenant, 'plan').LAKE_BUCKET).toBe('the-lake');
    expect(environmentOf(givenTenant, 'poll').KEY_ARN).toBe('arn:aws:kms:eu-west-1:111122223333:key/1234');
    expect(read?.resources).toEqual(['arn:<AWS::Partition>:s3:::the-lake/runs/acme/*']);
  });

  it('OPS-01 lets functions in a VPC have their network interfaces', () => {
    const inVpc = statementsOfFunction(givenTenant, 'commit').flatMap(({ actions }) => actions);
    const outside = statementsOfFunction(plain, 'commit').flatMap(({ actions }) => actions);

    expect(inVpc).toContain('ec2:CreateNetworkInterface');
    expect(outside).not.toContain('ec2:CreateNetworkInterface');
  });

  it('OPS-01 keeps logs as long as configured', () => {
    givenTenant.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });
});
