import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { WebhookEvent } from '../../lambdas/model/webhook.ts';
import type { PipelineFunction } from '../functions/pipeline-function.ts';
import { deliverToWebhook } from './fragments/deliver.ts';
import { jsonata } from './fragments/expressions.ts';
import { pipelineMachine } from './fragments/machine.ts';

/** The webhook as it is deployed. */
export interface DeployedWebhook {
  deliver: PipelineFunction;
  deliveries: StateMachine;
  events: readonly WebhookEvent[];
}

/** Props of `WebhookDeliveries`. */
export interface WebhookDeliveriesProps {
  machineName: string;
  logs: ILogGroup;
  deliver: PipelineFunction;
}

/**
 * Deliveries that belong to no window of a run under way: the notice of a run that did not succeed, when it is started with that
 * event; everything that was given up before, when it is started with `{}`.
 */
export class WebhookDeliveries extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { machineName, logs, deliver }: WebhookDeliveriesProps) {
    super(scope, id);
    const definition = deliverToWebhook(this, {
      function: deliver,
      payload: {
        run: jsonata('$states.context.Execution.Id'),
        input: jsonata('$states.context.Execution.Input'),
      },
      end: 'Delivered',
    });
    this.stateMachine = pipelineMachine(this, { name: machineName, definition, logs, functions: [deliver] });
  }
}

/** What delivers commits, where the webhook is told of them. */
export function commitsTo(webhook: DeployedWebhook | undefined): PipelineFunction | undefined {
  return webhook?.events.includes('committed') === true ? webhook.deliver : undefined;
}
