import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildApp } from '../../lib/app.ts';
import { configurationFile, FURTHER_PIPELINES, scratchFolder, tenant, WEBHOOK } from './synthesised.ts';

const one = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const Policy = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().regex(/^[A-Za-z]+$/),
      Effect: z.literal('Allow'),
      Action: one,
      Resource: one,
      Condition: z.record(z.string(), z.record(z.string(), one)).optional(),
    }),
  ),
});

const textOf = (name: string) =>
  readFileSync(new URL(`../../docs/policies/${name}.json`, import.meta.url), 'utf8');
const policyOf = (name: string) => Policy.parse(JSON.parse(textOf(name)));
const execution = policyOf('execution');

/** What CloudFormation does with a type of resource, and how the resources of ours are called. */
interface Deployed {
  actions: readonly string[];
  arn: string;
}

const ROLE = 'arn:aws:iam::111122223333:role/cxone-export-acme-Role1-AbC';
const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:cxone-export-acme-Plan1-AbC';
const BUCKET = 'arn:aws:s3:::cxone-export-lake-bucket83908e77-abc';
const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:cxone-export-lake-Topics-AbC';
const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:cxone-export-acme-DeadLetters-AbC';
const ATHENA = 'arn:aws:athena:eu-west-1:111122223333:workgroup/cxone-export-acme';

/** From AWS's service authorization reference, and the permissions that the resource types' own handlers name. */
const DEPLOYED: Readonly<Record<string, Deployed>> = {
  'AWS::KMS::Key': {
    actions: [
      'kms:DescribeKey',
      'kms:PutKeyPolicy',
      'kms:EnableKeyRotation',
      'kms:TagResource',
      'kms:GetKeyPolicy',
    ],
    arn: 'arn:aws:kms:eu-west-1:111122223333:key/1234',
  },
  'AWS::S3::Bucket': {
    actions: [
      's3:CreateBucket',
      's3:PutBucketPublicAccessBlock',
      's3:PutBucketVersioning',
      's3:PutEncryptionConfiguration',
      's3:PutLifecycleConfiguration',
      's3:PutBucketOwnershipControls',
      's3:PutBucketLogging',
      's3:PutBucketObjectLockConfiguration',
      's3:PutBucketTagging',
    ],
    arn: BUCKET,
  },
  'AWS::S3::BucketPolicy': {
    actions: ['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'],
    arn: BUCKET,
  },
  'AWS::DynamoDB::Table': {
    actions: [
      'dynamodb:CreateTable',
      'dynamodb:DescribeTable',
      'dynamodb:DescribeContinuousBackups',
      'dynamodb:UpdateContinuousBackups',
      'dynamodb:UpdateTable',
      'dynamodb:UpdateTimeToLive',
      'dynamodb:TagResource',
    ],
    arn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/cxone-export-lake-Ledger-AbC',
  },
  'AWS::SNS::Topic': {
    actions: [
      'sns:CreateTopic',
      'sns:DeleteTopic',
      'sns:GetDataProtectionPolicy',
      'sns:GetTopicAttributes',
      'sns:SetTopicAttributes',
      'sns:TagResource',
    ],
    arn: TOPIC,
  },
  'AWS::SNS::TopicPolicy': { actions: ['sns:SetTopicAttributes'], arn: TOPIC },
  'AWS::SNS::Subscription': {
    actions: ['sns:Subscribe', 'sns:ListSubscriptionsByTopic', 'sns:GetSubscriptionAttributes'],
    arn: TOPIC,
  },
  'AWS::SQS::Queue': {
    actions: [
      'sqs:CreateQueue',
      'sqs:DeleteQueue',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:SetQueueAttributes',
      'sqs:TagQueue',
    ],
    arn: QUEUE,
  },
  'AWS::SQS::QueuePolicy': { actions: ['sqs:SetQueueAttributes'], arn: QUEUE },
  'AWS::Logs::LogGroup': {
    actions: [
      'logs:CreateLogGroup',
      'logs:DeleteLogGroup',
      'logs:PutRetentionPolicy',
      'logs:AssociateKmsKey',
      'logs:GetDataProtectionPolicy',
      'logs:TagResource',
    ],
    arn: 'arn:aws:logs:eu-west-1:111122223333:log-group:/cxone-export/acme/plan:*',
  },
  'AWS::IAM::Role': {
    actions: [
      'iam:CreateRole',
      'iam:DeleteRole',
      'iam:GetRole',
      'iam:PutRolePermissionsBoundary',
      'iam:UpdateAssumeRolePolicy',
      'iam:TagRole',
    ],
    arn: ROLE,
  },
  'AWS::IAM::Policy': {
    actions: ['iam:PutRolePolicy', 'iam:GetRolePolicy', 'iam:DeleteRolePolicy'],
    arn: ROLE,
  },
  'AWS::Lambda::Function': {
    actions: [
      'lambda:CreateFunction',
      'lambda:DeleteFunction',
      'lambda:GetFunction',
      'lambda:UpdateFunctionCode',
      'lambda:UpdateFunctionConfiguration',
      'lambda:TagResource',
    ],
    arn: FUNCTION,
  },
  'AWS::Lambda::Version': {
    actions: ['lambda:PublishVersion', 'lambda:ListVersionsByFunction', 'lambda:GetFunctionConfiguration'],
    arn: FUNCTION,
  },
  'AWS::Lambda::EventInvokeConfig': {
    actions: ['lambda:PutFunctionEventInvokeConfig', 'lambda:UpdateFunctionEventInvokeConfig'],
    arn: FUNCTION,
  },
  'AWS::Lambda::Permission': {
    actions: ['lambda:AddPermission', 'lambda:RemovePermission', 'lambda:GetPolicy'],
    arn: FUNCTION,
  },
  'AWS::StepFunctions::StateMachine': {
    actions: [
      'states:CreateStateMachine',
      'states:DeleteStateMachine',
      'states:DescribeStateMachine',
      'states:UpdateStateMachine',
      'states:TagResource',
    ],
    arn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:cxone-export-acme-cdr-export',
  },
  'AWS::Scheduler::Schedule': {
    actions: [
      'scheduler:CreateSchedule',
      'scheduler:GetSchedule',
      'scheduler:UpdateSchedule',
      'scheduler:DeleteSchedule',
    ],
    arn: 'arn:aws:scheduler:eu-west-1:111122223333:schedule/default/cxone-export-acme-Start-AbC',
  },
  'AWS::Events::Rule': {
    actions: [
      'events:PutRule',
      'events:DescribeRule',
      'events:PutTargets',
      'events:RemoveTargets',
      'events:DeleteRule',
    ],
    arn: 'arn:aws:events:eu-west-1:111122223333:rule/cxone-export-acme-Failures-AbC',
  },
  'AWS::CloudWatch::Alarm': {
    actions: [
      'cloudwatch:PutMetricAlarm',
      'cloudwatch:DescribeAlarms',
      'cloudwatch:DeleteAlarms',
      'cloudwatch:TagResource',
    ],
    arn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:cxone-export/acme cdr-export: failed',
  },
  'AWS::CloudWatch::Dashboard': {
    actions: ['cloudwatch:PutDashboard', 'cloudwatch:GetDashboard', 'cloudwatch:DeleteDashboards'],
    arn: 'arn:aws:cloudwatch::111122223333:dashboard/cxone-export-acme',
  },
  'AWS::Glue::Database': {
    actions: ['glue:CreateDatabase', 'glue:GetDatabase', 'glue:UpdateDatabase', 'glue:DeleteDatabase'],
    arn: 'arn:aws:glue:eu-west-1:111122223333:database/cxone_export_acme',
  },
  'AWS::Glue::Table': {
    actions: ['glue:CreateTable', 'glue:GetTable', 'glue:UpdateTable', 'glue:DeleteTable'],
    arn: 'arn:aws:glue:eu-west-1:111122223333:table/cxone_export_acme/cdr',
  },
  'AWS::Athena::WorkGroup': {
    actions: [
      'athena:CreateWorkGroup',
      'athena:GetWorkGroup',
      'athena:UpdateWorkGroup',
      'athena:DeleteWorkGroup',
    ],
    arn: ATHENA,
  },
  'AWS::Athena::NamedQuery': {
    actions: ['athena:CreateNamedQuery', 'athena:GetNamedQuery', 'athena:DeleteNamedQuery'],
    arn: ATHENA,
  },
};

const matching = (pattern: string, text: string) =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(text);

/** Whether the policy lets the action be done to the resource, whatever its conditions. */
function allows({ Statement }: z.infer<typeof Policy>, action: string, arn: string): boolean {
  return Statement.some(
    ({ Action, Resource }) =>
      Action.some((pattern) => matching(pattern, action)) &&
      Resource.some((pattern) => matching(pattern, arn)),
  );
}

/** Every stack, of a tenant that has everything. */
const { stacks } = buildApp(
  configurationFile({
    lake: { alarmEmail: 'care@example.com', auditLockDays: 1 },
    tenants: [
      tenant('acme', {
        pipelines: { ...FURTHER_PIPELINES, dataActions: { schedule: {} } },
        webhook: WEBHOOK,
      }),
    ],
  }),
  { outdir: scratchFolder(), bundling: false, validation: false },
).synth();
const Resources = z.record(
  z.string(),
  z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
);
const resources = stacks.flatMap(({ template }) => Object.values(Resources.parse(template.Resources)));
const types = [...new Set(resources.map(({ Type }) => Type))].filter((type) => type !== 'AWS::CDK::Metadata');

describe('docs/policies/execution.json', () => {
  it.each(types)('OPS-01 OPS-02 lets CloudFormation make, change and remove %s', (type) => {
    const deployed = DEPLOYED[type];

    const refused = deployed?.actions.filter((action) => !allows(execution, action, deployed.arn));

    expect(refused).toEqual([]);
  });

  it('OPS-02 makes keys, and hands roles to the services that take them in the templates and to no other', () => {
    const principals = resources
      .filter(({ Type }) => Type === 'AWS::IAM::Role')
      .flatMap(({ Properties }) => JSON.stringify(Properties).match(/[a-z]+\.amazonaws\.com/g) ?? []);
    const passing = execution.Statement.filter(({ Action }) => Action.includes('iam:PassRole'));

    expect(allows(execution, 'kms:CreateKey', '*')).toBe(true);
    expect(
      passing.map(({ Condition }) => Condition?.StringEquals?.['iam:PassedToService']?.toSorted()),
    ).toEqual([[...new Set(principals)].toSorted()]);
  });

  it('OPS-02 reaches no data, no secret, and no role, function or bucket of others', () => {
    const others = [
      [
        'secretsmanager:GetSecretValue',
        'arn:aws:secretsmanager:eu-west-1:111122223333:secret:cxone/acme-AbCdEf',
      ],
      ['s3:GetObject', `${BUCKET}/lake/acme/cdr/file`],
      ['s3:PutObject', `${BUCKET}/lake/acme/cdr/file`],
      ['s3:DeleteBucket', BUCKET],
      ['s3:PutBucketPolicy', 'arn:aws:s3:::another-bucket'],
      ['dynamodb:GetItem', DEPLOYED['AWS::DynamoDB::Table']?.arn ?? ''],
      ['dynamodb:DeleteTable', DEPLOYED['AWS::DynamoDB::Table']?.arn ?? ''],
      ['kms:ScheduleKeyDeletion', DEPLOYED['AWS::KMS::Key']?.arn ?? ''],
      ['lambda:InvokeFunction', FUNCTION],
      ['lambda:UpdateFunctionCode', FUNCTION.replace('cxone-export', 'another')],
      ['iam:CreateRole', ROLE.replace('cxone-export', 'another')],
      ['iam:PassRole', 'arn:aws:iam::111122223333:role/Admin'],
      ['iam:CreateUser', 'arn:aws:iam::111122223333:user/cxone-export-user'],
      ['states:StartExecution', DEPLOYED['AWS::StepFunctions::StateMachine']?.arn ?? ''],
    ];

    expect(others.filter(([action = '', arn = '']) => allows(execution, action, arn))).toEqual([]);
    const direct = execution.Statement.filter(({ Action }) => Action.includes('kms:Decrypt'));
    expect(direct.map(({ Condition }) => Condition)).toEqual([
      { StringLike: { 'kms:ViaService': ['dynamodb.*.amazonaws.com'] } },
    ]);
  });

  it.each(['execution', 'deployer'])(
    'OPS-02 %s is as short as IAM wants a managed policy, and allows no whole service',
    (name) => {
      const { Statement } = policyOf(name);

      expect(JSON.stringify(JSON.parse(textOf(name))).length).toBeLessThanOrEqual(6_144);
      expect(
        Statement.flatMap(({ Action }) => Action.filter((action) => /^(\*|[a-z0-9]+:\*)$/.test(action))),
      ).toEqual([]);
    },
  );
});

describe('docs/policies/deployer.json', () => {
  it('OPS-02 lets a person deploy, write secrets, and start and watch runs, and read neither secrets nor data', () => {
    const deployer = policyOf('deployer');
    const secret = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:cxone/acme-AbCdEf';
    const machine = DEPLOYED['AWS::StepFunctions::StateMachine']?.arn ?? '';

    const may = (action: string, arn: string) => allows(deployer, action, arn);

    expect([
      may(
        'sts:AssumeRole',
        'arn:aws:iam::111122223333:role/cdk-hnb659fds-deploy-role-111122223333-eu-west-1',
      ),
      may('secretsmanager:CreateSecret', secret),
      may('states:StartExecution', machine),
      may('states:RedriveExecution', machine.replace('stateMachine', 'execution')),
    ]).toEqual([true, true, true, true]);
    expect([
      may('secretsmanager:GetSecretValue', secret),
      may('s3:GetObject', `${BUCKET}/lake/acme/cdr/file`),
      may('sts:AssumeRole', 'arn:aws:iam::111122223333:role/Admin'),
    ]).toEqual([false, false, false]);
  });
});
