import {
  DecryptionFailure,
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { z } from 'zod';
import type { CataloguedError } from '../model/errors.ts';
import { problemSentence, problemsOf } from '../model/refusal.ts';

/**
 * Reads a secret that is JSON of a form, anew each time: a changed secret counts at once.
 *
 * @param told is given when the version was made that was read
 * @param missing makes the error for a secret that is absent, is about to be deleted, does not open, or is not of the form; `why` never quotes it
 */
export async function readSecret<Schema extends z.ZodType>(
  client: SecretsManagerClient,
  name: string,
  schema: Schema,
  missing: (why: string, cause?: unknown) => CataloguedError,
  told?: (createdAt: Date) => void,
): Promise<z.output<Schema>> {
  const { text, createdAt } = await secretText(client, name, missing);
  if (createdAt !== undefined) told?.(createdAt);
  const value = parsedJson(text);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw missing(problemsOf(parsed.error, value).map(problemSentence).join('; '));
}

async function secretText(
  client: SecretsManagerClient,
  name: string,
  missing: (why: string, cause?: unknown) => CataloguedError,
): Promise<{ text: string; createdAt: Date | undefined }> {
  try {
    const answer = await client.send(new GetSecretValueCommand({ SecretId: name }));
    const { SecretString: text, CreatedDate: createdAt } = answer;
    if (text !== undefined) return { text, createdAt };
  } catch (error) {
    const absent =
      error instanceof ResourceNotFoundException ||
      error instanceof InvalidRequestException ||
      error instanceof DecryptionFailure;
    if (absent) throw missing(`Secrets Manager answers ${error.name}`, error);
    throw error;
  }
  throw missing('it has no text');
}

// A parser's own words would quote the secret.
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
