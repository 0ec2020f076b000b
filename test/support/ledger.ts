import { once } from 'node:events';
import type { Server } from 'node:http';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import dynalite from 'dynalite';
import { dynamoTable } from '../../lambdas/aws/dynamo-table.ts';
import type { Table } from '../../lambdas/model/ports.ts';

/** A ledger in memory, behind the very adapter that the functions use. */
export interface TestLedger {
  table: Table;
  /** Address of the DynamoDB that holds it, and the table's name there. */
  endpoint: string;
  tableName: string;
  close(): Promise<void>;
}

const TABLE_NAME = 'ledger';

/** Starts an empty ledger. */
export async function openLedger(): Promise<TestLedger> {
  const server: Server = dynalite({ createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The ledger has no TCP address.');
  const endpoint = `http://127.0.0.1:${address.port}`;
  const client = new DynamoDBClient({
    region: 'eu-west-1',
    endpoint,
    credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: TABLE_NAME,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  );
  return {
    endpoint,
    tableName: TABLE_NAME,
    table: dynamoTable(DynamoDBDocumentClient.from(client), TABLE_NAME),
    close: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
