import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { readHashKey } from '../../../lambdas/aws/hash-key-secret.ts';
import { thrownBy } from '../../support/thrown.ts';
import { embeddedAws } from './embedded.ts';

const { client } = await embeddedAws();
const secrets = new SecretsManagerClient(client);
const SHOWN = 'aHVudGVyMmh1bnRlcjI';
const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(64, 2);

async function create(name: string, value: unknown): Promise<void> {
  await secrets.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) }));
}

describe('ALL-19 the hash keys of a tenant', () => {
  it('ALL-19 are read by their versions', async () => {
    await create('good', { keys: { '2026': OLD.toString('base64'), 'v2.b': NEW.toString('base64') } });

    const keys = [await readHashKey(secrets, 'good', '2026'), await readHashKey(secrets, 'good', 'v2.b')];

    expect(keys).toEqual([OLD, NEW]);
  });

  it.each([
    ['no-object', SHOWN, '1', '(whole)'],
    ['no-keys', { '1': SHOWN }, '1', 'keys: found nothing'],
    ['a-short-key', { keys: { '1': `${SHOWN}=` } }, '1', '32 to 64 bytes'],
    ['a-long-key', { keys: { '1': SHOWN.repeat(8) } }, '1', '32 to 64 bytes'],
    ['a-passphrase', { keys: { '1': `${SHOWN} ${SHOWN} ${SHOWN}!` } }, '1', '32 to 64 bytes'],
    ['a-strange-version', { keys: { 'a b': OLD.toString('base64') } }, 'a b', '1 to 64 letters'],
    ['no-such-version', { keys: { '1': OLD.toString('base64') } }, '2', 'no key of version 2'],
    ['an-inherited-name', { keys: { '1': OLD.toString('base64') } }, 'constructor', 'no key of version'],
  ])('ALL-19 with %s are refused, and not shown', async (name, value, version, problem) => {
    await create(name, value);

    const error = await thrownBy(readHashKey(secrets, name, version));

    expect([error.name, error.message]).toEqual(['HashKeyMissing', expect.stringContaining(problem)]);
    expect(`${error.stack}${String(error.cause)}`).not.toContain(SHOWN);
  });

  it('ALL-10 that are not there are missing', async () => {
    const error = await thrownBy(readHashKey(secrets, 'nowhere', '1'));

    expect([error.name, error.message.includes('nowhere')]).toEqual(['HashKeyMissing', true]);
  });
});
