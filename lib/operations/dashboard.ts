import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, Metric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type DatasetMetric, METRICS_NAMESPACE, type RunMetric } from '../../lambdas/model/metrics.ts';
import type { LoadedDataset } from '../configuration-file.ts';

/** Props of `TenantDashboard`. */
export interface TenantDashboardProps {
  lake: string;
  tenant: string;
  machines: Readonly<Record<string, IStateMachine>>;
  datasets: readonly LoadedDataset[];
}

const NIGHT = Duration.days(1);
/** Columns of a dashboard: CloudWatch's grid has 24. */
const WHOLE = 24;
const QUARTER = WHOLE / 4;

/** What a tenant's operator looks at first: a row a pipeline, with its executions, its times, its rows, and what is wrong with its datasets. */
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
        new GraphWidget({
          title: 'executions',
          left: [
            machine.metricSucceeded({ label: 'succeeded' }),
            machine.metricFailed({ label: 'failed' }),
            machine.metricTimedOut({ label: 'timed out' }),
            machine.metricAborted({ label: 'aborted' }),
          ],
          width: QUARTER,
          period: NIGHT,
        }),
        graph('seconds of a run, throttled seconds', [told('DurationSeconds'), told('ThrottledSeconds')]),
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
  }
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
