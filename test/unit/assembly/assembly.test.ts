import { Aws, CfnOutput, Duration, Fn, Stack, Tags, TimeZone } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Alias, CfnFunction, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { describe, expect, it } from 'vitest';
import { assemblyOf, codeFolder } from './synthesised.ts';

const code = codeFolder('index.mjs', 'export const handler = async (event) => event;');
const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:000000000000:${resource}`;

const assembly = assemblyOf((app) => {
  const lake = new Stack(app, 'Lake', { stackName: 'lake' });
  const acme = new Stack(app, 'Acme', { stackName: 'acme' });
  const key = new Key(lake, 'Key', { alias: 'lake-key', description: 'Lake' });
  new Key(lake, 'Mac', { keySpec: KeySpec.HMAC_256, keyUsage: KeyUsage.GENERATE_VERIFY_MAC });
  const bucket = new Bucket(lake, 'Bucket', { encryptionKey: key });
  const table = new TableV2(lake, 'Ledger', {
    tableName: 'ledger',
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
  });
  const topic = new Topic(lake, 'Alarms', { topicName: 'alarms' });
  const queue = new Queue(acme, 'DeadLetters', { queueName: 'dead', retentionPeriod: Duration.days(14) });
  topic.addSubscription(new SqsSubscription(queue, { rawMessageDelivery: true }));
  const secret = new Secret(acme, 'Credentials', { secretName: 'cxone/acme' });
  const plan = new LambdaFunction(acme, 'Plan', {
    functionName: 'plan',
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(code),
    timeout: Duration.minutes(5),
    memorySize: 512,
    environment: {
      BUCKET: bucket.bucketName,
      LEDGER: table.tableName,
      KEY: key.keyArn,
      SECRET: secret.secretArn,
      TOPIC: topic.topicArn,
      QUEUE: queue.queueUrl,
      STACK: Aws.STACK_NAME,
      JOINED: Fn.join('-', [Aws.REGION, Fn.select(1, Fn.split('/', secret.secretName))]),
      SUBSTITUTED: Fn.sub(`\${AWS::Partition}/\${!Literal}/\${Name}`, { Name: queue.queueName }),
    },
  });
  const resource = plan.node.defaultChild;
  if (resource instanceof CfnFunction) resource.addMetadata('cxone-export:entry', 'lambdas/handlers/plan.ts');
  new Alias(acme, 'Live', { aliasName: 'live', version: plan.currentVersion });
  const machine = new StateMachine(acme, 'Cdr', {
    stateMachineName: 'cdr-export',
    queryLanguage: QueryLanguage.JSONATA,
    definitionBody: DefinitionBody.fromChainable(
      LambdaInvoke.jsonata(acme, 'Plan state', { lambdaFunction: plan.currentVersion }),
    ),
  });
  Tags.of(machine).add('pipeline', 'cdr');
  new Schedule(acme, 'Nightly', {
    schedule: ScheduleExpression.cron({ hour: '3', minute: '30', timeZone: TimeZone.EUROPE_BERLIN }),
    target: new StepFunctionsStartExecution(machine, {
      deadLetterQueue: queue,
      retryAttempts: 5,
      input: ScheduleTargetInput.fromObject({ scheduledTime: ContextAttribute.scheduledTime }),
    }),
  });
  new Rule(acme, 'Failed', {
    eventPattern: { source: ['aws.states'], detail: { stateMachineArn: [machine.stateMachineArn] } },
    targets: [new FunctionTarget(plan, { deadLetterQueue: queue })],
  });
  new CfnDatabase(acme, 'Database', { catalogId: Aws.ACCOUNT_ID, databaseInput: { name: 'lake_acme' } });
  new CfnTable(acme, 'Table', {
    catalogId: Aws.ACCOUNT_ID,
    databaseName: 'lake_acme',
    tableInput: {
      name: 'cdr',
      partitionKeys: [{ name: 'dt', type: 'string' }],
      storageDescriptor: {
        location: `s3://${bucket.bucketName}/lake/`,
        columns: [{ name: 'id', type: 'string' }],
      },
    },
  });
  const alarm = new Alarm(acme, 'RunFailed', {
    metric: machine.metricFailed(),
    threshold: 1,
    evaluationPeriods: 1,
  });
  alarm.addAlarmAction(new SnsAction(topic));
  new CfnOutput(acme, 'Machine', { value: machine.stateMachineArn });
});

describe('OPS-06 a synthesised app read back', () => {
  it('names the stacks', () => {
    const { stacks } = assembly;

    expect(stacks).toEqual(['lake', 'acme']);
  });

  it('gives functions with their resolved environment, asset, entry, versions and aliases', () => {
    const [plan] = assembly.functions;

    expect(plan).toMatchObject({
      name: 'plan',
      arn: arn('lambda', 'function:plan'),
      timeoutSeconds: 300,
      memoryMegabytes: 512,
      diskMegabytes: 512,
      handler: 'index.handler',
      entry: 'lambdas/handlers/plan.ts',
      versions: [arn('lambda', 'function:plan:1')],
      aliases: [arn('lambda', 'function:plan:live')],
      assetPath: expect.stringMatching(/cdk\.out\/asset\.[0-9a-f]{64}$/),
    });
    expect(plan?.environment).toEqual({
      BUCKET: assembly.buckets[0]?.name,
      LEDGER: 'ledger',
      KEY: assembly.keys[0]?.arn,
      SECRET: assembly.secrets[0]?.arn,
      TOPIC: arn('sns', 'alarms'),
      QUEUE: 'https://sqs.eu-west-1.amazonaws.com/000000000000/dead',
      STACK: 'acme',
      JOINED: 'eu-west-1-acme',
      SUBSTITUTED: `aws/\${Literal}/dead`,
    });
  });

  it('ALL-18 finds a function by its ARN, a version or an alias', () => {
    const arns = ['', ':1', ':live', ':2'].map((ending) => `${arn('lambda', 'function:plan')}${ending}`);

    const found = arns.map((one) => assembly.functionOf(one)?.name);

    expect(found).toEqual(['plan', 'plan', 'plan', undefined]);
  });

  it('gives state machines with the definition resolved', () => {
    const [machine] = assembly.stateMachines;

    const definition = JSON.parse(machine?.definition ?? '');
    expect(machine).toMatchObject({
      name: 'cdr-export',
      arn: arn('states', 'stateMachine:cdr-export'),
      type: 'STANDARD',
      tags: { pipeline: 'cdr' },
    });
    expect(definition.States['Plan state']).toMatchObject({
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: arn('lambda', 'function:plan:1') },
    });
  });

  it('gives storage: buckets, tables, keys, secrets', () => {
    const { buckets, tables, keys, secrets } = assembly;

    expect(buckets.map((bucket) => bucket.name)).toEqual([expect.stringMatching(/^lake-bucket[0-9a-f]+$/)]);
    expect(tables).toMatchObject([
      {
        name: 'ledger',
        timeToLive: 'expiresAt',
        definition: {
          TableName: 'ledger',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
        },
      },
    ]);
    expect(keys.map(({ usage, aliases, description }) => ({ usage, aliases, description }))).toEqual([
      { usage: 'ENCRYPT_DECRYPT', aliases: ['alias/lake-key'], description: 'Lake' },
      { usage: 'GENERATE_VERIFY_MAC', aliases: [], description: '' },
    ]);
    expect(secrets.map((secret) => secret.name)).toEqual(['cxone/acme']);
  });

  it('ALL-01 gives topics, queues, subscriptions, rules and schedules', () => {
    const { topics, queues, subscriptions, rules, schedules } = assembly;

    expect(topics.map((topic) => topic.arn)).toEqual([arn('sns', 'alarms')]);
    expect(queues).toMatchObject([{ name: 'dead', attributes: { MessageRetentionPeriod: '1209600' } }]);
    expect(subscriptions).toMatchObject([
      { topicArn: arn('sns', 'alarms'), protocol: 'sqs', endpoint: arn('sqs', 'dead') },
    ]);
    expect(rules).toMatchObject([
      {
        enabled: true,
        bus: 'default',
        pattern: {
          source: ['aws.states'],
          detail: { stateMachineArn: [arn('states', 'stateMachine:cdr-export')] },
        },
        targets: [{ arn: arn('lambda', 'function:plan'), deadLetterArn: arn('sqs', 'dead') }],
      },
    ]);
    expect(schedules).toMatchObject([
      {
        enabled: true,
        expression: 'cron(30 3 * * ? *)',
        timezone: 'Europe/Berlin',
        target: {
          arn: arn('states', 'stateMachine:cdr-export'),
          input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
          deadLetterArn: arn('sqs', 'dead'),
          retries: { attempts: 5, ageSeconds: 86_400 },
        },
      },
    ]);
  });

  it('gives catalog, alarms and outputs', () => {
    const { databases, glueTables, alarms } = assembly;

    expect(databases.map((database) => database.name)).toEqual(['lake_acme']);
    expect(glueTables).toMatchObject([
      {
        database: 'lake_acme',
        name: 'cdr',
        input: { StorageDescriptor: { Location: `s3://${assembly.buckets[0]?.name}/lake/` } },
      },
    ]);
    expect(alarms).toMatchObject([
      {
        metric: {
          namespace: 'AWS/States',
          name: 'ExecutionsFailed',
          dimensions: { StateMachineArn: arn('states', 'stateMachine:cdr-export') },
        },
        threshold: 1,
        actions: [arn('sns', 'alarms')],
      },
    ]);
    expect(assembly.output('acme', 'Machine')).toBe(arn('states', 'stateMachine:cdr-export'));
  });
});
