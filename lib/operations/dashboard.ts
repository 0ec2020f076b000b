import { Duration } from 'aws-cdk-lib';
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Metric,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ARCHIVE_DATASET } from '../../lambdas/model/interactions.ts';
import {
  type DatasetMetric,
  type DeliveryMetric,
  METRICS_NAMESPACE,
  type RunMetric,
} from '../../lambdas/model/metrics.ts';
import { WEBHOOK_MACHINE } from '../../lambdas/model/pipelines.ts';
import type { LoadedDataset } from '../configuration-file.ts';

/** Props of `TenantDashboard`. */
export interface TenantDashboardProps {
  lake: string;
  tenant: string;
  machines: Readonly<Record<string, IStateMachine>>;
  datasets: readonly LoadedDataset[];
  /** The machine of deliveries, where the tenant has a webhook. */
  deliveries: IStateMachine | undefined;
}

const NIGHT = Duration.days(1);
/** Columns of a dashboard: CloudWatch's grid has 24. */
const WHOLE = 24;
const QUARTER = WHOLE / 4;

/**
 * What a tenant's operator looks at first: a row a pipeline, with its executions, its times, its rows, and what is wrong with its
 * datasets; and one for the webhook.
 */
export class TenantDashboard extends Construct {
  constructor(scope: Construct, id: string, props: TenantDashboardProps) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: `${props.lake}-${props.tenant}` });
    for (const [pipeline, machine] of Object.entries(props.machines)) {
      const datasets = props.datasets.filter((dataset) => dataset.pipeline === pipeline);
      const told = (name: RunMetric) => ours(props, name, { Pipeline: pipeline });
      const ofDatasets = (name: DatasetMetric) =>
        datasets.map(({ dataset }) => ours(props, name, { Dataset: dataset }, dataset));
      const graph = (title: string, left: Metric[]) =>
        new GraphWidget({ title, left, width: QUARTER, period: NIGHT });
      dashboard.addWidgets(new TextWidget({ markdown: `## ${pipeline}`, width: WHOLE, height: 1 }));
      dashboard.addWidgets(
        executionsOf(machine),
        graph('seconds: of a run, throttled, in CXone’s queue', [
          told('DurationSeconds'),
          told('ThrottledSeconds'),
          told('QueueWaitSeconds'),
        ]),
        ...(pipeline === 'interaction-archive'
          ? [
              graph('days behind, percent not given', [
                ours(
                  props,
                  'DaysBehind' satisfies DatasetMetric,
                  { Dataset: ARCHIVE_DATASET },
                  ARCHIVE_DATASET,
                ),
                told('InteractionsUnavailablePercent'),
              ]),
            ]
          : []),
        ...(datasets.length === 0
          ? []
          : [
              graph('rows', ofDatasets('RowsOut')),
              graph('holes, days behind, open drift', [
                ...ofDatasets('Holes'),
                ...ofDatasets('DaysBehind'),
                ...ofDatasets('DriftColumnsOpen'),
              ]),
            ]),
      );
    }
    if (props.deliveries !== undefined) dashboard.addWidgets(...webhookRow(props, props.deliveries));
  }
}

/** What the webhook was sent, what did not get through, and which datasets' commits it has not been told of. */
function webhookRow(props: TenantDashboardProps, deliveries: IStateMachine): IWidget[] {
  const told = (name: DeliveryMetric) =>
    ours(props, name, { Pipeline: WEBHOOK_MACHINE }).with({ statistic: 'Sum' });
  const ofDatasets = (name: DatasetMetric) =>
    props.datasets.map(({ dataset }) => ours(props, name, { Dataset: dataset }, dataset));
  const graph = (title: string, left: IMetric[]) =>
    new GraphWidget({ title, left, width: QUARTER, period: NIGHT });
  return [
    new TextWidget({ markdown: `## ${WEBHOOK_MACHINE}`, width: WHOLE, height: 1 }),
    executionsOf(deliveries),
    graph('batches delivered', [told('BatchesDelivered')]),
    graph('retries, deliveries given up', [told('DeliveryRetries'), told('DeliveriesGivenUp')]),
    graph('days not delivered, age in seconds', [
      ...ofDatasets('UndeliveredDays'),
      ...ofDatasets('UndeliveredSeconds'),
    ]),
  ];
}

function executionsOf(machine: IStateMachine): GraphWidget {
  return new GraphWidget({
    title: 'executions',
    left: [
      machine.metricSucceeded({ label: 'succeeded' }),
      machine.metricFailed({ label: 'failed' }),
      machine.metricTimedOut({ label: 'timed out' }),
      machine.metricAborted({ label: 'aborted' }),
    ],
    width: QUARTER,
    period: NIGHT,
  });
}

function ours(
  { lake, tenant }: TenantDashboardProps,
  name: string,
  of: Record<string, string>,
  label?: string,
): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName: name,
    dimensionsMap: { Lake: lake, Tenant: tenant, ...of },
    statistic: 'Maximum',
    period: NIGHT,
    label: label === undefined ? name : `${label} ${name}`,
  });
}
