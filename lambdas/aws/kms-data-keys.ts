import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  DecryptCommand,
  DisabledException,
  GenerateDataKeyCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  type KMSClient,
  KMSInvalidStateException,
  NotFoundException,
} from '@aws-sdk/client-kms';
import type { DataKeys } from '../archive/keys.ts';
import type { ObjectIdentity } from '../archive/package.ts';
import { catalogued } from '../model/errors.ts';

/**
 * Data keys of a KMS key, for archive objects. Tenant, object and purpose are the encryption context, which roles and key
 * policies can name.
 *
 * @param keyArn the key that new data keys are sealed by; those that are there open with the key that they name
 */
export function kmsDataKeys(client: KMSClient, keyArn: string): DataKeys {
  return {
    async generate(object) {
      const made = await client
        .send(
          new GenerateDataKeyCommand({
            KeyId: keyArn,
            KeySpec: 'AES_256',
            EncryptionContext: contextOf(object),
          }),
        )
        .catch((error: unknown) => {
          throw unusable(error, keyArn, object);
        });
      const { Plaintext, CiphertextBlob } = made;
      if (!Plaintext || !CiphertextBlob)
        throw catalogued('UnexpectedFault', 'KMS answered GenerateDataKey without a key.');
      return { key: secretKey(Plaintext), keyArn, sealedKey: Buffer.from(CiphertextBlob) };
    },

    async open(sealedKey, namedArn, object) {
      const { Plaintext } = await client
        .send(
          new DecryptCommand({
            KeyId: namedArn,
            CiphertextBlob: sealedKey,
            EncryptionContext: contextOf(object),
          }),
        )
        .catch((error: unknown) => {
          throw unusable(error, namedArn, object);
        });
      if (!Plaintext) throw catalogued('UnexpectedFault', 'KMS answered Decrypt without a plaintext.');
      return secretKey(Plaintext);
    },
  };
}

/** Takes the bytes over: where they came from there are none afterwards. */
function secretKey(bytes: Uint8Array): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

function contextOf({ tenant, object }: ObjectIdentity): Record<string, string> {
  return { tenant, object, kind: 'archive' };
}

function unusable(error: unknown, keyArn: string, { object }: ObjectIdentity): unknown {
  if (error instanceof InvalidCiphertextException || error instanceof IncorrectKeyException)
    return catalogued('ArchiveKeyWrong', `${keyArn} does not open the data key of ${object}.`, {}, error);
  const gone =
    error instanceof NotFoundException ||
    error instanceof DisabledException ||
    error instanceof KMSInvalidStateException;
  return gone
    ? catalogued(
        'ArchiveKeyMissing',
        `The archive ${object} needs ${keyArn}: KMS answers ${error.name}.`,
        {},
        error,
      )
    : error;
}
