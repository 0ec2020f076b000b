import { Duration, Validations } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { LakeKey } from './lake-key.ts';

/** A tenant's queue of starts and notices that could not be delivered: kept 14 days, the most that SQS offers. An alarm watches its depth. */
export class DeadLetters extends Construct {
  readonly queue: Queue;
  private readonly key: LakeKey;

  constructor(scope: Construct, id: string, props: { key: LakeKey }) {
    super(scope, id);
    this.key = props.key;
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: props.key.key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue itself, of a schedule, a rule and a function: no queue feeds it.',
    });
  }

  /** Lets the grantee send to the queue what it could not deliver. */
  grantSend(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
    );
    this.key.grantThrough(grantee, 'sqs');
  }
}
