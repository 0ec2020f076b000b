import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { embeddedAws } from './embedded.ts';

const { aws, client } = await embeddedAws();
const dynamodb = new DynamoDBClient(client);
const definition = {
  TableName: 'ledger',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' as const },
    { AttributeName: 'sk', AttributeType: 'S' as const },
  ],
};
await aws.resources.table(definition);
const TableName = definition.TableName;
const key = (sk: string) => ({ pk: { S: 'acme#window' }, sk: { S: sk } });

describe('ALL-03 embedded DynamoDB', () => {
  it('makes a table once', async () => {
    await aws.resources.table(definition);

    const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key: key('nothing') }));

    expect(Item).toBeUndefined();
  });

  it('changes an item only where the condition holds', async () => {
    const put = {
      TableName,
      Item: { ...key('a'), epoch: { N: '1' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    };
    await dynamodb.send(new PutItemCommand(put));

    const again = dynamodb.send(new PutItemCommand(put));

    await expect(again).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    const update = { TableName, Key: key('a'), ExpressionAttributeValues: { ':one': { N: '1' } } };
    const { Attributes } = await dynamodb.send(
      new UpdateItemCommand({
        ...update,
        UpdateExpression: 'ADD epoch :one',
        ConditionExpression: 'epoch = :one',
        ReturnValues: 'ALL_NEW',
      }),
    );
    expect(Attributes?.epoch).toEqual({ N: '2' });
  });

  it('queries one partition in the order of its sort keys', async () => {
    for (const sk of ['q3', 'q1', 'q2'])
      await dynamodb.send(new PutItemCommand({ TableName, Item: key(sk) }));

    const { Items } = await dynamodb.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :q)',
        ExpressionAttributeValues: { ':pk': { S: 'acme#window' }, ':q': { S: 'q' } },
      }),
    );

    expect(Items?.map((item) => item.sk?.S)).toEqual(['q1', 'q2', 'q3']);
  });

  it('names the item in its effects, by key, for reads, puts, updates and deletes', async () => {
    const seen: string[] = [];
    const stop = aws.onEffect((phase, { operation, resource }) => {
      if (phase === 'before') seen.push(`${operation} ${resource}`);
    });

    await dynamodb.send(new PutItemCommand({ TableName, Item: { other: { S: 'x' }, ...key('e') } }));
    await dynamodb.send(new GetItemCommand({ TableName, Key: key('e') }));
    await dynamodb.send(new DeleteItemCommand({ TableName, Key: key('e') }));
    stop();

    expect(seen).toEqual([
      'PutItem ledger/acme#window/e',
      'GetItem ledger/acme#window/e',
      'DeleteItem ledger/acme#window/e',
    ]);
  });

  it('refuses transactions', async () => {
    const sending = dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [] }));

    await expect(sending).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });
});
