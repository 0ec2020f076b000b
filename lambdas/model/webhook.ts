import { z } from 'zod';
import { DatasetId } from './ids.ts';

/** What a webhook is told of. */
export const WebhookEvent = z.enum(['committed', 'failed']);
export type WebhookEvent = z.infer<typeof WebhookEvent>;

/** A network as `address/prefix`. */
const Network = z.union([
  z.cidrv4('must be a network such as 10.20.0.0/16'),
  z.cidrv6('such as fd00:1::/32'),
]);

const HttpsUrl = z.url({ protocol: /^https$/, error: 'must be an https address' }).refine((text) => {
  if (!URL.canParse(text)) return true;
  const { username, password, hash } = new URL(text);
  return username === '' && password === '' && hash === '';
}, 'must hold no credentials and no fragment: what authorizes goes into the secret');

/** Where commits and failures are delivered to, by HTTPS POST, and what of them. */
export const WebhookSettings = z.strictObject({
  url: HttpsUrl.describe('Of the receiver. Redirects are not followed'),
  secret: z
    .string()
    .regex(/^[\w/+=.@-]{1,512}$/, 'must be the name of a secret in Secrets Manager')
    .describe(
      'Its value is {"signingSecret": "whsec_…"}, with "authorization" where the receiver wants that header',
    ),
  events: z
    .array(WebhookEvent)
    .min(1)
    .max(2)
    .default(['committed', 'failed'])
    .describe('What is delivered: each commit, each run that did not succeed'),
  records: z
    .array(DatasetId)
    .max(50)
    .default([])
    .describe(
      'Datasets whose committed records are sent, in batches; of others a commit’s reference and counts alone',
    ),
  batchRecords: z.int().min(1).max(500).default(500).describe('At most so many records a batch'),
  batchBytes: z
    .int()
    .min(10_000)
    .max(1_000_000)
    .default(1_000_000)
    .describe('At most so many bytes a body; a record that is larger goes alone'),
  tries: z.int().min(1).max(20).default(10).describe('Of one batch, before the delivery is dead-lettered'),
  networks: z
    .array(Network)
    .max(20)
    .default([])
    .describe('Networks that are not public and that the receiver may be in all the same'),
  certificateAuthority: z
    .string()
    .regex(/^-----BEGIN CERTIFICATE-----\n/, 'must be a certificate in PEM')
    .max(2_000)
    .optional()
    .describe('Issues the receiver’s certificate, where no public authority does'),
});
export type WebhookSettings = z.infer<typeof WebhookSettings>;

/** What the webhook's secret holds. */
export const WebhookSecret = z.strictObject({
  signingSecret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64'),
  previousSigningSecret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64')
    .optional(),
  authorization: z
    .string()
    .min(1)
    .max(4_096)
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
    .optional(),
});
export type WebhookSecret = z.infer<typeof WebhookSecret>;
