import {
  DecryptCommand,
  EncryptCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  type KMSClient,
} from '@aws-sdk/client-kms';
import type { TokenCipher, TokenContext } from '../cxone/access-token.ts';
import { catalogued } from '../model/errors.ts';

/** KMS encrypts at most so many bytes at once (quota of `Encrypt` with a symmetric key). A longer token is sealed in pieces. */
const PIECE_BYTES = 4_096;

/** Seals tokens, of at least one character, with a KMS key. Tenant, family and kind are the encryption context, which key policies and roles can name. */
export function kmsCipher(client: KMSClient, keyArn: string): TokenCipher {
  return {
    async seal(plaintext, context) {
      const pieces: string[] = [];
      for (const piece of piecesOf(Buffer.from(plaintext))) {
        const { CiphertextBlob } = await client.send(
          new EncryptCommand({ KeyId: keyArn, Plaintext: piece, EncryptionContext: written(context) }),
        );
        if (!CiphertextBlob)
          throw catalogued('UnexpectedFault', 'KMS answered Encrypt without a ciphertext.');
        pieces.push(Buffer.from(CiphertextBlob).toString('base64'));
      }
      return pieces.join('.');
    },

    async open(ciphertext, context) {
      const pieces: Uint8Array[] = [];
      for (const piece of ciphertext.split('.')) pieces.push(await decrypted(piece, context));
      return Buffer.concat(pieces).toString('utf8');
    },
  };

  async function decrypted(piece: string, context: TokenContext): Promise<Uint8Array> {
    try {
      const { Plaintext } = await client.send(
        new DecryptCommand({
          KeyId: keyArn,
          CiphertextBlob: Buffer.from(piece, 'base64'),
          EncryptionContext: written(context),
        }),
      );
      if (Plaintext) return Plaintext;
      throw catalogued('UnexpectedFault', 'KMS answered Decrypt without a plaintext.');
    } catch (error) {
      if (!(error instanceof InvalidCiphertextException) && !(error instanceof IncorrectKeyException))
        throw error;
      throw catalogued(
        'LedgerUnreadable',
        `The ${context.kind} token in the ledger does not open.`,
        {},
        error,
      );
    }
  }
}

function piecesOf(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / PIECE_BYTES);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  );
}

function written({ tenant, family, kind }: TokenContext): Record<string, string> {
  return { tenant, family, kind };
}
