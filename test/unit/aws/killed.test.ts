import { type ChildProcess, fork } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreatePartitionCommand, GetPartitionsCommand, GlueClient } from '@aws-sdk/client-glue';
import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type EmbeddedAws, startAws } from '../../../local/aws/embedded-aws.ts';
import { FolderInUse } from '../../../local/aws/folder-lock.ts';
import { temporaryFolder } from './embedded.ts';
import { callQueue } from './queue.ts';

type Write = (number: number) => Promise<unknown>;

async function startedElsewhere(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(fileURLToPath(new URL('aws-process.ts', import.meta.url)), [folder], { execArgv: [] });
  const [url] = z
    .tuple([z.string()])
    .rest(z.unknown())
    .parse(await once(child, 'message'));
  return { child, url };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

const clientAt = (endpoint: string) => ({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
  maxAttempts: 1,
});

const sealed = (number: number) => {
  const body = randomBytes(20_000 + (number % 7) * 30_000);
  return Buffer.concat([createHash('sha256').update(body).digest(), body]);
};
const isWhole = (bytes: Uint8Array) =>
  createHash('sha256')
    .update(bytes.subarray(32))
    .digest()
    .equals(Buffer.from(bytes.subarray(0, 32)));

/** Writes one after the other until the connection is gone; gives the numbers of those that were acknowledged. */
async function writeUntilGone(write: Write): Promise<number[]> {
  const acknowledged: number[] = [];
  for (let number = 0; ; number += 1) {
    try {
      await write(number);
    } catch {
      return acknowledged;
    }
    acknowledged.push(number);
  }
}

function writesTo(url: string) {
  const options = clientAt(url);
  const s3 = new S3Client(options);
  const dynamodb = new DynamoDBClient(options);
  const glue = new GlueClient(options);
  const secrets = new SecretsManagerClient(options);
  const Bucket = 'lake';
  return {
    objects: (number) => s3.send(new PutObjectCommand({ Bucket, Key: `o${number}`, Body: sealed(number) })),
    overwritten: (number) => s3.send(new PutObjectCommand({ Bucket, Key: 'same', Body: sealed(number) })),
    items: (number) =>
      dynamodb.send(new PutItemCommand({ TableName: 'ledger', Item: { pk: { S: `i${number}` } } })),
    partitions: (number) =>
      glue.send(
        new CreatePartitionCommand({
          DatabaseName: 'lake',
          TableName: 'cdr',
          PartitionInput: { Values: [`p${number}`] },
        }),
      ),
    secrets: (number) =>
      secrets.send(new PutSecretValueCommand({ SecretId: 'counted', SecretString: String(number) })),
    messages: (number) =>
      callQueue(url, 'SendMessage', { QueueUrl: 'http://q/0/notices', MessageBody: `m${number}` }),
  } satisfies Record<string, Write>;
}

async function remaining(aws: EmbeddedAws) {
  const options = clientAt(aws.url);
  const s3 = new S3Client(options);
  const dynamodb = new DynamoDBClient(options);
  const read = async (Key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'lake', Key }));
    return isWhole((await Body?.transformToByteArray()) ?? new Uint8Array());
  };
  return {
    objects: (number: number) => read(`o${number}`),
    overwritten: () => read('same'),
    items: async (number: number) => {
      const { Item } = await dynamodb.send(
        new GetItemCommand({ TableName: 'ledger', Key: { pk: { S: `i${number}` } } }),
      );
      return Item !== undefined;
    },
    partitions: async () => {
      const { Partitions } = await new GlueClient(options).send(
        new GetPartitionsCommand({ DatabaseName: 'lake', TableName: 'cdr' }),
      );
      return new Set(Partitions?.flatMap((partition) => partition.Values ?? []));
    },
    secret: async () => {
      const { SecretString } = await new SecretsManagerClient(options).send(
        new GetSecretValueCommand({ SecretId: 'counted' }),
      );
      return Number(SecretString);
    },
    messages: async () => {
      const bodies = new Set<string>();
      for (;;) {
        const asked = { QueueUrl: 'http://q/0/notices', MaxNumberOfMessages: 10 };
        const { Messages = [] } = await callQueue(aws.url, 'ReceiveMessage', asked);
        if (Messages.length === 0) return bodies;
        for (const message of Messages) bodies.add(message.Body);
      }
    },
  };
}

describe('OPS-06 SIGKILL of the embedded services', () => {
  it.each([40, 90, 160])('loses nothing acknowledged and tears nothing (after %i writes)', async (writes) => {
    const folder = await temporaryFolder();
    const { child, url } = await startedElsewhere(folder);
    const enough = Promise.withResolvers<void>();
    let total = 0;
    const counted =
      (write: Write): Write =>
      async (number) => {
        await write(number);
        total += 1;
        if (total === writes) enough.resolve();
      };
    const writing = writesTo(url);
    const kms = new KMSClient(clientAt(url));
    const { CiphertextBlob } = await kms.send(
      new EncryptCommand({ KeyId: 'ledger', Plaintext: Buffer.from('x') }),
    );
    await callQueue(url, 'GetQueueUrl', { QueueName: 'notices' });
    await fetch(url, {
      method: 'POST',
      headers: { 'x-amz-target': 'secretsmanager.CreateSecret' },
      body: JSON.stringify({ Name: 'counted' }),
    });

    const acknowledging = Promise.all(Object.values(writing).map((write) => writeUntilGone(counted(write))));
    await enough.promise;
    await kill(child);
    const [objects, overwritten, items, partitions, secrets, messages] = await acknowledging;

    const aws = await startAws({ folder });
    const found = await remaining(aws);
    const numbers = (acknowledged: number[] | undefined, prefix: string) =>
      (acknowledged ?? []).map((number) => `${prefix}${number}`);
    expect(total).toBeGreaterThanOrEqual(writes);
    expect(await Promise.all((objects ?? []).map(found.objects))).not.toContain(false);
    expect((overwritten ?? []).length === 0 || (await found.overwritten())).toBe(true);
    expect(await Promise.all((items ?? []).map(found.items))).not.toContain(false);
    const keptPartitions = await found.partitions();
    expect(numbers(partitions, 'p').filter((value) => !keptPartitions.has(value))).toEqual([]);
    expect((secrets ?? []).length === 0 || (await found.secret()) >= (secrets?.at(-1) ?? 0)).toBe(true);
    const keptMessages = await found.messages();
    expect(numbers(messages, 'm').filter((value) => !keptMessages.has(value))).toEqual([]);
    const opened = await new KMSClient(clientAt(aws.url)).send(new DecryptCommand({ CiphertextBlob }));
    expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe('x');
    await aws.close();
  });

  it('CDR-07 goes on with a multipart upload whose parts were acknowledged', async () => {
    const folder = await temporaryFolder();
    const { child, url } = await startedElsewhere(folder);
    const upload = { Bucket: 'lake', Key: 'large' };
    const part = randomBytes(5 * 1024 * 1024);
    const before = new S3Client(clientAt(url));
    const { UploadId } = await before.send(new CreateMultipartUploadCommand(upload));
    const first = await before.send(
      new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: part }),
    );
    await kill(child);

    const aws = await startAws({ folder });
    const after = new S3Client(clientAt(aws.url));
    const second = await after.send(
      new UploadPartCommand({ ...upload, UploadId, PartNumber: 2, Body: 'end' }),
    );
    const Parts = [first, second].map(({ ETag }, index) => ({ ETag, PartNumber: index + 1 }));
    await after.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } }));

    const { Body } = await after.send(new GetObjectCommand(upload));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(Buffer.concat([part, Buffer.from('end')]))).toBe(true);
    await aws.close();
  });

  it('refuses a folder that another process has, and takes it when that one is killed', async () => {
    const folder = await temporaryFolder();
    const { child } = await startedElsewhere(folder);

    const starting = startAws({ folder });

    await expect(starting).rejects.toBeInstanceOf(FolderInUse);
    await kill(child);
    const aws = await startAws({ folder });
    await aws.close();
  });
});
