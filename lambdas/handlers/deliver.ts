import { publishMetrics } from '../aws/embedded-metrics.ts';
import { executions } from '../aws/executions.ts';
import { deliverUpdates } from '../data-actions/delivery.ts';
import { deliverFailure, parseDeliveryInput } from '../delivery/webhook/failure-delivery.ts';
import { deliverDead, deliverWindow } from '../delivery/webhook/window-delivery.ts';
import { isoInstant } from '../model/days.ts';
import { DeliverOutcome, DeliverPayload } from '../model/later-payloads.ts';
import { examinedWebhook } from './examined-webhook.ts';
import { lambdaHandler } from './handler.ts';
import { webhookOf } from './webhook.ts';

/** Delivers to the tenant's webhook: what a window owes it, the notice of a failure, what was given up before, or a test. */
export const handler = lambdaHandler(
  { name: 'deliver', payload: DeliverPayload, result: DeliverOutcome },
  async (payload, invocation) => {
    if ('examination' in payload) return examinedWebhook(invocation, payload.examination);
    const failure = 'input' in payload ? parseDeliveryInput(payload.input) : undefined;
    const webhook = await webhookOf(invocation, payload.run);
    const deliver = async () => {
      if ('day' in payload) return deliverWindow(webhook, payload);
      if ('updates' in payload) return deliverUpdates(webhook, payload);
      if (failure === undefined) return deliverDead(webhook);
      const execution = await executions(invocation.clients.sfn).describe(failure.run);
      return deliverFailure(webhook, failure, execution);
    };
    const progress = await deliver().finally(async () => {
      // Also of a call that fails: what it has delivered by then is delivered.
      const { environment, tenant, clock } = invocation;
      publishMetrics(environment.LAKE_NAME, webhook.tally.metrics(tenant, clock.now()));
      await webhook.receiver.close();
    });
    return progress.outcome === 'done'
      ? progress
      : { outcome: progress.outcome, at: isoInstant(progress.at) };
  },
);
