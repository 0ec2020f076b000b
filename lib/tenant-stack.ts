import { CfnOutput, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { LakeSettings } from '../lambdas/model/configuration.ts';
import type { PipelineName } from '../lambdas/model/pipelines.ts';
import type { ConfiguredTenant } from './configuration-file.ts';
import { TenantFunctions } from './functions/tenant-functions.ts';
import type { LakeStack } from './lake-stack.ts';
import { PipelineAlarms } from './operations/alarms.ts';
import { TenantCatalog } from './operations/catalog.ts';
import { acknowledgeTenant } from './operations/exceptions.ts';
import { FailureRecord } from './operations/failure-record.ts';
import { NightlyStart } from './operations/nightly-start.ts';
import { DeadLetters } from './storage/dead-letters.ts';
import { CdrExportWorkflow } from './workflows/cdr-export.ts';

/** Props of `TenantStack`. */
export interface TenantStackProps {
  settings: LakeSettings;
  configured: ConfiguredTenant;
  lake: LakeStack;
}

/** One tenant: its functions, machines, catalog, schedules and alarms. `<lake>-<tenant>`. */
export class TenantStack extends Stack {
  constructor(scope: Construct, { settings, configured, lake }: TenantStackProps) {
    const { tenant, cdr } = configured;
    super(scope, `${settings.name}-${tenant.id}`, { description: `CXone export: ${tenant.id}` });
    const pipeline: PipelineName = 'cdr-export';
    const machineName = `${settings.name}-${tenant.id}-${pipeline}`;
    const bucket = lake.bucket.seenFrom(this);
    const catalog = new TenantCatalog(this, 'Catalog', {
      tenant: tenant.id,
      lakeName: settings.name,
      bucket,
      datasets: { cdr: cdr.mapping },
    });
    const { byName: functions } = new TenantFunctions(this, 'Functions', {
      configured,
      settings,
      lake,
      catalog,
      machineNames: [machineName],
    });
    const { stateMachine } = new CdrExportWorkflow(this, 'CdrExport', {
      tenant: tenant.id,
      functions,
      bucket,
      settings: cdr.settings,
      mapping: cdr.mapping,
      machineName,
      logs: new LogGroup(this, 'CdrExportLogs', {
        // A machine's role may write to groups of this prefix without the account's log policy growing with every machine.
        logGroupName: `/aws/vendedlogs/states/${machineName}`,
        retention: settings.retention.logDays satisfies RetentionDays,
        encryptionKey: lake.key.key,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    // The machine itself reads the list of windows and writes the children's results.
    lake.key.grantThrough(stateMachine, 's3');
    Tags.of(stateMachine).add('cxone-export:pipeline', pipeline);
    Tags.of(stateMachine).add('cxone-export:tenant', tenant.id);
    const deadLetters = new DeadLetters(this, 'DeadLetters', { key: lake.key });
    new NightlyStart(this, 'CdrExportStart', {
      machine: stateMachine,
      ...cdr.settings.schedule,
      enabled: cdr.settings.enabled,
      deadLetters,
      description: `${tenant.id}: ${pipeline}`,
    });
    new FailureRecord(this, 'Failures', {
      tenant: tenant.id,
      machines: [stateMachine],
      recorder: functions.record,
      deadLetters,
    });
    new PipelineAlarms(this, 'Alarms', {
      owner: `${settings.name}/${tenant.id}`,
      topic: lake.topics.alarms,
      machines: { [pipeline]: stateMachine },
      deadLetters,
    });
    new CfnOutput(this, 'CdrExportMachineArn', { value: stateMachine.stateMachineArn });
    new CfnOutput(this, 'GlueDatabaseName', { value: catalog.databaseName });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: deadLetters.queue.queueUrl });
    acknowledgeTenant(this, tenant.id);
  }
}
