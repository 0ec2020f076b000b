import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { DeadLetters } from '../storage/dead-letters.ts';

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
} as const satisfies Record<string, { title: string; meaning: string }>;

/** Props of `PipelineAlarms`. */
export interface PipelineAlarmsProps {
  /** `<lake>/<tenant>`: begins every alarm's name. */
  owner: string;
  topic: ITopic;
  /** Machines by the names of their pipelines. */
  machines: Readonly<Record<string, IStateMachine>>;
  deadLetters: DeadLetters;
}

/** The interval over which an alarm counts. */
const PERIOD = Duration.minutes(5);

/**
 * Alarms over the services' own metrics: the events that cause notices are best effort, these are not. Each goes to the
 * topic when it is raised and again when it is over.
 */
export class PipelineAlarms extends Construct {
  private readonly props: PipelineAlarmsProps;

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    this.props = props;
    const counted = { period: PERIOD, statistic: 'Sum' };
    for (const [pipeline, machine] of Object.entries(props.machines)) {
      this.alarm('runFailed', pipeline, machine.metricFailed(counted));
      this.alarm('runTimedOut', pipeline, machine.metricTimedOut(counted));
      this.alarm('runAborted', pipeline, machine.metricAborted(counted));
      this.alarm('runThrottled', pipeline, machine.metricThrottled(counted));
    }
    this.alarm(
      'deadLetters',
      'all pipelines',
      props.deadLetters.queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD }),
    );
  }

  private alarm(kind: keyof typeof ALARMS, subject: string, metric: IMetric): void {
    const { title, meaning } = ALARMS[kind];
    const alarm = new Alarm(this, `${kind}-${subject.replaceAll(' ', '-')}`, {
      alarmName: `${this.props.owner} ${subject}: ${title}`,
      alarmDescription: `${meaning} Runbook: docs/runbook.md, "${title}".`,
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(this.props.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}
