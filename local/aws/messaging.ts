import { buildApp } from 'fauxqs';
import { z } from 'zod';
// The package exports its server alone, which listens on every interface once it is given a folder; the same parts,
// put together here, need no port at all.
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { operationName, parseJson } from './json-service.ts';
import { embeddedAccount, embeddedArn, embeddedRegion } from './names.ts';
import { type Backend, header, type PreparedRequest, type Reply, readBody } from './reply.ts';
import { escapeXml } from './s3/fault.ts';

/** Who gets what is published to a topic. The embedded platform delivers to queues alone. */
export interface Subscription {
  topicArn: string;
  queueArn: string;
  /** SNS's subscription attributes, such as `RawMessageDelivery`. */
  attributes?: Record<string, string>;
}

/** SNS and SQS on disk, by fauxqs. */
export interface Messaging {
  readonly backends: Backend[];
  /** Makes the topic unless it exists. */
  ensureTopic(name: string): void;
  /** Makes the queue unless it exists, with SQS's attributes by their names. */
  ensureQueue(name: string, attributes: Record<string, string>): void;
  /** Subscribes the queue unless it is. */
  ensureSubscription(subscription: Subscription): void;
  /** Puts a message on a queue, as a service that dead-letters does. Throws where there is no such queue. */
  send(queueArn: string, body: string): void;
  close(): Promise<void>;
}

/** Opens the topics, queues and messages kept under `folder`; what was acknowledged before is there again. */
export function openMessaging(folder: string): Messaging {
  const sqsStore = new SqsStore();
  const snsStore = new SnsStore();
  sqsStore.host = '';
  sqsStore.region = embeddedRegion;
  const persistence = new PersistenceManager(folder);
  persistence.loadSqsAndSns(sqsStore, snsStore);
  sqsStore.persistence = persistence;
  snsStore.persistence = persistence;
  for (const queue of sqsStore.allQueues()) queue.persistence = persistence;
  const app = buildApp({
    logger: false,
    defaultRegion: embeddedRegion,
    stores: { sqsStore, snsStore, s3Store: new S3Store() },
  });

  const pass = async (
    headers: Record<string, string | string[] | undefined>,
    payload: Buffer,
  ): Promise<Reply> => {
    const { 'content-length': _length, 'transfer-encoding': _encoding, ...passed } = headers;
    const response = await app.inject({ method: 'POST', url: '/', headers: passed, payload });
    const type = response.headers['content-type'];
    return {
      status: response.statusCode,
      headers: type === undefined ? {} : { 'content-type': String(type) },
      body: response.rawPayload,
    };
  };
  return {
    backends: [sqs(pass), sns(pass)],
    ensureTopic: (name) => {
      snsStore.createTopic(name, undefined, undefined, embeddedRegion);
    },
    ensureQueue(name, attributes) {
      const arn = embeddedArn('sqs', name);
      if (sqsStore.getQueueByArn(arn)) return;
      sqsStore.createQueue(name, `http://127.0.0.1/${embeddedAccount}/${name}`, arn, attributes);
    },
    ensureSubscription({ topicArn, queueArn, attributes }) {
      snsStore.subscribe(topicArn, 'sqs', queueArn, attributes);
    },
    send(queueArn, body) {
      const queue = sqsStore.getQueueByArn(queueArn);
      if (!queue) throw new Error(`There is no queue ${queueArn}.`);
      queue.enqueue(SqsStore.createMessage(body));
    },
    async close() {
      await app.close();
      persistence.close();
    },
  };
}

type Pass = (headers: Record<string, string | string[] | undefined>, payload: Buffer) => Promise<Reply>;

const queueInput = z.object({ QueueUrl: z.string().optional(), QueueName: z.string().optional() });

function sqs(pass: Pass): Backend {
  return {
    service: 'sqs',
    accepts: (request) => header(request, 'x-amz-target')?.startsWith('AmazonSQS.') ?? false,
    async prepare(request): Promise<PreparedRequest> {
      const body = await readBody(request);
      const input = queueInput.safeParse(parseJson(body)).data ?? {};
      const resource = input.QueueName ?? input.QueueUrl?.split('/').at(-1) ?? 'queues';
      const host = header(request, 'host') ?? '127.0.0.1';
      const operation = operationName(request);
      const perform = async () => {
        const reply = await pass(request.headers, body);
        return addressing.has(operation) ? withHost(reply, host) : reply;
      };
      return { operation, resource, perform };
    },
    refuse: (fault) => ({
      status: fault.status,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: Buffer.from(
        JSON.stringify({ __type: `com.amazonaws.sqs#${fault.name}`, message: fault.message }),
      ),
    }),
  };
}

const addressing = new Set(['CreateQueue', 'GetQueueUrl', 'ListQueues']);

// A queue's address was stored with the port of an earlier start.
function withHost(reply: Reply, host: string): Reply {
  if (!(reply.body instanceof Buffer)) return reply;
  const stored = new RegExp(`http://[^/"]+/${embeddedAccount}/`, 'g');
  return {
    ...reply,
    body: Buffer.from(reply.body.toString('utf8').replace(stored, `http://${host}/${embeddedAccount}/`)),
  };
}

function sns(pass: Pass): Backend {
  return {
    service: 'sns',
    accepts: (request) =>
      header(request, 'content-type')?.startsWith('application/x-www-form-urlencoded') ?? false,
    async prepare(request): Promise<PreparedRequest> {
      const body = await readBody(request);
      const input = new URLSearchParams(body.toString('utf8'));
      const resource = input.get('TopicArn') ?? input.get('Name') ?? 'topics';
      return { operation: input.get('Action') ?? '', resource, perform: () => pass(request.headers, body) };
    },
    refuse: (fault) => ({
      status: fault.status,
      headers: { 'content-type': 'text/xml' },
      body: Buffer.from(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${fault.name}</Code><Message>${escapeXml(fault.message)}</Message></Error></ErrorResponse>`,
      ),
    }),
  };
}
