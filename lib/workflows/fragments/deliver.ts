import {
  Choice,
  Condition,
  type INextable,
  type State,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { PipelineFunction } from '../../functions/pipeline-function.ts';
import { jsonata, wholeSecond } from './expressions.ts';
import { invoke } from './invoke.ts';

/**
 * Deliver, and wait for as long as it says, round and round: batches are in the ledger, each call goes on where the one before
 * stopped. A delivery that is given up is no failure of the machine: it is a dead letter.
 * @param end the state in which it ends well, or its name
 */
export function deliverToWebhook(
  scope: Construct,
  delivery: { function: PipelineFunction; payload: Record<string, unknown>; end: string | Succeed },
): State & INextable {
  const deliver = invoke(scope, 'Deliver', delivery);
  const wait = Wait.jsonata(scope, 'WaitForReceiver', {
    time: WaitTime.timestamp(wholeSecond('$states.input.at')),
  });
  wait.next(deliver);
  const end = typeof delivery.end === 'string' ? Succeed.jsonata(scope, delivery.end) : delivery.end;
  deliver.next(
    Choice.jsonata(scope, 'DeliveryState')
      .when(Condition.jsonata(jsonata("$states.input.outcome = 'again'")), wait)
      .otherwise(end),
  );
  return deliver;
}
