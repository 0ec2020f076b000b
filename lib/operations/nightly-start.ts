import { Aws, Duration, TimeZone } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { DeadLetters } from '../storage/dead-letters.ts';

/** Props of `NightlyStart`. */
export interface NightlyStartProps {
  machine: IStateMachine;
  /** The six fields of an EventBridge cron expression. */
  cron: string;
  /** IANA time zone in which the expression is meant. */
  timezone: string;
  /** Whether the schedule is on. */
  enabled: boolean;
  /** Takes starts that could not be delivered. */
  deadLetters: DeadLetters;
  /** What the schedule starts, for its description. */
  description: string;
  /** The input, given what stands for the schedule's own time. Default: `{ scheduledTime }`. */
  input?: (scheduledTime: string) => object;
}

/** A start that could not be delivered for so long goes to the dead letters; the next night's run takes what was missed. */
const DELIVERY_HOURS = 6;
const DELIVERY_ATTEMPTS = 60;

/**
 * Starts a machine by schedule. The input is the schedule's own time, so a start that is late or delivered twice covers the
 * same windows.
 */
export class NightlyStart extends Construct {
  constructor(scope: Construct, id: string, props: NightlyStartProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    props.deadLetters.grantSend(role);
    const { input = (scheduledTime: string) => ({ scheduledTime }) } = props;
    new Schedule(this, 'Schedule', {
      description: props.description,
      enabled: props.enabled,
      schedule: ScheduleExpression.expression(`cron(${props.cron})`, TimeZone.of(props.timezone)),
      target: new StepFunctionsStartExecution(props.machine, {
        role,
        deadLetterQueue: props.deadLetters.queue,
        input: ScheduleTargetInput.fromObject(input(`${ContextAttribute.scheduledTime}`)),
        maxEventAge: Duration.hours(DELIVERY_HOURS),
        retryAttempts: DELIVERY_ATTEMPTS,
      }),
    });
  }
}
