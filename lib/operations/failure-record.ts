import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { PipelineFunction } from '../functions/pipeline-function.ts';
import type { DeadLetters } from '../storage/dead-letters.ts';

/** Props of `FailureRecord`. */
export interface FailureRecordProps {
  tenant: string;
  machines: readonly IStateMachine[];
  recorder: PipelineFunction;
  /** Tells the tenant's webhook of the failure, where it wants to be told. */
  deliveries?: IStateMachine | undefined;
  /** Takes events that could not be delivered and invocations that failed for good. */
  deadLetters: DeadLetters;
}

/** How long an event may wait for delivery, and an invocation of the recorder for its retries. */
const PATIENCE = Duration.hours(6);

/** Lambda repeats an asynchronous invocation that fails twice at most: after one minute and after two. */
const RECORDER_RETRIES = 2;

/**
 * Calls the recorder for every execution of the machines that ended other than well, also for deaths that no state could
 * catch. The recorder is given the event as it is; the event carries no cause, the recorder looks it up.
 */
export class FailureRecord extends Construct {
  constructor(scope: Construct, id: string, props: FailureRecordProps) {
    super(scope, id);
    const { recorder, deadLetters, deliveries } = props;
    new Rule(this, 'Rule', {
      description: `${props.tenant}: executions that failed, timed out or were aborted`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: props.machines.map((machine) => machine.stateMachineArn),
        },
      },
      targets: [
        new LambdaFunction(recorder.version, {
          deadLetterQueue: deadLetters.queue,
          maxEventAge: PATIENCE,
        }),
        ...(deliveries === undefined
          ? []
          : [new SfnStateMachine(deliveries, { deadLetterQueue: deadLetters.queue, maxEventAge: PATIENCE })]),
      ],
    });
    recorder.version.configureAsyncInvoke({
      retryAttempts: RECORDER_RETRIES,
      maxEventAge: PATIENCE,
      onFailure: { bind: () => ({ destination: deadLetters.queue.queueArn }) },
    });
    deadLetters.grantSend(recorder.role);
  }
}
