import { Agent, type IncomingMessage, request as openRequest } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import dynalite from 'dynalite';
import { z } from 'zod';
import { operationName, parseJson } from './json-service.ts';
import { type Backend, header, type Reply, readBody, ServiceFault } from './reply.ts';

/** A table to be made, in the words of CreateTable. */
export interface TableDefinition {
  TableName: string;
  KeySchema: { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[];
  AttributeDefinitions: { AttributeName: string; AttributeType: 'S' | 'N' | 'B' }[];
  [property: string]: unknown;
}

/** DynamoDB on disk, by dynalite. */
export interface DynamoDb {
  readonly backend: Backend;
  /** Makes the table unless it exists. */
  ensureTable(definition: TableDefinition): Promise<void>;
  close(): Promise<void>;
}

// dynalite wants a signature to be there and does not check it.
const unsigned = {
  authorization: 'AWS4-HMAC-SHA256 Credential=embedded, SignedHeaders=host, Signature=embedded',
  'x-amz-date': '20000101T000000Z',
};

/**
 * Opens the store under `folder`. dynalite ends the process when a caller's connection breaks in a request, so it is
 * never reached by callers: each request is read whole first and passed on over a loopback port of its own.
 */
export async function openDynamoDb(folder: string): Promise<DynamoDb> {
  const server = dynalite({ path: folder, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('dynalite has no TCP address.');
  const agent = new Agent({ keepAlive: true });
  const keys = new Map<string, string[]>();
  const forward = (headers: IncomingMessage['headers'], body: Buffer) =>
    pass(agent, address.port, headers, body);

  return {
    backend: {
      service: 'dynamodb',
      accepts: (request) => header(request, 'x-amz-target')?.startsWith('DynamoDB_') ?? false,
      async prepare(request) {
        const body = await readBody(request);
        const operation = operationName(request);
        const input = parseJson(body);
        const resource = itemName(input, keys);
        const measured = Buffer.from(JSON.stringify({ ...Object(input), ReturnConsumedCapacity: 'TOTAL' }));
        const perform = async () => withCapacity(await forward(request.headers, measured));
        return { operation, resource, perform };
      },
      refuse: (fault) => ({
        status: fault.status,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: Buffer.from(JSON.stringify({ __type: fault.name, message: fault.message })),
      }),
    },
    async ensureTable(definition) {
      keys.set(
        definition.TableName,
        definition.KeySchema.map((key) => key.AttributeName),
      );
      const call = (operation: string, input: unknown) =>
        forward(
          {
            ...unsigned,
            'content-type': 'application/x-amz-json-1.0',
            'x-amz-target': `DynamoDB_20120810.${operation}`,
          },
          Buffer.from(JSON.stringify(input)),
        );
      const { TableName } = definition;
      let described = await call('DescribeTable', { TableName });
      if (described.status !== 200) {
        const created = await call('CreateTable', definition);
        if (created.status !== 200) throw new Error(`Table ${TableName}: ${String(created.body)}`);
      }
      // A new table is CREATING for some turns of the event loop; until then it takes no item.
      while (!String(described.body).includes('"TableStatus":"ACTIVE"')) {
        await setImmediate();
        described = await call('DescribeTable', { TableName });
      }
    },
    close: () =>
      new Promise((resolve, reject) => {
        agent.destroy();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}

function pass(agent: Agent, port: number, headers: IncomingMessage['headers'], body: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const forwarded = openRequest(
      {
        agent,
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/',
        headers: { ...headers, 'content-length': body.length },
      },
      (response) => {
        const { connection: _connection, 'keep-alive': _keepAlive, ...answered } = response.headers;
        readBody(response).then(
          (answer) => resolve({ status: response.statusCode ?? 500, headers: answered, body: answer }),
          reject,
        );
      },
    );
    forwarded.once('error', reject);
    forwarded.end(body);
  });
}

const measuredAnswer = z.object({ ConsumedCapacity: z.object({ CapacityUnits: z.number() }) });

function withCapacity(reply: Reply): Reply {
  if (reply.status !== 200 || !(reply.body instanceof Buffer)) return reply;
  const answer = measuredAnswer.safeParse(parseJson(reply.body));
  return answer.success ? { ...reply, capacityUnits: answer.data.ConsumedCapacity.CapacityUnits } : reply;
}

const attribute = z.record(z.string(), z.unknown());
const itemInput = z.object({
  TableName: z.string().optional(),
  Key: z.record(z.string(), attribute).optional(),
  Item: z.record(z.string(), attribute).optional(),
  /** Of a query: `:pk` is its partition. */
  ExpressionAttributeValues: z.record(z.string(), attribute).optional(),
});

// Only a name for listeners: whether the input is valid is for dynalite to say.
function itemName(input: unknown, keys: ReadonlyMap<string, string[]>): string {
  const parsed = itemInput.safeParse(input);
  if (!parsed.success) return 'unreadable';
  const { TableName: table, Key: key, Item: item, ExpressionAttributeValues: values = {} } = parsed.data;
  if (table === undefined)
    throw new ServiceFault('ValidationException', 'TableName: needed by every embedded operation');
  const names = keys.get(table) ?? Object.keys(key ?? {});
  const named = key ?? item ?? (values[':pk'] ? { pk: values[':pk'] } : {});
  const path = names.map((name) => Object.values(named[name] ?? {})[0]);
  return [table, ...path.filter((value) => value !== undefined).map(String)].join('/');
}
