import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Secret } from '../cxone/secret.ts';
import { catalogued } from '../model/errors.ts';
import { WebhookSecret } from '../model/webhook.ts';
import { readSecret } from './secret-value.ts';

/**
 * Reads what signs deliveries and authorizes them, anew each time: a rotated secret counts at once.
 *
 * @param told is given when the secret was last written
 * @throws WebhookSecretMissing where the secret is absent, is about to be deleted, does not open, or is not of the form of `WebhookSecret`
 */
export async function readWebhookSecret(
  client: SecretsManagerClient,
  secretName: string,
  told?: (createdAt: Date) => void,
): Promise<{ signing: Secret[]; authorization: Secret | undefined }> {
  const missing = (why: string, cause?: unknown) =>
    catalogued(
      'WebhookSecretMissing',
      `The webhook's secret ${secretName} cannot be used: ${why}.`,
      {},
      cause,
    );
  const value = await readSecret(client, secretName, WebhookSecret, missing, told);
  const { signingSecret, previousSigningSecret, authorization } = value;
  return {
    signing: [signingSecret, previousSigningSecret].flatMap((text) =>
      text === undefined ? [] : [new Secret(text)],
    ),
    authorization: authorization === undefined ? undefined : new Secret(authorization),
  };
}
