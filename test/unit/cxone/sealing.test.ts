import { KMSClient } from '@aws-sdk/client-kms';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredentials } from '../../../lambdas/aws/credentials-secret.ts';
import { kmsCipher } from '../../../lambdas/aws/kms-cipher.ts';
import { TenantId } from '../../../lambdas/model/ids.ts';
import { thrownBy } from '../../support/thrown.ts';
import { embeddedAws } from '../aws/embedded.ts';

const { aws, client } = await embeddedAws();
const { arn } = aws.resources.key('tokens', 'ENCRYPT_DECRYPT');
const other = aws.resources.key('other', 'ENCRYPT_DECRYPT');
const kms = new KMSClient(client);
const secrets = new SecretsManagerClient(client);
const cipher = kmsCipher(kms, arn);
const CONTEXT = { tenant: TenantId.parse('acme'), family: 'dataDownload', kind: 'access' } as const;

describe('sealing tokens', () => {
  it('ALL-07 opens what it sealed, also where a token is longer than the key service takes at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }),
          fc.integer({ min: 4_000, max: 13_000 }).map((length) => 'é€x'.repeat(length).slice(0, length)),
        ),
        async (token) => {
          const sealed = await cipher.seal(token, CONTEXT);

          const opened = await cipher.open(sealed, CONTEXT);

          expect([opened, token.length > 8 && sealed.includes(token)]).toEqual([token, false]);
        },
      ),
      { numRuns: 15 },
    );
  });

  it.each([
    ['another tenant', { ...CONTEXT, tenant: TenantId.parse('globex') }],
    ['another family', { ...CONTEXT, family: 'analytics' as const }],
    ['another kind', { ...CONTEXT, kind: 'refresh' as const }],
  ])('ALL-07 ALL-15 opens nothing under %s', async (_, context) => {
    const sealed = await cipher.seal('token', CONTEXT);

    const error = await thrownBy(cipher.open(sealed, context));

    expect(error.name).toBe('LedgerUnreadable');
  });

  it('ALL-07 opens nothing of another key', async () => {
    const sealed = await kmsCipher(kms, other.arn).seal('token', CONTEXT);

    const error = await thrownBy(cipher.open(sealed, CONTEXT));

    expect(error.name).toBe('LedgerUnreadable');
  });

  it('ALL-07 holds what nobody sealed to be unreadable', async () => {
    const error = await thrownBy(cipher.open('bm90IHNlYWxlZA==', CONTEXT));

    expect(error.name).toBe('LedgerUnreadable');
  });
});

describe('the client credentials', () => {
  const store = (name: string, SecretString: string) =>
    secrets.send(new CreateSecretCommand({ Name: name, SecretString }));

  it('ALL-07 are read from the secret', async () => {
    await store(
      'good',
      JSON.stringify({ clientId: 'id-1', clientSecret: 'secret-1', note: 'rotated in May' }),
    );

    const credentials = await readCredentials(secrets, 'good');

    expect([credentials.clientId, credentials.clientSecret.reveal()]).toEqual(['id-1', 'secret-1']);
  });

  it('ALL-10 are missing where the secret is', async () => {
    const error = await thrownBy(readCredentials(secrets, 'nowhere'));

    expect([error.name, error.message.includes('nowhere')]).toEqual(['CredentialsMissing', true]);
  });

  it.each([
    ['no-json', 'clientSecret=hunter2hunter2'],
    ['no-object', '"hunter2hunter2"'],
    ['no-secret', '{"clientId":"hunter2hunter2"}'],
    ['empty', '{"clientId":"hunter2hunter2","clientSecret":""}'],
    ['wrong-type', '{"clientId":7,"clientSecret":["hunter2hunter2"]}'],
  ])('ALL-10 of the form %s are missing, and not shown', async (name, text) => {
    await store(name, text);

    const error = await thrownBy(readCredentials(secrets, name));

    expect([error.name, `${error.stack}${String(error.cause)}`.includes('hunter2')]).toEqual([
      'CredentialsMissing',
      false,
    ]);
  });
});
