import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { LakeSettings } from '../lambdas/model/configuration.ts';
import type { ConfiguredTenant } from './configuration-file.ts';
import type { LakeStack } from './lake-stack.ts';
import { DatasetAlarms } from './operations/alarms.ts';

/** Props of `TenantAlarmsStack`. */
export interface TenantAlarmsStackProps {
  settings: LakeSettings;
  configured: ConfiguredTenant;
  lake: LakeStack;
}

/**
 * The alarms of a tenant's datasets: `<lake>-<tenant>-Alarms`, which no tenant is called, since those have no capitals. A report has eight of them,
 * and a stack has room for 500 resources: beside the tenant's own they would leave room for 18 reports.
 *
 * It names metrics, and refers to nothing of the tenant's stack: so neither holds an export that the other cannot let go of. The tenant's comes
 * after it, so that whoever deploys a tenant by the name of its stack deploys these too, and so that an earlier release's alarms, which had other names
 * and were of the tenant's stack, go when these are there.
 */
export class TenantAlarmsStack extends Stack {
  constructor(scope: Construct, { settings, configured, lake }: TenantAlarmsStackProps) {
    const { tenant, datasets } = configured;
    const description = `CXone export: alarms of ${tenant.id}'s datasets`;
    super(scope, `${settings.name}-${tenant.id}-Alarms`, { description });
    new DatasetAlarms(this, 'Alarms', {
      owner: `${settings.name}/${tenant.id}`,
      topic: lake.topics.alarms,
      metrics: { lake: settings.name, tenant: tenant.id },
      settings: settings.alarms,
      datasets: datasets.map(({ dataset }) => dataset),
      delivered: tenant.webhook?.events.includes('committed') === true,
      archived: configured.pipelines.includes('interaction-archive'),
    });
  }
}
