import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Alarm } from '../../local/assembly/types.ts';

/** A value that a function has told of a metric. */
export interface Datapoint {
  namespace: string;
  name: string;
  dimensions: Readonly<Record<string, string>>;
  value: number;
}

const Embedded = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});

/** What the functions of a platform have told in their logs so far, read as CloudWatch reads its embedded format. */
export function toldIn(folder: string): Datapoint[] {
  const logs = join(folder, 'logs');
  if (!existsSync(logs)) return [];
  return readdirSync(logs)
    .flatMap((file) => readFileSync(join(logs, file), 'utf8').split('\n'))
    .filter((line) => line.includes('"_aws"'))
    .flatMap((line) => datapointsOf(Embedded.parse(JSON.parse(line))));
}

function datapointsOf(line: z.infer<typeof Embedded>): Datapoint[] {
  return line._aws.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(line[name])]));
      return Metrics.map(({ Name: name }) => ({ namespace, name, dimensions, value: Number(line[name]) }));
    }),
  );
}

/**
 * How an alarm stands after a night whose datapoints fall into one period of it, by its own rule: namespace, name, dimensions,
 * statistic, comparison, threshold, periods and what missing data counts as.
 */
export function stateOf(alarm: Alarm, told: readonly Datapoint[]): 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' {
  const { metric, threshold, comparison, missing, periods = 1 } = alarm;
  if (metric === undefined || threshold === undefined) throw new Error(`${alarm.name} is over no metric`);
  const values = told
    .filter(
      ({ namespace, name, dimensions }) =>
        namespace === metric.namespace &&
        name === metric.name &&
        Object.keys(dimensions).length === Object.keys(metric.dimensions).length &&
        Object.entries(metric.dimensions).every(([key, value]) => dimensions[key] === value),
    )
    .map(({ value }) => value);
  const silent = missing === 'breaching' ? 'ALARM' : missing === 'notBreaching' ? 'OK' : 'INSUFFICIENT_DATA';
  if (values.length === 0) return silent;
  const breaching = compare(statisticOf(values, metric.statistic), threshold, comparison);
  // All periods have to be in breach; those beside the night's have no data.
  return breaching && (periods === 1 || silent === 'ALARM') ? 'ALARM' : 'OK';
}

function statisticOf(values: readonly number[], statistic: string | undefined): number {
  switch (statistic) {
    case 'Sum':
      return values.reduce((total, value) => total + value, 0);
    case 'Maximum':
      return Math.max(...values);
    case 'Minimum':
      return Math.min(...values);
    default:
      throw new Error(`The statistic ${statistic} is not evaluated here`);
  }
}

function compare(value: number, threshold: number, comparison: string | undefined): boolean {
  switch (comparison) {
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'LessThanThreshold':
      return value < threshold;
    default:
      throw new Error(`The comparison ${comparison} is not evaluated here`);
  }
}
