import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { AlarmSettings } from '../../lambdas/model/configuration.ts';
import { ARCHIVE_DATASET } from '../../lambdas/model/interactions.ts';
import type { SecretName } from '../../lambdas/model/metrics.ts';
import type { DeadLetters } from '../storage/dead-letters.ts';
import {
  datasetAlarms,
  type MetricAlarm,
  type MetricOwner,
  pipelineAlarms,
  secretAlarm,
  staleAlarm,
} from './metric-alarms.ts';

/** Every alarm: its title, which is a heading of docs/runbook.md, and what it says. */
export const ALARMS = {
  runFailed: { title: 'executions failed', meaning: 'A run of the pipeline failed.' },
  runTimedOut: { title: 'executions timed out', meaning: 'A run was not over after 14 days.' },
  runAborted: { title: 'executions aborted', meaning: 'A run was stopped by somebody.' },
  runThrottled: {
    title: 'executions throttled',
    meaning: 'Step Functions held back state transitions of the pipeline.',
  },
  deadLetters: {
    title: 'dead letters',
    meaning: 'A scheduled start or a notice of failure could not be delivered.',
  },
  notStarted: {
    title: 'not started',
    meaning: 'No run of the pipeline was recorded for longer than its schedule allows.',
  },
  stale: { title: 'no commit in time', meaning: 'The last good day lies further back than is allowed.' },
  holes: { title: 'holes', meaning: 'Days are missing before the last committed one.' },
  drift: { title: 'drift', meaning: 'CXone delivers columns that no mapping knows.' },
  rejects: { title: 'rejects', meaning: 'More rows than usual could not be typed.' },
  integrity: { title: 'integrity', meaning: 'Too many records lack required fields.' },
  fewRows: {
    title: 'far fewer rows than usual',
    meaning: 'A day has far fewer rows than its weekday usually has.',
  },
  manyRows: {
    title: 'far more rows than usual',
    meaning: 'A day has far more rows than its weekday usually has.',
  },
  undelivered: {
    title: 'not delivered',
    meaning: 'The webhook has not been told of committed days: given up, or late by more than an hour.',
  },
  secretAge: { title: 'secret age', meaning: 'A secret has not been changed for longer than is allowed.' },
  unavailable: {
    title: 'interactions unavailable',
    meaning:
      'CXone did not give the archive the details of more interactions than single restricted or deleted ones.',
  },
  paused: { title: 'paused', meaning: 'Data actions have been paused for longer than is allowed.' },
  throttled: { title: 'throttled', meaning: 'A run waited long for the rates of CXone.' },
} as const satisfies Record<string, { title: string; meaning: string }>;

/** What a secret is called in the name of its alarm. */
const SECRETS: Readonly<Record<SecretName, string>> = {
  credentials: 'client credentials',
  webhook: 'webhook secret',
  passphrases: 'archive passphrases',
};

/** Name of an alarm in the table. */
export type AlarmKind = keyof typeof ALARMS;

/** Whose alarms, and who is told. */
interface AlarmOwner {
  /** `<lake>/<tenant>`: begins every alarm's name. */
  owner: string;
  topic: ITopic;
}

/** Props of `PipelineAlarms`. */
export interface PipelineAlarmsProps extends AlarmOwner {
  /** Machines by the names of their pipelines. */
  machines: Readonly<Record<string, IStateMachine>>;
  deadLetters: DeadLetters;
  /** Names the metrics of ours. */
  metrics: MetricOwner;
  settings: AlarmSettings;
  pipelines: readonly string[];
  /** Whose age is told. */
  secrets: readonly SecretName[];
  /** Pipelines that their schedules start. */
  nightly: readonly string[];
}

/** Props of `DatasetAlarms`. */
export interface DatasetAlarmsProps extends AlarmOwner {
  /** Names the metrics of ours. */
  metrics: MetricOwner;
  settings: AlarmSettings;
  datasets: readonly string[];
  /** Whether commits are delivered to a webhook. */
  delivered: boolean;
  /** Whether there is an archive: of what has no windows of a table there is only a mark to tell. */
  archived: boolean;
}

type AlarmRule = Pick<MetricAlarm, 'threshold' | 'comparison' | 'missing' | 'periods'>;

/** The rule of alarms over counts of what should not be. */
const ONE_IS_TOO_MANY: AlarmRule = {
  threshold: 1,
  comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  missing: TreatMissingData.NOT_BREACHING,
  periods: 1,
};

/** The interval over which an alarm counts. */
const PERIOD = Duration.minutes(5);

/**
 * Alarms over runs, secrets and dead letters. Those over the services' own metrics do not depend on anything of ours: the events that
 * cause notices are best effort, these are not. Each alarm goes to the topic when it is raised and again when it is over.
 */
export class PipelineAlarms extends Construct {
  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    const counted = { period: PERIOD, statistic: 'Sum' };
    const alarm = (kind: AlarmKind, subject: string, metric: IMetric) =>
      addAlarm(this, props, { kind, subject, metric, ...ONE_IS_TOO_MANY });
    for (const [pipeline, machine] of Object.entries(props.machines)) {
      alarm('runFailed', pipeline, machine.metricFailed(counted));
      alarm('runTimedOut', pipeline, machine.metricTimedOut(counted));
      alarm('runAborted', pipeline, machine.metricAborted(counted));
      alarm('runThrottled', pipeline, machine.metricThrottled(counted));
    }
    const { metrics, settings, nightly } = props;
    for (const pipeline of props.pipelines)
      for (const told of pipelineAlarms(metrics, pipeline, settings, nightly.includes(pipeline)))
        addAlarm(this, props, { subject: pipeline, ...told });
    for (const secret of props.secrets)
      addAlarm(this, props, { subject: SECRETS[secret], ...secretAlarm(metrics, secret, settings) });
    alarm(
      'deadLetters',
      'all pipelines',
      props.deadLetters.queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD }),
    );
  }
}

/** Alarms over what runs tell of datasets, several a dataset. */
export class DatasetAlarms extends Construct {
  constructor(scope: Construct, id: string, props: DatasetAlarmsProps) {
    super(scope, id);
    for (const dataset of props.datasets)
      for (const told of datasetAlarms(props.metrics, dataset, props.settings, props))
        addAlarm(this, props, { subject: `dataset ${dataset}`, ...told });
    if (props.archived)
      addAlarm(this, props, {
        subject: `dataset ${ARCHIVE_DATASET}`,
        ...staleAlarm(props.metrics, ARCHIVE_DATASET, props.settings),
      });
  }
}

function addAlarm(
  scope: Construct,
  { owner, topic }: AlarmOwner,
  { kind, subject, metric, ...rule }: AlarmRule & { kind: AlarmKind; subject: string; metric: IMetric },
): void {
  const { title, meaning } = ALARMS[kind];
  const alarm = new Alarm(scope, `${kind}-${subject.replaceAll(' ', '-')}`, {
    alarmName: `${owner} ${subject}: ${title}`,
    alarmDescription: `${meaning} Runbook: docs/runbook.md, "${title}".`,
    metric,
    threshold: rule.threshold,
    evaluationPeriods: rule.periods,
    comparisonOperator: rule.comparison,
    treatMissingData: rule.missing,
  });
  const action = new SnsAction(topic);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
}
