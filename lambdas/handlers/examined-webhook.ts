import { readWebhookSecret } from '../aws/webhook-secret.ts';
import { examineWebhook } from '../delivery/webhook/examine.ts';
import { receiverAt } from '../delivery/webhook/post.ts';
import { systemResolve } from '../delivery/webhook/ways.ts';
import type { Examination } from '../model/doctor.ts';
import type { Invocation } from './handler.ts';
import { tellsAge } from './secret-age.ts';

/** Adds what is found of the webhook to an examination of the tenant: this function alone may read its secret. */
export function examinedWebhook(
  invocation: Invocation<'deliver'>,
  examination: Examination,
): Promise<Examination> {
  const { environment, clients, clock, tenant } = invocation;
  const { WEBHOOK: settings, EGRESS_PROXY: proxy } = environment;
  return examineWebhook(
    {
      tenant,
      clock,
      settings,
      resolve: systemResolve,
      readSecret: () => readWebhookSecret(clients.secrets, settings.secret, tellsAge(invocation, 'webhook')),
      receiverFor: (secrets) => receiverAt({ settings, secrets, clock, proxy }),
    },
    examination,
  );
}
