import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmSettings } from '../../lambdas/model/configuration.ts';
import {
  type DatasetMetric,
  METRICS_NAMESPACE,
  type RunMetric,
  type SecretMetric,
  type SecretName,
} from '../../lambdas/model/metrics.ts';
import type { AlarmKind } from './alarms.ts';

/** An alarm over a metric of ours, as CloudWatch is told of it. */
export interface MetricAlarm {
  kind: AlarmKind;
  metric: Metric;
  threshold: number;
  comparison: ComparisonOperator;
  missing: TreatMissingData;
  /** Periods that are looked at, all of which have to be in breach. */
  periods: number;
}

/** Whose metrics: see `RUN_METRICS`, `DATASET_METRICS` and `SECRET_METRICS`. */
export interface MetricOwner {
  lake: string;
  tenant: string;
}

/** What a dataset's alarms depend on besides the settings. */
export interface DatasetTold {
  /** Whether its commits are delivered to a webhook. */
  delivered: boolean;
}

/** A night tells its metrics once: a day holds one night's. */
const NIGHT = Duration.days(1);
const HOUR = Duration.hours(1);

/** A night that has told nothing leaves an alarm as it is: what was wrong is not over for that. */
const AS_IT_IS = TreatMissingData.IGNORE;

/** Alarms of a pipeline. `nightly` says that its schedule starts it. */
export function pipelineAlarms(
  owner: MetricOwner,
  pipeline: string,
  settings: AlarmSettings,
  nightly: boolean,
): MetricAlarm[] {
  const metric = (name: RunMetric, statistic: string, period: Duration) =>
    ours(name, statistic, period, { Lake: owner.lake, Tenant: owner.tenant, Pipeline: pipeline });
  const notStarted: MetricAlarm = {
    kind: 'notStarted',
    metric: metric('RunRecorded', 'Sum', HOUR),
    threshold: 1,
    comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
    // Nothing that could tell of it runs where nothing is started: silence is the alarm.
    missing: TreatMissingData.BREACHING,
    periods: settings.runWithinHours,
  };
  const unavailable: MetricAlarm = {
    kind: 'unavailable',
    metric: metric('InteractionsUnavailablePercent', 'Maximum', NIGHT),
    threshold: settings.unavailablePercent,
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    missing: AS_IT_IS,
    periods: 1,
  };
  const paused: MetricAlarm = {
    kind: 'paused',
    metric: metric('PausedDays', 'Maximum', NIGHT),
    threshold: settings.daysBehind,
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    missing: AS_IT_IS,
    periods: 1,
  };
  return [
    ...(nightly ? [notStarted] : []),
    ...(nightly && pipeline === 'data-action-dates' ? [paused] : []),
    ...(pipeline === 'interaction-archive' ? [unavailable] : []),
    {
      kind: 'throttled',
      metric: metric('ThrottledSeconds', 'Maximum', NIGHT),
      threshold: settings.throttledSeconds,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      missing: AS_IT_IS,
      periods: 1,
    },
  ];
}

/** The alarm of a secret. It is read, and tells its age, whenever a run needs it. */
export function secretAlarm(owner: MetricOwner, secret: SecretName, settings: AlarmSettings): MetricAlarm {
  const name: SecretMetric = 'SecretAgeDays';
  return {
    kind: 'secretAge',
    metric: ours(name, 'Maximum', NIGHT, { Lake: owner.lake, Tenant: owner.tenant, Secret: secret }),
    threshold: settings.secretAgeDays,
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    missing: AS_IT_IS,
    periods: 1,
  };
}

/** Alarms of a dataset. */
export function datasetAlarms(
  owner: MetricOwner,
  dataset: string,
  settings: AlarmSettings,
  { delivered }: DatasetTold,
): MetricAlarm[] {
  const over = (
    kind: AlarmKind,
    name: DatasetMetric,
    statistic: 'Maximum' | 'Minimum',
    comparison: ComparisonOperator,
    threshold: number,
  ): MetricAlarm => ({
    kind,
    metric: ours(name, statistic, NIGHT, dimensionsOf(owner, dataset)),
    threshold,
    comparison,
    missing: AS_IT_IS,
    periods: 1,
  });
  const { GREATER_THAN_THRESHOLD: above, LESS_THAN_THRESHOLD: below } = ComparisonOperator;
  return [
    staleAlarm(owner, dataset, settings),
    over('holes', 'Holes', 'Maximum', above, 0),
    over('drift', 'DriftColumnsOpen', 'Maximum', above, 0),
    over('rejects', 'RejectsPercent', 'Maximum', above, settings.rejectsPercent),
    over('integrity', 'IntegrityPercent', 'Minimum', below, settings.integrityPercent),
    over('fewRows', 'RowsOfUsualPercent', 'Minimum', below, settings.rowsLowPercent),
    over('manyRows', 'RowsOfUsualPercent', 'Maximum', above, settings.rowsHighPercent),
    ...(delivered ? [over('undelivered', 'UndeliveredDays', 'Maximum', above, 0)] : []),
  ];
}

/** The alarm on a dataset whose mark does not come on. It is all that there is to tell of the archive, which has no windows of a table. */
export function staleAlarm(owner: MetricOwner, dataset: string, settings: AlarmSettings): MetricAlarm {
  const name: DatasetMetric = 'DaysBehind';
  return {
    kind: 'stale',
    metric: ours(name, 'Maximum', NIGHT, dimensionsOf(owner, dataset)),
    threshold: settings.daysBehind,
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    missing: AS_IT_IS,
    periods: 1,
  };
}

function dimensionsOf({ lake, tenant }: MetricOwner, dataset: string): Record<string, string> {
  return { Lake: lake, Tenant: tenant, Dataset: dataset };
}

function ours(name: string, statistic: string, period: Duration, dimensions: Record<string, string>): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName: name,
    dimensionsMap: dimensions,
    statistic,
    period,
  });
}
