import type { Secret } from '../../cxone/secret.ts';
import { isoInstant } from '../../model/days.ts';
import type { CheckName, Examination, Finding } from '../../model/doctor.ts';
import { catalogueEntry, type ErrorName } from '../../model/error-catalogue.ts';
import { CataloguedError } from '../../model/errors.ts';
import type { TenantId } from '../../model/ids.ts';
import type { Clock } from '../../model/ports.ts';
import type { WebhookSettings } from '../../model/webhook.ts';
import { addressGuard, judgedAddresses, type Resolve } from './address-guard.ts';
import type { Attempt, Receiver } from './post.ts';
import type { SigningSecrets } from './signature.ts';
import { deliveryId } from './signature.ts';

/** What signs and authorizes a delivery. */
export interface ReceiverSecrets {
  signing: SigningSecrets;
  authorization?: Secret | undefined;
}

/** What an examination of the webhook needs of the world. */
export interface WebhookExamination {
  tenant: TenantId;
  clock: Clock;
  settings: Pick<WebhookSettings, 'url' | 'networks'>;
  resolve: Resolve;
  /** Throws `WebhookSecretMissing`. */
  readSecret: () => Promise<ReceiverSecrets>;
  /** The receiver, reached as by every delivery. */
  receiverFor: (secrets: ReceiverSecrets) => Receiver;
}

/**
 * Adds to an examination what a delivery to the webhook needs: its secret, an address that may be called, and a receiver that
 * acknowledges a signed delivery of the type `test`, which is sent once. One thing that fails does not keep it from looking at the others.
 */
export async function examineWebhook(
  webhook: WebhookExamination,
  examination: Examination,
): Promise<Examination> {
  const address = await examineAddress(webhook);
  const secrets = await webhook.readSecret().catch((error: unknown) => {
    if (error instanceof CataloguedError) return error;
    throw error;
  });
  const found =
    secrets instanceof CataloguedError
      ? [
          failed('webhookSecret', 'WebhookSecretMissing', secrets.message),
          untried('there is nothing to sign with'),
        ]
      : [
          ok('webhookSecret', 'The webhook’s secret can be read and has its form.'),
          address.state === 'ok'
            ? await testDelivery(webhook, secrets)
            : untried('there is no address to call'),
        ];
  const findings = [...examination.findings, address, ...found];
  return { ...examination, healthy: findings.every(({ state }) => state !== 'failed'), findings };
}

async function examineAddress({ settings, resolve }: WebhookExamination): Promise<Finding> {
  const { hostname } = new URL(settings.url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  try {
    const addresses = await judgedAddresses(host, resolve, addressGuard(settings.networks));
    return ok('webhookAddress', `${host} is at ${addresses.slice(0, 3).join(', ')}.`);
  } catch (error) {
    if (error instanceof CataloguedError)
      return failed('webhookAddress', 'WebhookAddressRefused', error.message);
    const code: unknown = Reflect.get(Object(error), 'code');
    const why = typeof code === 'string' ? code : 'it has none';
    return failed('webhookAddress', 'WebhookUnresolved', `No address was found for ${host}: ${why}.`);
  }
}

/** One signed delivery that says of itself that it is a test. */
async function testDelivery(webhook: WebhookExamination, secrets: ReceiverSecrets): Promise<Finding> {
  const { tenant, clock } = webhook;
  const sentAt = isoInstant(clock.now());
  const id = deliveryId([tenant, 'test', sentAt], 1);
  const body = Buffer.from(
    JSON.stringify({ version: 1, type: 'test', delivery: id, sentAt, batch: 1, batches: 1 }),
  );
  const receiver = webhook.receiverFor(secrets);
  try {
    return judged(await receiver.post({ id, body }));
  } finally {
    await receiver.close();
  }
}

/** What the reasons of an attempt tell of the set-up, the first that fits. */
const REASONS: readonly (readonly [RegExp, ErrorName])[] = [
  [/^WebhookAddressRefused$/, 'WebhookAddressRefused'],
  [/^ProxyRefused/, 'WebhookProxyRefused'],
  [/^HTTP 40[13]$/, 'WebhookUnauthorized'],
  [/^HTTP (408|425|429|5\d\d)$/, 'WebhookBusy'],
  [/^HTTP/, 'WebhookRefused'],
  [/^ConnectionLost .*(CERT|TLS|SSL|SIGNATURE|ISSUER|EPROTO)/, 'WebhookUntrusted'],
  [/^ConnectionLost/, 'WebhookUnreachable'],
];

function judged(attempt: Attempt): Finding {
  if (attempt.outcome === 'delivered') return ok('webhook', 'The receiver acknowledged a test delivery.');
  const { reason } = attempt;
  const [, name] = REASONS.find(([form]) => form.test(reason)) ?? [undefined, 'WebhookRefused' as const];
  return failed('webhook', name, `A test delivery was not acknowledged: ${reason}.`);
}

function ok(check: CheckName, said: string): Finding {
  return { check, state: 'ok', said };
}

function failed(check: CheckName, name: ErrorName, said: string): Finding {
  return { check, state: 'failed', said, error: name, cure: catalogueEntry(name)?.remedy };
}

function untried(why: string): Finding {
  return { check: 'webhook', state: 'unknown', said: `Not tried: ${why}.` };
}
