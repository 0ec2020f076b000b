import { type _Object, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { StoredNight } from './night.ts';
import { storesOf } from './night-findings.ts';

/** Every item of the ledger, by key. */
export async function ledgerItems(night: StoredNight): Promise<Record<string, unknown>[]> {
  const { clients, tableName } = storesOf(night);
  const items: Record<string, unknown>[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await clients.dynamodb.send(
      new ScanCommand({ TableName: tableName, ...(from ? { ExclusiveStartKey: from } : {}) }),
    );
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return items.toSorted((left, right) => keyOf(left).localeCompare(keyOf(right)));
}

/** Key of every object in the bucket, and the digest of what it holds. */
export async function storedObjects(night: StoredNight): Promise<Record<string, string | undefined>> {
  const { clients } = storesOf(night);
  const found: _Object[] = [];
  let token: string | undefined;
  do {
    const page = await clients.s3.send(
      new ListObjectsV2Command({
        Bucket: night.platform.bucket,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    found.push(...(page.Contents ?? []));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return Object.fromEntries(found.map(({ Key = '', ETag }) => [Key, ETag]));
}

/** Everything that a run could leave behind: ledger, objects, and the number of calls to CXone. */
export async function snapshotOf(night: StoredNight) {
  return {
    ledger: await ledgerItems(night),
    objects: await storedObjects(night),
    calls: night.calls().length,
  };
}

/** The objects of a snapshot but for what runs say of themselves. */
export function withoutRuns(objects: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(objects).filter(([key]) => !key.startsWith('runs/')));
}

const QUEUE = 'notices-of-the-night';
const QUEUE_ARN = `arn:aws:sqs:eu-west-1:000000000000:${QUEUE}`;

const Received = z.object({ Messages: z.array(z.object({ Body: z.string() })).optional() });

/** Subscribes a queue to all topics of the lake; the function returned takes what has been published since. */
export function hearNotices(night: StoredNight): () => Promise<string[]> {
  const { aws, assembly } = night.platform;
  aws.resources.queue(QUEUE, {});
  for (const { arn } of assembly.topics)
    aws.resources.subscription({
      topicArn: arn,
      queueArn: QUEUE_ARN,
      attributes: { RawMessageDelivery: 'true' },
    });
  return async () => {
    const response = await fetch(aws.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
      body: JSON.stringify({ QueueUrl: `${aws.url}/000000000000/${QUEUE}`, MaxNumberOfMessages: 10 }),
    });
    return (Received.parse(await response.json()).Messages ?? []).map(({ Body }) => Body);
  };
}

function keyOf(item: Record<string, unknown>): string {
  return `${String(item.pk)} ${String(item.sk)}`;
}
