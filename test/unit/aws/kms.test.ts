import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  KMSClient,
  ListKeysCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddedAws } from './embedded.ts';

const { aws, client } = await embeddedAws({ clock: { now: () => Date.UTC(2024, 4, 15) } });
const kms = new KMSClient(client);
const { arn } = aws.resources.key('ledger', 'ENCRYPT_DECRYPT', 'Tokens');
aws.resources.key('other', 'ENCRYPT_DECRYPT');
aws.resources.key('audit', 'GENERATE_VERIFY_MAC');
aws.resources.keyAlias('alias/ledger', 'ledger');

describe('ALL-07 embedded KMS', () => {
  it('opens what it has encrypted, under the same context in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 4096 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string(), { maxKeys: 4 }),
        async (Plaintext, EncryptionContext) => {
          const sealed = await kms.send(
            new EncryptCommand({ KeyId: 'ledger', Plaintext, EncryptionContext }),
          );
          const reordered = Object.fromEntries(Object.entries(EncryptionContext).toReversed());

          const opened = await kms.send(
            new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: reordered }),
          );

          expect(opened.Plaintext).toEqual(Plaintext);
          expect(opened.KeyId).toBe(arn);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([
    ['another context', { EncryptionContext: { tenant: 'b' } }, 'InvalidCiphertextException'],
    ['no context', {}, 'InvalidCiphertextException'],
    ['another key', { EncryptionContext: { tenant: 'a' }, KeyId: 'other' }, 'IncorrectKeyException'],
    ['an unknown key', { EncryptionContext: { tenant: 'a' }, KeyId: 'nobody' }, 'NotFoundException'],
  ])('does not open under %s', async (_case, how, expected) => {
    const { CiphertextBlob } = await kms.send(
      new EncryptCommand({
        KeyId: 'ledger',
        Plaintext: Buffer.from('x'),
        EncryptionContext: { tenant: 'a' },
      }),
    );

    const opening = kms.send(new DecryptCommand({ CiphertextBlob, ...how }));

    await expect(opening).rejects.toMatchObject({ name: expected });
  });

  it('does not open a ciphertext with any bit changed', async () => {
    const { CiphertextBlob = new Uint8Array() } = await kms.send(
      new EncryptCommand({ KeyId: 'ledger', Plaintext: Buffer.from('secret') }),
    );

    const openings = [...CiphertextBlob.keys()].map(async (at) => {
      const changed = Uint8Array.from(CiphertextBlob, (byte, place) => (place === at ? byte ^ 1 : byte));
      await expect(kms.send(new DecryptCommand({ CiphertextBlob: changed }))).rejects.toMatchObject({
        name: 'InvalidCiphertextException',
      });
    });

    await Promise.all(openings);
    expect(openings.length).toBeGreaterThan(30);
  });

  it('makes data keys that open again, by id, alias and ARN', async () => {
    const names = ['ledger', 'alias/ledger', arn];

    const keys = await Promise.all(
      names.map((KeyId) => kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))),
    );

    const opened = await Promise.all(
      keys.map(({ CiphertextBlob }) => kms.send(new DecryptCommand({ CiphertextBlob }))),
    );
    expect(keys.map((key) => key.Plaintext?.length)).toEqual([32, 32, 32]);
    expect(opened.map((one) => one.Plaintext)).toEqual(keys.map((key) => key.Plaintext));
    expect(new Set(keys.map((key) => Buffer.from(key.Plaintext ?? []).toString('hex'))).size).toBe(3);
  });

  it('ALL-12 verifies its own MACs and no others', async () => {
    const Message = Buffer.from('head');
    const asked = { KeyId: 'audit', Message, MacAlgorithm: 'HMAC_SHA_256' } as const;
    const { Mac } = await kms.send(new GenerateMacCommand(asked));

    const verified = await kms.send(new VerifyMacCommand({ ...asked, Mac }));

    expect(verified.MacValid).toBe(true);
    const forged = kms.send(new VerifyMacCommand({ ...asked, Message: Buffer.from('other'), Mac }));
    await expect(forged).rejects.toMatchObject({ name: 'KMSInvalidMacException' });
    const misused = kms.send(new EncryptCommand({ KeyId: 'audit', Plaintext: Message }));
    await expect(misused).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
  });

  it('describes a key', async () => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/ledger' }));

    expect(KeyMetadata).toMatchObject({
      Arn: arn,
      KeyId: 'ledger',
      Description: 'Tokens',
      KeyState: 'Enabled',
      KeySpec: 'SYMMETRIC_DEFAULT',
      CreationDate: new Date('2024-05-15T00:00:00Z'),
    });
  });

  it('refuses operations and parameters that it does not know', async () => {
    const unknownOperation = kms.send(new ListKeysCommand({}));
    await expect(unknownOperation).rejects.toMatchObject({ name: 'UnknownOperationException' });

    const unknownParameter = kms.send(
      new EncryptCommand({ KeyId: 'ledger', Plaintext: Buffer.from('x'), GrantTokens: ['grant'] }),
    );

    await expect(unknownParameter).rejects.toMatchObject({
      name: 'ValidationException',
      message: /GrantTokens/,
    });
  });
});
