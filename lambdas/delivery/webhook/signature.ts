import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '../../cxone/secret.ts';

/*
 * The headers of Standard Webhooks 1.0 (https://www.standardwebhooks.com): receivers verify them with a library of theirs. The
 * signature is HMAC-SHA-256 over id, timestamp and body, joined by dots.
 */

/** What signs deliveries. During a rotation there are two, and receivers take either. */
export type SigningSecrets = readonly Secret[];

/** The headers of one attempt. The id and the body stay the same from attempt to attempt, the timestamp is the attempt's. */
export function signedHeaders(
  delivery: { id: string; body: Buffer },
  secrets: SigningSecrets,
  now: number,
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1_000));
  return {
    'webhook-id': delivery.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => signature(secret, delivery, timestamp)).join(' '),
  };
}

function signature(secret: Secret, { id, body }: { id: string; body: Buffer }, timestamp: string): string {
  const key = Buffer.from(secret.reveal().replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
}

/**
 * The id of a batch: follows from what is delivered and the batch's number alone, so that every repetition has the same and the
 * receiver can tell.
 */
export function deliveryId(subject: readonly (string | number)[], batch: number): string {
  return `dlv_${createHash('sha256')
    .update(JSON.stringify([...subject, batch]))
    .digest('hex')
    .slice(0, 40)}`;
}
