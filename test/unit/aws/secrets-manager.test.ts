import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { embeddedAws } from './embedded.ts';

const { aws, client, folder } = await embeddedAws();
const secrets = new SecretsManagerClient(client);
const token = (letter: string) => letter.repeat(32);

describe('ALL-07 embedded Secrets Manager', () => {
  it('gives the current value by name, by ARN, and by ARN without its ending', async () => {
    const { ARN = '' } = await secrets.send(
      new CreateSecretCommand({ Name: 'cxone/acme', SecretString: '{"a":1}' }),
    );

    const names = ['cxone/acme', ARN, ARN.replace(/-\w{6}$/, '')];
    const values = await Promise.all(
      names.map((SecretId) => secrets.send(new GetSecretValueCommand({ SecretId }))),
    );

    expect(values.map((value) => value.SecretString)).toEqual(['{"a":1}', '{"a":1}', '{"a":1}']);
    expect(values.map((value) => value.VersionStages)).toEqual([
      ['AWSCURRENT'],
      ['AWSCURRENT'],
      ['AWSCURRENT'],
    ]);
  });

  it('keeps the value before the current one as AWSPREVIOUS', async () => {
    await secrets.send(new CreateSecretCommand({ Name: 'rotated', SecretString: 'one' }));
    await secrets.send(new PutSecretValueCommand({ SecretId: 'rotated', SecretString: 'two' }));

    const current = await secrets.send(new GetSecretValueCommand({ SecretId: 'rotated' }));
    const previous = await secrets.send(
      new GetSecretValueCommand({ SecretId: 'rotated', VersionStage: 'AWSPREVIOUS' }),
    );

    expect([current.SecretString, previous.SecretString]).toEqual(['two', 'one']);
  });

  it('takes the same token and value twice and refuses the token for another value', async () => {
    await secrets.send(new CreateSecretCommand({ Name: 'repeated', SecretString: 'one' }));
    const put = { SecretId: 'repeated', SecretString: 'two', ClientRequestToken: token('t') };
    await secrets.send(new PutSecretValueCommand(put));

    const again = await secrets.send(new PutSecretValueCommand(put));
    const other = secrets.send(new PutSecretValueCommand({ ...put, SecretString: 'three' }));

    await expect(other).rejects.toMatchObject({ name: 'ResourceExistsException' });
    const { VersionIdsToStages } = await secrets.send(new DescribeSecretCommand({ SecretId: 'repeated' }));
    expect(again.VersionId).toBe(token('t'));
    expect(Object.values(VersionIdsToStages ?? {})).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']]);
  });

  it('names what is missing: a secret, a value, a free name', async () => {
    aws.secrets.ensure('without-value');

    const answers = await Promise.allSettled([
      secrets.send(new GetSecretValueCommand({ SecretId: 'nobody' })),
      secrets.send(new GetSecretValueCommand({ SecretId: 'without-value' })),
      secrets.send(new CreateSecretCommand({ Name: 'without-value', SecretString: 'x' })),
      secrets.send(new DeleteSecretCommand({ SecretId: 'without-value' })),
      secrets.send(new PutSecretValueCommand({ SecretId: 'without-value', SecretBinary: Buffer.from('x') })),
    ]);

    const names = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.name : 'no error'));
    expect(names).toEqual([
      'ResourceNotFoundException',
      'ResourceNotFoundException',
      'ResourceExistsException',
      'UnknownOperationException',
      'InvalidParameterException',
    ]);
  });

  it('ALL-07 leaves no value readable on disk', async () => {
    const value = 'a-client-secret-that-must-not-be-read';
    await secrets.send(new CreateSecretCommand({ Name: 'sealed', SecretString: value }));

    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );

    const readable = files.filter((file) => readFileSync(join(file.parentPath, file.name)).includes(value));
    expect(files.length).toBeGreaterThan(3);
    expect(readable).toEqual([]);
  });
});
