import { Metrics } from '@aws-lambda-powertools/metrics';
import type { MetricSet } from '../delivery/metrics.ts';
import {
  ACTION_METRICS,
  ARCHIVE_METRICS,
  DATASET_METRICS,
  DELIVERY_METRICS,
  METRICS_NAMESPACE,
  RUN_METRICS,
  SECRET_METRICS,
} from '../model/metrics.ts';

const UNITS: Readonly<Record<string, 'Count' | 'Seconds' | 'Percent'>> = {
  ...RUN_METRICS,
  ...ARCHIVE_METRICS,
  ...ACTION_METRICS,
  ...DATASET_METRICS,
  ...DELIVERY_METRICS,
  ...SECRET_METRICS,
};

/** Writes metrics into the function's log, in CloudWatch's embedded format: CloudWatch makes them of it, no call is made. */
export function publishMetrics(lake: string, sets: readonly MetricSet[]): void {
  for (const { dimensions, values } of sets) {
    const metrics = new Metrics({ namespace: METRICS_NAMESPACE });
    // The library's own dimension, the service, would make other metrics of ours than those that the alarms are over.
    metrics.clearDefaultDimensions();
    metrics.addDimensions({ Lake: lake, ...dimensions });
    for (const [name, value] of Object.entries(values))
      metrics.addMetric(name, UNITS[name] ?? 'Count', value);
    metrics.publishStoredMetrics();
  }
}
