import { CreateTopicCommand, ListTopicsCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { startAws } from '../../../local/aws/embedded-aws.ts';
import { clientOptions, temporaryFolder } from './embedded.ts';
import { callQueue } from './queue.ts';

const topicArn = 'arn:aws:sns:eu-west-1:000000000000:alarms';
const queueArn = 'arn:aws:sqs:eu-west-1:000000000000:dead-letters';

describe('ALL-10 embedded SNS and SQS', () => {
  it('delivers what is published to the subscribed queue, and keeps it over a restart', async () => {
    const folder = await temporaryFolder();
    const first = await startAws({ folder });
    const provision = ({ resources }: typeof first) => {
      resources.topic('alarms');
      resources.queue('dead-letters', { VisibilityTimeout: '30' });
      resources.subscription({ topicArn, queueArn, attributes: { RawMessageDelivery: 'true' } });
    };
    provision(first);
    await new SNSClient(clientOptions(first)).send(
      new PublishCommand({ TopicArn: topicArn, Message: 'late' }),
    );
    first.deadLetter(queueArn, 'http://127.0.0.1:1/000000000000/not-an-address');
    await first.close();

    const second = await startAws({ folder });
    provision(second);
    const { QueueUrl } = await callQueue(second.url, 'GetQueueUrl', { QueueName: 'dead-letters' });
    const { Messages } = await callQueue(second.url, 'ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    await second.close();

    expect(QueueUrl).toBe(`${second.url}/000000000000/dead-letters`);
    expect(Messages?.map((message) => message.Body)).toEqual([
      'late',
      'http://127.0.0.1:1/000000000000/not-an-address',
    ]);
  });

  it('makes topics in the embedded region and account', async () => {
    const aws = await startAws({ folder: await temporaryFolder() });
    const sns = new SNSClient(clientOptions(aws));

    await sns.send(new CreateTopicCommand({ Name: 'alarms' }));

    const { Topics } = await sns.send(new ListTopicsCommand({}));
    await aws.close();
    expect(Topics).toEqual([{ TopicArn: topicArn }]);
  });

  it('throws for a dead letter whose queue does not exist', async () => {
    const aws = await startAws({ folder: await temporaryFolder() });

    const sending = () => aws.deadLetter(queueArn, 'x');

    expect(sending).toThrow(queueArn);
    await aws.close();
  });
});
