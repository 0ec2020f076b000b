import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Item, ItemKey, ItemUpdate, Table } from '../model/ports.ts';

/** The ledger's table in DynamoDB. */
export function dynamoTable(client: DynamoDBDocumentClient, name: string): Table {
  return {
    async get(key: ItemKey) {
      const { Item: item } = await client.send(
        new GetCommand({ TableName: name, Key: key, ConsistentRead: true }),
      );
      return item;
    },
    async update(key: ItemKey, write: ItemUpdate) {
      try {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName: name,
            Key: key,
            UpdateExpression: write.update,
            ConditionExpression: write.condition,
            ExpressionAttributeNames: write.names,
            ExpressionAttributeValues: write.values,
            ReturnValues: 'ALL_NEW',
          }),
        );
        return Attributes ?? {};
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return 'conditionFailed';
        throw error;
      }
    },
    async *query(pk, range = {}) {
      const { from, to, descending } = range;
      const bounded = from !== undefined || to !== undefined;
      const pages = paginateQuery(
        { client },
        {
          TableName: name,
          ConsistentRead: true,
          ScanIndexForward: descending !== true,
          KeyConditionExpression: bounded ? 'pk = :pk AND sk BETWEEN :from AND :to' : 'pk = :pk',
          ExpressionAttributeValues: bounded
            ? { ':pk': pk, ':from': from ?? '\u0000', ':to': to ?? '\u{10ffff}' }
            : { ':pk': pk },
        },
      );
      for await (const page of pages) yield* (page.Items ?? []) as Item[];
    },
  };
}
