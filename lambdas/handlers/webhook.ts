import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { sqsDeadLetters } from '../aws/sqs-dead-letters.ts';
import { readWebhookSecret } from '../aws/webhook-secret.ts';
import { receiverAt } from '../delivery/webhook/post.ts';
import { DeliveryTally } from '../delivery/webhook/tally.ts';
import type { WebhookPorts } from '../delivery/webhook/window-delivery.ts';
import type { Invocation } from './handler.ts';
import { tellsAge } from './secret-age.ts';

/** What is around the records in a body: facts, ids and numbers. */
const ENVELOPE_BYTES = 2_000;

/** Time that one more batch may need: its post at the longest, and the writes around it. */
const BATCH_MILLISECONDS = 90_000;

/** The tenant's webhook as the function reaches it. Whoever asks for it closes its receiver. */
export async function webhookOf(invocation: Invocation<'deliver'>, holder: string): Promise<WebhookPorts> {
  const { environment, clients, clock, random } = invocation;
  const { WEBHOOK: settings } = environment;
  const secrets = await readWebhookSecret(clients.secrets, settings.secret, tellsAge(invocation, 'webhook'));
  return {
    ledger: invocation,
    objects: s3ObjectStore(clients.s3, environment.LAKE_BUCKET),
    receiver: receiverAt({ settings, secrets, clock, proxy: environment.EGRESS_PROXY }),
    deadLetters: sqsDeadLetters(clients.sqs, environment.DEAD_LETTER_QUEUE),
    records: settings.records,
    limits: { records: settings.batchRecords, bytes: settings.batchBytes - ENVELOPE_BYTES },
    tries: settings.tries,
    random,
    holder,
    timeLeft: () => invocation.remainingMilliseconds() > BATCH_MILLISECONDS,
    tally: new DeliveryTally(),
  };
}
