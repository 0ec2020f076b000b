import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Secret } from '../../../../lambdas/cxone/secret.ts';
import { deliveryId, signedHeaders } from '../../../../lambdas/delivery/webhook/signature.ts';

const Vectors = z.array(
  z.object({
    secret: z.string(),
    id: z.string(),
    timestamp: z.int(),
    body: z.string(),
    signature: z.string(),
  }),
);
const page = readFileSync(new URL('../../../../docs/webhooks.md', import.meta.url), 'utf8');
const written = /## Test vectors\n\n```json\n(.*?)```/s.exec(page)?.[1] ?? '';
const vectors = Vectors.parse(JSON.parse(written));

/** The recipe of docs/webhooks.md by the Web Cryptography API, which shares no code with ours. */
async function byRecipe({ secret, id, timestamp, body }: (typeof vectors)[number]): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.replace('whsec_', '')), (character) => character.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${timestamp}.${body}`));
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`;
}

describe('signatures of deliveries', () => {
  it.each(vectors)(
    'ALL-13 are those of the page’s vectors, by ours, by the recipe and by a library: $signature',
    async (vector) => {
      const { secret, id, timestamp, body, signature } = vector;
      const headers = signedHeaders(
        { id, body: Buffer.from(body) },
        [new Secret(secret)],
        timestamp * 1_000 + 999,
      );

      expect(headers).toEqual({
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature,
      });
      expect(await byRecipe(vector)).toBe(signature);
      expect(new Webhook(secret).sign(id, new Date(timestamp * 1_000), body)).toBe(signature);
    },
  );

  it('ALL-13 are two while secrets are rotated, each by one of them', () => {
    const [, one, other] = vectors;
    if (one === undefined || other === undefined) throw new Error('The page has too few vectors.');

    const headers = signedHeaders(
      { id: one.id, body: Buffer.from(one.body) },
      [new Secret(one.secret), new Secret(other.secret)],
      one.timestamp * 1_000,
    );

    expect(headers['webhook-signature']).toBe(`${one.signature} ${other.signature}`);
  });

  it('ALL-13 have ids that follow from subject and batch alone, and differ with any of them', () => {
    const subject = ['acme', 'cdr', '2024-05-15', 1, 'a'.repeat(32)];

    const ids = [
      deliveryId(subject, 1),
      deliveryId([...subject], 1),
      deliveryId(subject, 2),
      deliveryId(['acme', 'cdr', '2024-05-15', 2, 'a'.repeat(32)], 1),
    ];

    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toMatch(/^dlv_[0-9a-f]{40}$/);
  });
});
