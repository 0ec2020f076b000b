import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetter } from '../delivery/webhook/deliver.ts';

/** The tenant's queue of dead letters. A letter may be sent twice; it says which delivery it is about. */
export function sqsDeadLetters(client: SQSClient, queueUrl: string) {
  return {
    async send(letter: DeadLetter): Promise<void> {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(letter) }));
    },
  };
}
