import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { jsonService, operation } from './json-service.ts';
import type { KeyStore } from './kms-keys.ts';
import { embeddedAccount } from './names.ts';
import type { Backend } from './reply.ts';

/** Longest plaintext that AWS KMS encrypts, and longest message that it MACs, in bytes. */
const longestPlaintext = 4096;

const keyId = z.string().min(1).max(2048);
const context = z.record(z.string(), z.string()).default({});
const bytes = (longest: number) =>
  z
    .base64()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((value) => value.length >= 1 && value.length <= longest, `must hold 1 to ${longest} bytes`);
const symmetric = z.literal('SYMMETRIC_DEFAULT').optional();
const macAlgorithm = z.literal('HMAC_SHA_256');

/** AWS KMS for symmetric and HMAC keys. Grants, policies, rotation and asymmetric keys are refused. */
export function kms(keys: KeyStore): Backend {
  return jsonService({
    service: 'kms',
    target: 'TrentService',
    protocol: '1.1',
    invalidInput: 'ValidationException',
    operations: {
      Encrypt: operation(
        z.strictObject({
          KeyId: keyId,
          Plaintext: bytes(longestPlaintext),
          EncryptionContext: context,
          EncryptionAlgorithm: symmetric,
        }),
        (input) => input.KeyId,
        (input) => ({
          KeyId: keys.find(input.KeyId).arn,
          CiphertextBlob: keys
            .encrypt(input.KeyId, input.Plaintext, input.EncryptionContext)
            .toString('base64'),
          EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        }),
      ),
      Decrypt: operation(
        z.strictObject({
          CiphertextBlob: bytes(6144),
          KeyId: keyId.optional(),
          EncryptionContext: context,
          EncryptionAlgorithm: symmetric,
        }),
        (input) => input.KeyId ?? 'key named by the ciphertext',
        (input) => {
          const { key, plaintext } = keys.decrypt(input.CiphertextBlob, input.EncryptionContext, input.KeyId);
          return {
            KeyId: key.arn,
            Plaintext: plaintext.toString('base64'),
            EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
          };
        },
      ),
      GenerateDataKey: operation(
        z.union([
          z.strictObject({
            KeyId: keyId,
            KeySpec: z.enum(['AES_256', 'AES_128']),
            EncryptionContext: context,
          }),
          z.strictObject({
            KeyId: keyId,
            NumberOfBytes: z.int().min(1).max(1024),
            EncryptionContext: context,
          }),
        ]),
        (input) => input.KeyId,
        (input) => {
          const plaintext = randomBytes(dataKeyBytes(input));
          return {
            KeyId: keys.find(input.KeyId).arn,
            Plaintext: plaintext.toString('base64'),
            CiphertextBlob: keys.encrypt(input.KeyId, plaintext, input.EncryptionContext).toString('base64'),
          };
        },
      ),
      DescribeKey: operation(
        z.strictObject({ KeyId: keyId }),
        (input) => input.KeyId,
        (input) => ({ KeyMetadata: metadata(keys, input.KeyId) }),
      ),
      GenerateMac: operation(
        z.strictObject({ KeyId: keyId, Message: bytes(longestPlaintext), MacAlgorithm: macAlgorithm }),
        (input) => input.KeyId,
        (input) => {
          const { key, mac } = keys.mac(input.KeyId, input.Message);
          return { KeyId: key.arn, Mac: mac.toString('base64'), MacAlgorithm: input.MacAlgorithm };
        },
      ),
      VerifyMac: operation(
        z.strictObject({
          KeyId: keyId,
          Message: bytes(longestPlaintext),
          Mac: bytes(longestPlaintext),
          MacAlgorithm: macAlgorithm,
        }),
        (input) => input.KeyId,
        (input) => ({
          KeyId: keys.verifyMac(input.KeyId, input.Message, input.Mac).arn,
          MacValid: true,
          MacAlgorithm: input.MacAlgorithm,
        }),
      ),
    },
  });
}

function dataKeyBytes(input: { KeySpec: 'AES_256' | 'AES_128' } | { NumberOfBytes: number }): number {
  if ('NumberOfBytes' in input) return input.NumberOfBytes;
  return input.KeySpec === 'AES_256' ? 32 : 16;
}

function metadata(keys: KeyStore, name: string) {
  const key = keys.find(name);
  const forMacs = key.usage === 'GENERATE_VERIFY_MAC';
  return {
    AWSAccountId: embeddedAccount,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.created / 1000,
    Enabled: true,
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: 'Enabled',
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    KeySpec: forMacs ? 'HMAC_256' : 'SYMMETRIC_DEFAULT',
    MultiRegion: false,
    ...(forMacs ? { MacAlgorithms: ['HMAC_SHA_256'] } : { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] }),
  };
}
