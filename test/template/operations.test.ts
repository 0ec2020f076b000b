import { readFileSync } from 'node:fs';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';
import { describe, expect, it } from 'vitest';
import { lakeColumns } from '../../lambdas/model/lake-columns.ts';
import { Mapping } from '../../lambdas/model/mapping.ts';
import { DELIVERY_METRICS } from '../../lambdas/model/metrics.ts';
import { ALARMS } from '../../lib/operations/alarms.ts';
import { allStatements, assembled, shippedMapping, tenant, WEBHOOK } from './synthesised.ts';

const schedule = { cron: '15 4 ? * MON-FRI *', timezone: 'Europe/Berlin' };
const configuration = {
  lake: { alarmEmail: 'alarms@example.com' },
  tenants: [
    tenant('acme', { pipelines: { cdr: { schedule } } }),
    tenant('told', { webhook: WEBHOOK, nightNotice: { hour: 7 } }),
    tenant('kept', { pipelines: { archive: {}, dataActions: { schedule } } }),
    tenant('paused', { pipelines: { cdr: { enabled: false } } }),
  ],
};
const assembly = assembled(configuration);
const templates = (stack: string) => Template.fromJSON(assembly.getStackByName(stack).template);
const dependenciesOf = (stack: string) => assembly.getStackByName(stack).dependencies.map(({ id }) => id);
const acme = templates('cxone-export-acme');
const machine = Object.keys(acme.findResources('AWS::StepFunctions::StateMachine'))[0];

describe('the schedule', () => {
  it('ALL-01 starts the machine by cron in its zone with the schedule’s own time', () => {
    acme.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(15 4 ? * MON-FRI *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: Match.objectLike({
        Arn: { Ref: machine },
        Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
      }),
    });
  });

  it('ALL-01 repeats a start that was not delivered, then leaves it with the dead letters', () => {
    acme.hasResourceProperties('AWS::Scheduler::Schedule', {
      Target: Match.objectLike({
        RetryPolicy: { MaximumEventAgeInSeconds: 6 * 3_600, MaximumRetryAttempts: 60 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^DeadLetters'), 'Arn'] } },
      }),
    });
  });

  it('OPS-01 is off where the pipeline is not enabled; the machine is there all the same', () => {
    const paused = templates('cxone-export-paused');

    paused.hasResourceProperties('AWS::Scheduler::Schedule', { State: 'DISABLED' });
    paused.resourceCountIs('AWS::StepFunctions::StateMachine', 2);
  });

  it('OPS-02 may start this machine and send to the dead letters', () => {
    const [start] = allStatements(acme).filter(
      ({ actions, resources }) =>
        actions.includes('states:StartExecution') && resources.includes(`<${machine}>`),
    );

    expect(start?.actions).toEqual(['states:StartExecution']);
  });
});

describe('the notice of the night', () => {
  it('OPS-03 is asked of the operations machine each day at its hour, where it is wanted', () => {
    const told = templates('cxone-export-told');
    const [operations] = Object.entries(told.findResources('AWS::StepFunctions::StateMachine')).flatMap(
      ([id, { Properties }]) => (String(Properties.StateMachineName).endsWith('-operations') ? [id] : []),
    );

    told.resourceCountIs('AWS::Scheduler::Schedule', 2);
    told.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 7 * * ? *)',
      ScheduleExpressionTimezone: 'UTC',
      State: 'ENABLED',
      Target: Match.objectLike({
        Arn: { Ref: operations },
        Input: '{"nightNotice":{"scheduledTime":"<aws.scheduler.scheduled-time>"}}',
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^DeadLetters'), 'Arn'] } },
      }),
    });
    acme.resourceCountIs('AWS::Scheduler::Schedule', 1);
  });
});

describe('the rule on executions', () => {
  it('ALL-10 hands deaths of this tenant’s machine to the published recorder', () => {
    acme.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [{ Ref: machine }] },
      },
      Targets: [
        Match.objectLike({
          Arn: { Ref: Match.stringLikeRegexp('^FunctionsRecordFunctionCurrentVersion') },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^DeadLetters'), 'Arn'] } },
          Input: Match.absent(),
          InputTransformer: Match.absent(),
        }),
      ],
    });
  });

  it('ALL-10 keeps what the recorder could not do', () => {
    acme.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^DeadLetters'), 'Arn'] } },
      },
    });
  });
});

describe('alarms', () => {
  const alarmsOf = (stack: string) =>
    [templates(stack), templates(`${stack}-Alarms`)].flatMap((template) =>
      Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties),
    );
  const alarms = ['cxone-export-acme', 'cxone-export-told'].flatMap(alarmsOf);
  const ofKept = alarmsOf('cxone-export-kept');

  it.each([
    ['executions failed', 'ExecutionsFailed'],
    ['executions timed out', 'ExecutionsTimedOut'],
    ['executions aborted', 'ExecutionsAborted'],
    ['executions throttled', 'ExecutionThrottled'],
  ])('OPS-03 raises "%s" over the service’s own metric %s', (title, metric) => {
    acme.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: `cxone-export/acme cdr-export: ${title}`,
      Namespace: 'AWS/States',
      MetricName: metric,
      Dimensions: [{ Name: 'StateMachineArn', Value: { Ref: machine } }],
      Statistic: 'Sum',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it('OPS-03 raises an alarm over the depth of the dead letters', () => {
    acme.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'cxone-export/acme all pipelines: dead letters',
      MetricName: 'ApproximateNumberOfMessagesVisible',
    });
  });

  it('OPS-03 tells the alarm topic when it is raised and when it is over', () => {
    const topics = alarms.flatMap(({ AlarmActions, OKActions }) => [...AlarmActions, ...OKActions]);

    // One is over deliveries alone, two are over pipelines that neither has; the webhook's machine has the four of a machine; and `told` has a third secret.
    expect(alarms).toHaveLength(2 * (Object.keys(ALARMS).length - 2) + 4);
    for (const { title } of [ALARMS.unavailable, ALARMS.paused])
      expect(ofKept.filter(({ AlarmName }) => String(AlarmName).endsWith(title))).toHaveLength(1);
    expect(topics).toHaveLength(2 * alarms.length);
    for (const topic of topics) expect(flattenCfnReference(topic)).toContain('TopicsAlarms');
  });

  it('OPS-03 ALL-18 are apart where they are of datasets: deployed with the tenant’s stack, before it, and without a reference to it', () => {
    const apart = templates('cxone-export-acme-Alarms').toJSON();

    const imported = JSON.stringify(apart).match(/"Fn::ImportValue":"[^"]*"/g) ?? [];
    expect(Object.keys(apart)).not.toContain('Outputs');
    expect([...new Set(imported)]).toEqual([expect.stringMatching(/"cxone-export-lake:\w*TopicsAlarms\w*"/)]);
    expect(dependenciesOf('cxone-export-acme')).toContain('cxone-export-acme-Alarms');
    expect(dependenciesOf('cxone-export-acme-Alarms')).not.toContain('cxone-export-acme');
  });

  it('OPS-03 names the runbook’s article in every alarm', () => {
    const titles = Object.values(ALARMS).map(({ title }) => title);

    const named = [...alarms, ...ofKept].map(
      ({ AlarmDescription }) => /docs\/runbook\.md, "(.+)"/.exec(AlarmDescription)?.[1],
    );

    expect([...new Set(named)].sort()).toEqual(titles.sort());
  });

  it('OPS-03 raises none of deliveries where there is no webhook', () => {
    const names = alarmsOf('cxone-export-acme').map(({ AlarmName }) => String(AlarmName));

    expect(names.filter((name) => name.includes('webhook') || name.includes('not delivered'))).toEqual([]);
  });

  it('OPS-03 has an article of the runbook for every alarm', () => {
    const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

    const headings = [...runbook.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);

    expect(headings).toEqual(expect.arrayContaining(Object.values(ALARMS).map(({ title }) => title)));
  });

  it('OPS-03 subscribes the configured address', () => {
    templates('cxone-export-lake').hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'alarms@example.com',
    });
  });
});

describe('the catalog', () => {
  const mapping = Mapping.parse(shippedMapping());

  it('OPS-05 has a database a tenant and a table with the columns of the files, by day', () => {
    acme.hasResourceProperties('AWS::Glue::Database', {
      DatabaseInput: Match.objectLike({ Name: 'cxone_export_acme' }),
    });
    acme.hasResourceProperties('AWS::Glue::Table', {
      DatabaseName: 'cxone_export_acme',
      TableInput: Match.objectLike({
        Name: 'cdr',
        TableType: 'EXTERNAL_TABLE',
        PartitionKeys: [Match.objectLike({ Name: 'dt', Type: 'string' })],
        StorageDescriptor: Match.objectLike({
          Columns: lakeColumns(mapping).map(({ name, type }) => Match.objectLike({ Name: name, Type: type })),
          SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        }),
      }),
    });
  });

  it('OPS-05 lies where generations are written', () => {
    const [table] = Object.values(acme.findResources('AWS::Glue::Table'));

    const location = flattenCfnReference(table?.Properties.TableInput.StorageDescriptor.Location);

    expect(location).toMatch(/^s3:\/\/cxone-export-lake:ExportsOutput\w+\/lake\/acme\/cdr\/$/);
  });
});

describe('the machine', () => {
  it('OPS-06 is found by its tags, Standard, traced, logged without data', () => {
    acme.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineName: 'cxone-export-acme-cdr-export',
      StateMachineType: 'STANDARD',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: Match.objectLike({ IncludeExecutionData: false }),
      Tags: Match.arrayWith([
        { Key: 'cxone-export:pipeline', Value: 'cdr-export' },
        { Key: 'cxone-export:tenant', Value: 'acme' },
      ]),
    });
  });

  it('OPS-01 needs no Docker, no custom resource and no other stack’s code', () => {
    const types = new Set(
      ['cxone-export-lake', 'cxone-export-acme'].flatMap((stack) =>
        Object.values(templates(stack).toJSON().Resources).map(
          (resource) => (resource as { Type: string }).Type,
        ),
      ),
    );

    expect(
      [...types].filter((type) => type.startsWith('Custom::') || type.includes('CustomResource')),
    ).toEqual([]);
  });
});

describe('the workgroup', () => {
  it('OPS-05 holds every query to an encrypted result under the tenant’s own prefix and to its limit', () => {
    acme.hasResourceProperties('AWS::Athena::WorkGroup', {
      Name: 'cxone-export-acme',
      WorkGroupConfiguration: Match.objectLike({
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 20 * 1024 ** 3,
        ResultConfiguration: {
          OutputLocation: { 'Fn::Join': ['', Match.arrayWith(['/athena/acme/'])] },
          EncryptionConfiguration: Match.objectLike({ EncryptionOption: 'SSE_KMS' }),
        },
      }),
    });
  });

  it('OPS-01 can be deleted with its stack when queries have been run in it', () => {
    acme.hasResourceProperties('AWS::Athena::WorkGroup', { RecursiveDeleteOption: true });
  });

  it('OPS-05 has the saved queries over the tenant’s own database', () => {
    const queries = Object.values(acme.findResources('AWS::Athena::NamedQuery'));

    expect(queries.length).toBeGreaterThan(4);
    for (const { Properties } of queries)
      expect(Properties).toMatchObject({ Database: 'cxone_export_acme', WorkGroup: 'cxone-export-acme' });
  });

  it('OPS-05 has a table of what is loaded over current.json', () => {
    acme.hasResourceProperties('AWS::Glue::Table', {
      TableInput: Match.objectLike({
        Name: 'loads',
        StorageDescriptor: Match.objectLike({
          Location: { 'Fn::Join': ['', Match.arrayWith(['/current/acme/'])] },
          SerdeInfo: Match.objectLike({
            // Fields are looked for in small letters, whatever letters they have in the document.
            Parameters: Match.objectLike({
              'mapping.committed_at': 'committedat',
              'mapping.max_event': 'maxevent',
              'mapping.counts': 'rows',
            }),
          }),
        }),
      }),
    });
  });
});

describe('the dashboard', () => {
  it('OPS-04 has a row for each pipeline over our own metrics and the machine’s', () => {
    const [dashboard] = Object.values(acme.findResources('AWS::CloudWatch::Dashboard'));

    const body = JSON.stringify(dashboard?.Properties.DashboardBody);

    expect(dashboard?.Properties.DashboardName).toBe('cxone-export-acme');
    const metrics = ['ExecutionsFailed', 'RowsOut', 'Holes', 'ThrottledSeconds', 'QueueWaitSeconds'];
    for (const words of ['## cdr-export', ...metrics]) expect(body).toContain(words);
  });

  it('OPS-04 has a row for the webhook, where there is one', () => {
    const bodyOf = (stack: string) =>
      JSON.stringify(templates(stack).findResources('AWS::CloudWatch::Dashboard'));

    for (const metric of [...Object.keys(DELIVERY_METRICS), 'UndeliveredDays', 'UndeliveredSeconds'])
      expect(bodyOf('cxone-export-told')).toContain(metric);
    expect(bodyOf('cxone-export-acme')).not.toContain('UndeliveredDays');
  });
});
