import { CfnOutput, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { LakeSettings } from '../lambdas/model/configuration.ts';
import {
  type MachineName,
  OPERATIONS_MACHINE,
  type PipelineName,
  WEBHOOK_MACHINE,
} from '../lambdas/model/pipelines.ts';
import type { Deployed } from '../lambdas/model/status.ts';
import type { ConfiguredTenant } from './configuration-file.ts';
import { TenantFunctions } from './functions/tenant-functions.ts';
import type { LakeStack } from './lake-stack.ts';
import { PipelineAlarms } from './operations/alarms.ts';
import { TenantCatalog } from './operations/catalog.ts';
import { TenantDashboard } from './operations/dashboard.ts';
import { acknowledgeTenant } from './operations/exceptions.ts';
import { FailureRecord } from './operations/failure-record.ts';
import { NightlyStart } from './operations/nightly-start.ts';
import { QueryWorkgroup } from './operations/query-workgroup.ts';
import { DeadLetters } from './storage/dead-letters.ts';
import { type DeployedPipeline, tenantPipelines } from './tenant-pipelines.ts';
import { OPERATIONS_FUNCTIONS, OperationsWorkflow } from './workflows/operations.ts';
import { commitsTo, type DeployedWebhook, WebhookDeliveries } from './workflows/webhook-deliveries.ts';

/** Props of `TenantStack`. */
export interface TenantStackProps {
  settings: LakeSettings;
  configured: ConfiguredTenant;
  lake: LakeStack;
}

/** One tenant: its functions, machines, catalog, schedules, and alarms but those of its datasets. `<lake>-<tenant>`. */
export class TenantStack extends Stack {
  private readonly props: TenantStackProps;
  /** Pipelines that their schedules start. */
  private readonly nightly: PipelineName[] = [];

  constructor(scope: Construct, props: TenantStackProps) {
    const { settings, configured, lake } = props;
    const { tenant } = configured;
    super(scope, `${settings.name}-${tenant.id}`, { description: `CXone export: ${tenant.id}` });
    this.props = props;
    const mappings = Object.fromEntries(
      configured.datasets.map(({ dataset, mapping }) => [dataset, mapping]),
    );
    const catalog = new TenantCatalog(this, 'Catalog', {
      tenant: tenant.id,
      lakeName: settings.name,
      bucket: lake.bucket.seenFrom(this),
      datasets: mappings,
    });
    const machines: readonly MachineName[] = [...configured.pipelines, OPERATIONS_MACHINE];
    const deadLetters = new DeadLetters(this, 'DeadLetters', { key: lake.key });
    const functions = new TenantFunctions(this, 'Functions', {
      configured,
      settings,
      lake,
      catalog,
      deadLetters,
      machineNames: machines.map((machine) => this.machineName(machine)),
    });
    const webhook = this.webhook(functions);
    const deployed = this.deploy(
      tenantPipelines(this, settings, configured, functions),
      deadLetters,
      webhook,
    );
    this.operations(functions, webhook, deadLetters);
    new FailureRecord(this, 'Failures', {
      tenant: tenant.id,
      machines: Object.values(deployed),
      recorder: functions.of(['record']).record,
      deliveries: webhook?.events.includes('failed') === true ? webhook.deliveries : undefined,
      deadLetters,
    });
    new PipelineAlarms(this, 'Alarms', {
      owner: `${settings.name}/${tenant.id}`,
      topic: lake.topics.alarms,
      machines: { ...deployed, ...(webhook && { webhook: webhook.deliveries }) },
      metrics: { lake: settings.name, tenant: tenant.id },
      settings: settings.alarms,
      pipelines: configured.pipelines,
      secrets: [
        'credentials',
        ...(webhook === undefined ? [] : (['webhook'] as const)),
        ...(configured.archive?.sealing.mode === 'passphrase' ? (['passphrases'] as const) : []),
      ],
      nightly: this.nightly,
      deadLetters,
    });
    new TenantDashboard(this, 'Overview', {
      lake: settings.name,
      tenant: tenant.id,
      machines: deployed,
      datasets: configured.datasets,
      deliveries: webhook?.deliveries,
    });
    const { workgroup } = new QueryWorkgroup(this, 'Queries', {
      tenant: tenant.id,
      name: `${settings.name}-${tenant.id}`,
      bucket: lake.bucket.seenFrom(this),
      key: lake.key,
      databaseName: catalog.databaseName,
      datasets: mappings,
      scanLimitGigabytes: settings.queryScanLimitGigabytes,
    });
    new CfnOutput(this, 'AthenaWorkgroupName', { value: workgroup.name });
    new CfnOutput(this, 'GlueDatabaseName', { value: catalog.databaseName });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: deadLetters.queue.queueUrl });
    acknowledgeTenant(this, tenant.id);
  }

  /** The webhook's function and machine, where the tenant has one. */
  private webhook(functions: TenantFunctions): DeployedWebhook | undefined {
    const { id, webhook } = this.props.configured.tenant;
    if (webhook === undefined) return undefined;
    const { deliver } = functions.of(['deliver']);
    const { stateMachine: deliveries } = new WebhookDeliveries(this, 'Webhook', {
      machineName: this.machineName(WEBHOOK_MACHINE),
      logs: this.machineLogs('Webhook', WEBHOOK_MACHINE),
      deliver,
    });
    Tags.of(deliveries).add('cxone-export:tenant', id);
    Tags.of(deliveries).add('cxone-export:pipeline', WEBHOOK_MACHINE);
    new CfnOutput(this, 'WebhookMachineArn', { value: deliveries.stateMachineArn });
    return { deliver, deliveries, events: webhook.events };
  }

  private deploy(
    pipelines: Partial<Record<PipelineName, DeployedPipeline>>,
    deadLetters: DeadLetters,
    webhook: DeployedWebhook | undefined,
  ): Partial<Record<PipelineName, IStateMachine>> {
    const { configured, lake } = this.props;
    const machines: Partial<Record<PipelineName, IStateMachine>> = {};
    for (const pipeline of configured.pipelines) {
      const deployed = pipelines[pipeline];
      if (deployed === undefined) throw new Error(`The pipeline ${pipeline} has no workflow`);
      const { id, workflow, nightly } = deployed;
      const { stateMachine } = workflow(id, {
        tenant: configured.tenant.id,
        bucket: lake.bucket.seenFrom(this),
        machineName: this.machineName(pipeline),
        logs: this.machineLogs(id, pipeline),
        hashKey: configured.tenant.hashKey?.version,
        deliver: commitsTo(webhook),
      });
      // The machine itself reads the list of windows and writes the children's results.
      lake.key.grantThrough(stateMachine, 's3');
      Tags.of(stateMachine).add('cxone-export:pipeline', pipeline);
      Tags.of(stateMachine).add('cxone-export:tenant', configured.tenant.id);
      if (nightly !== undefined) this.nightly.push(...(nightly.enabled ? [pipeline] : []));
      if (nightly !== undefined)
        new NightlyStart(this, `${id}Start`, {
          machine: stateMachine,
          ...nightly.schedule,
          enabled: nightly.enabled,
          deadLetters,
          description: `${configured.tenant.id}: ${pipeline}`,
        });
      new CfnOutput(this, `${id}MachineArn`, { value: stateMachine.stateMachineArn });
      machines[pipeline] = stateMachine;
    }
    return machines;
  }

  /** What operators do by hand: rollbacks, pins, pauses; and the notice of the night, by schedule. */
  private operations(
    functions: TenantFunctions,
    webhook: DeployedWebhook | undefined,
    deadLetters: DeadLetters,
  ): void {
    const { configured } = this.props;
    const { stateMachine } = new OperationsWorkflow(this, 'Operations', {
      tenant: configured.tenant.id,
      machineName: this.machineName(OPERATIONS_MACHINE),
      logs: this.machineLogs('Operations', OPERATIONS_MACHINE),
      functions: functions.of(OPERATIONS_FUNCTIONS),
      deliver: commitsTo(webhook),
      webhook: webhook?.deliver,
      archive: configured.archive && functions.of(['seal-archive-day'])['seal-archive-day'],
      datasets: configured.datasets,
      deployed: deployedOf(configured, this.nightly),
    });
    Tags.of(stateMachine).add('cxone-export:pipeline', OPERATIONS_MACHINE);
    Tags.of(stateMachine).add('cxone-export:tenant', configured.tenant.id);
    new CfnOutput(this, 'OperationsMachineArn', { value: stateMachine.stateMachineArn });
    const { id, nightNotice } = configured.tenant;
    if (nightNotice !== undefined)
      new NightlyStart(this, 'NightNotice', {
        machine: stateMachine,
        cron: `0 ${nightNotice.hour} * * ? *`,
        timezone: 'UTC',
        enabled: true,
        deadLetters,
        description: `${id}: notice of the night`,
        input: (scheduledTime) => ({ nightNotice: { scheduledTime } }),
      });
  }

  private machineName(machine: MachineName): string {
    const { settings, configured } = this.props;
    return `${settings.name}-${configured.tenant.id}-${machine}`;
  }

  private machineLogs(id: string, machine: MachineName): LogGroup {
    const { settings, lake } = this.props;
    return new LogGroup(this, `${id}Logs`, {
      // A machine's role may write to groups of this prefix without the account's log policy growing with every machine.
      logGroupName: `/aws/vendedlogs/states/${this.machineName(machine)}`,
      retention: settings.retention.logDays satisfies RetentionDays,
      encryptionKey: lake.key.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

/** What can be asked for its status: all that the tenant has. */
function deployedOf(configured: ConfiguredTenant, nightly: readonly PipelineName[]): Deployed {
  const { pipelines, datasets } = configured;
  return {
    pipelines: [...pipelines],
    datasets: datasets.map(({ dataset, pipeline }) => ({ dataset, pipeline })),
    breakers: pipelines.includes('data-action-dates') ? ['dataActions'] : [],
    nightly: nightly.map((pipeline) => ({ pipeline, settleMinutes: settleMinutesOf(configured, pipeline) })),
  };
}

/** How long after its end a day is fit to be exported; 0 where a pipeline knows no days. */
function settleMinutesOf({ cdr, analytics, reports }: ConfiguredTenant, pipeline: PipelineName): number {
  switch (pipeline) {
    case 'cdr-export':
      return cdr.settings.settleMinutes;
    case 'analytics-export':
      return analytics?.settings.settleMinutes ?? 0;
    case 'report-sync':
      return reports?.settings.settleMinutes ?? 0;
    case 'interaction-archive':
    case 'data-action-dates':
      return 0;
  }
}
