import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { Secret } from '../cxone/secret.ts';
import type { ClientCredentials } from '../cxone/token-endpoint.ts';
import { catalogued } from '../model/errors.ts';
import { readSecret } from './secret-value.ts';

const Credentials = z.object({ clientId: z.string().min(1), clientSecret: z.string().min(1) });

/**
 * Reads the client credentials, anew each time: a rotated secret counts at once.
 *
 * @param told is given when the secret was last written
 * @throws CredentialsMissing where the secret is absent, is about to be deleted, does not open, or is not of the form `{"clientId", "clientSecret"}`
 */
export async function readCredentials(
  client: SecretsManagerClient,
  secretName: string,
  told?: (createdAt: Date) => void,
): Promise<ClientCredentials> {
  const missing = (why: string, cause?: unknown) =>
    catalogued('CredentialsMissing', `The secret ${secretName} cannot be used: ${why}.`, {}, cause);
  const { clientId, clientSecret } = await readSecret(client, secretName, Credentials, missing, told);
  return { clientId, clientSecret: new Secret(clientSecret) };
}
