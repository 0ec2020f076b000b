import {
  GenerateMacCommand,
  type KMSClient,
  KMSInvalidMacException,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { catalogued } from '../model/errors.ts';
import type { MacKey } from '../model/ports.ts';

/** An HMAC key of KMS, HMAC-SHA-256. */
export function kmsMac(client: KMSClient, keyArn: string): MacKey {
  const about = (message: string) => ({
    KeyId: keyArn,
    Message: Buffer.from(message),
    MacAlgorithm: 'HMAC_SHA_256' as const,
  });
  return {
    async generate(message) {
      const { Mac } = await client.send(new GenerateMacCommand(about(message)));
      if (Mac) return Buffer.from(Mac).toString('base64');
      throw catalogued('UnexpectedFault', 'KMS answered GenerateMac without a MAC.');
    },
    async verify(message, mac) {
      const bytes = Buffer.from(mac, 'base64');
      // KMS refuses an empty one as a wrong call, which it is not here.
      if (bytes.length === 0) return false;
      try {
        const { MacValid } = await client.send(new VerifyMacCommand({ ...about(message), Mac: bytes }));
        return MacValid === true;
      } catch (error) {
        if (error instanceof KMSInvalidMacException) return false;
        throw error;
      }
    },
  };
}
