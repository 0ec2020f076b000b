import { request } from 'node:http';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import type { Effect, EffectListener } from '../../../local/aws/effects.ts';
import { embeddedAws } from './embedded.ts';

const { aws, client } = await embeddedAws();
aws.resources.bucket('lake');
const s3 = new S3Client(client);
const secrets = new SecretsManagerClient(client);

async function listening<Result>(listener: EffectListener, work: () => Promise<Result>): Promise<Result> {
  const stop = aws.onEffect(listener);
  try {
    return await work();
  } finally {
    stop();
  }
}

const put = (Key: string) => s3.send(new PutObjectCommand({ Bucket: 'lake', Key, Body: 'x' }));
const exists = async (Key: string) => {
  const found = await s3.send(new HeadObjectCommand({ Bucket: 'lake', Key })).catch(() => undefined);
  return found !== undefined;
};
const names = ({ service, operation, resource }: Effect) => `${service} ${operation} ${resource}`;

describe('ALL-03 effects, as crash tests see them', () => {
  it('tells of each request before and after its effect, numbered in the order of arrival', async () => {
    const seen: string[] = [];
    const numbers: number[] = [];

    await listening(
      (phase, effect) => {
        seen.push(`${phase} ${names(effect)}`);
        numbers.push(effect.sequence);
      },
      async () => {
        await put('a');
        await secrets.send(new CreateSecretCommand({ Name: 'told', SecretString: 'x' }));
      },
    );

    expect(seen).toEqual([
      'before s3 PutObject lake/a',
      'after s3 PutObject lake/a',
      'before secretsmanager CreateSecret told',
      'after secretsmanager CreateSecret told',
    ]);
    const [first = 0] = numbers;
    expect(numbers).toEqual([first, first, first + 1, first + 1]);
  });

  it('tells of a request that the service answers with an error, and of none that it does not understand', async () => {
    const seen: string[] = [];

    await listening(
      (phase, effect) => {
        seen.push(`${phase} ${names(effect)}`);
      },
      async () => {
        await s3.send(new GetObjectCommand({ Bucket: 'lake', Key: 'nowhere' })).catch(() => undefined);
        await s3
          .send(new GetObjectCommand({ Bucket: 'lake', Key: 'a', VersionId: 'v' }))
          .catch(() => undefined);
      },
    );

    expect(seen).toEqual(['before s3 GetObject lake/nowhere', 'after s3 GetObject lake/nowhere']);
  });

  it('holds a request before its effect until the listener lets it go', async () => {
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const listener: EffectListener = (phase, { resource }) => {
      if (phase !== 'before' || resource !== 'lake/held') return;
      reached.resolve();
      return held.promise;
    };

    const [during, after] = await listening(listener, async () => {
      const writing = put('held');
      await reached.promise;
      const whileHeld = await s3
        .send(new GetObjectCommand({ Bucket: 'lake', Key: 'other' }))
        .then(() => 'there')
        .catch((error: Error) => error.name);
      held.resolve();
      await writing;
      return [whileHeld, await exists('held')];
    });

    expect([during, after]).toEqual(['AccessDenied', true]);
  });

  it.each([
    ['before', false],
    ['after', true],
  ] as const)('cuts the connection %s the effect where the listener rejects', async (cutAt, expected) => {
    const listener: EffectListener = (phase, { operation }) => {
      if (phase === cutAt && operation === 'PutObject') throw new Error('cut');
    };

    const writing = listening(listener, () => put(`cut-${cutAt}`));

    await expect(writing).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await exists(`cut-${cutAt}`)).toBe(expected);
  });

  it('causes no effect for a caller that is gone when it would be let go', async () => {
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const listener: EffectListener = (phase, { operation }) => {
      if (phase !== 'before' || operation !== 'CreateSecret') return;
      reached.resolve();
      return held.promise;
    };
    const stop = aws.onEffect(listener);
    const caller = request(aws.url, {
      method: 'POST',
      headers: {
        'x-amz-target': 'secretsmanager.CreateSecret',
        'content-type': 'application/x-amz-json-1.1',
      },
    });
    const gone = new Promise((resolve) => caller.once('close', resolve));
    caller.once('error', () => undefined);
    caller.end(JSON.stringify({ Name: 'orphan', SecretString: 'x' }));

    await reached.promise;
    caller.destroy();
    await gone;
    await exists('a round trip, after which the service has seen the connection close');
    held.resolve();
    await exists('another one');
    stop();

    const reading = secrets.send(new GetSecretValueCommand({ SecretId: 'orphan' }));
    await expect(reading).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('answers a service that is not embedded with an error of its own', async () => {
    const response = await fetch(aws.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'Logs_20140328.PutLogEvents' },
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'UnknownOperationException' });
  });
});
