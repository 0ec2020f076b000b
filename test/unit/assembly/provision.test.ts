import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetTableCommand, GlueClient } from '@aws-sdk/client-glue';
import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { Aws, SecretValue, Stack } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { provision } from '../../../local/assembly/provision.ts';
import { startAws } from '../../../local/aws/embedded-aws.ts';
import { clientOptions } from '../aws/embedded.ts';
import { callQueue } from '../aws/queue.ts';
import { assemblyOf, temporaryFolder } from './synthesised.ts';

const stacks = (columns: readonly string[]) =>
  assemblyOf((app) => {
    const stack = new Stack(app, 'S');
    new Bucket(stack, 'Bucket', { bucketName: 'the-lake' });
    new TableV2(stack, 'Ledger', {
      tableName: 'ledger',
      partitionKey: { name: 'pk', type: AttributeType.STRING },
    });
    const queue = new Queue(stack, 'Queue', { queueName: 'notices' });
    const topic = new Topic(stack, 'Topic', { topicName: 'alarms' });
    topic.addSubscription(new SqsSubscription(queue, { rawMessageDelivery: true }));
    topic.addSubscription(new EmailSubscription('operator@example.com'));
    new Key(stack, 'Key', { alias: 'lake' });
    new Secret(stack, 'Given', {
      secretName: 'given',
      secretStringValue: SecretValue.unsafePlainText('given'),
    });
    new Secret(stack, 'Empty', { secretName: 'empty' });
    new CfnDatabase(stack, 'Database', { catalogId: Aws.ACCOUNT_ID, databaseInput: { name: 'lake' } });
    new CfnTable(stack, 'Table', {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: 'lake',
      tableInput: {
        name: 'cdr',
        storageDescriptor: { columns: columns.map((name) => ({ name, type: 'string' })) },
      },
    });
  });

describe('OPS-06 provisioning', () => {
  it('makes what is missing, keeps what is there, and brings tables to the new columns, over a restart', async () => {
    const folder = temporaryFolder();
    const first = await startAws({ folder });
    const { undelivered } = await provision(first, stacks(['id']));
    const options = clientOptions(first);
    const Item = { pk: { S: 'kept' } };
    await new S3Client(options).send(new PutObjectCommand({ Bucket: 'the-lake', Key: 'kept', Body: 'kept' }));
    await new DynamoDBClient(options).send(new PutItemCommand({ TableName: 'ledger', Item }));
    const { CiphertextBlob } = await new KMSClient(options).send(
      new EncryptCommand({ KeyId: 'alias/lake', Plaintext: Buffer.from('kept') }),
    );
    first.secrets.set('empty', 'filled');
    await first.close();

    const second = await startAws({ folder });
    await provision(second, stacks(['id', 'queue']));

    const client = clientOptions(second);
    const secrets = new SecretsManagerClient(client);
    await new SNSClient(client).send(
      new PublishCommand({ TopicArn: 'arn:aws:sns:eu-west-1:000000000000:alarms', Message: 'once' }),
    );
    const object = await new S3Client(client).send(new GetObjectCommand({ Bucket: 'the-lake', Key: 'kept' }));
    const item = await new DynamoDBClient(client).send(
      new GetItemCommand({ TableName: 'ledger', Key: Item }),
    );
    const opened = await new KMSClient(client).send(new DecryptCommand({ CiphertextBlob }));
    const values = await Promise.all(
      ['given', 'empty'].map((SecretId) => secrets.send(new GetSecretValueCommand({ SecretId }))),
    );
    const { Table } = await new GlueClient(client).send(
      new GetTableCommand({ DatabaseName: 'lake', Name: 'cdr' }),
    );
    const QueueUrl = `${second.url}/000000000000/notices`;
    const { Messages } = await callQueue(second.url, 'ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    await second.close();

    expect(await object.Body?.transformToString()).toBe('kept');
    expect(item.Item).toEqual(Item);
    expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe('kept');
    expect(values.map((value) => value.SecretString)).toEqual(['given', 'filled']);
    expect(Table?.StorageDescriptor?.Columns?.map((column) => column.Name)).toEqual(['id', 'queue']);
    expect(Messages?.map((message) => message.Body)).toEqual(['once']);
    expect(undelivered.map(({ protocol, endpoint }) => [protocol, endpoint])).toEqual([
      ['email', 'operator@example.com'],
    ]);
  });
});
