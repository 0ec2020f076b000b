import {
  DecryptionFailure,
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { Secret } from '../cxone/secret.ts';
import type { ClientCredentials } from '../cxone/token-endpoint.ts';
import { type CataloguedError, catalogued } from '../model/errors.ts';
import { problemSentence, problemsOf } from '../model/refusal.ts';

const Credentials = z.object({ clientId: z.string().min(1), clientSecret: z.string().min(1) });

/**
 * Reads the client credentials, anew each time: a rotated secret counts at once.
 *
 * @throws CredentialsMissing where the secret is absent, is about to be deleted, does not open, or is not of the form `{"clientId", "clientSecret"}`
 */
export async function readCredentials(
  client: SecretsManagerClient,
  secretName: string,
): Promise<ClientCredentials> {
  const value = parsedJson(await secretText(client, secretName));
  const parsed = Credentials.safeParse(value);
  if (!parsed.success)
    throw missing(secretName, problemsOf(parsed.error, value).map(problemSentence).join('; '));
  return { clientId: parsed.data.clientId, clientSecret: new Secret(parsed.data.clientSecret) };
}

async function secretText(client: SecretsManagerClient, secretName: string): Promise<string> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretName }));
    if (SecretString !== undefined) return SecretString;
  } catch (error) {
    const absent =
      error instanceof ResourceNotFoundException ||
      error instanceof InvalidRequestException ||
      error instanceof DecryptionFailure;
    if (absent) throw missing(secretName, `Secrets Manager answers ${error.name}`, error);
    throw error;
  }
  throw missing(secretName, 'it has no text');
}

// A parser's own words would quote the secret.
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function missing(secretName: string, why: string, cause?: unknown): CataloguedError {
  return catalogued('CredentialsMissing', `The secret ${secretName} cannot be used: ${why}.`, {}, cause);
}
