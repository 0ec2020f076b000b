import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Notice } from '../delivery/notices.ts';

/** The topic that notices go to. A notice may be delivered twice; its text says which run it is about. */
export function snsNotices(client: SNSClient, topic: string) {
  return {
    async publish(notice: Notice): Promise<void> {
      await client.send(
        new PublishCommand({ TopicArn: topic, Subject: notice.subject, Message: notice.text }),
      );
    },
  };
}
