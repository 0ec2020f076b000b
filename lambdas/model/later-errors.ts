import type { CatalogueEntry } from './platform-errors.ts';

/** What the steps of a commit after the marks, audit and delivery, can end with. Part of the catalogue. */
export const LATER_STEP_ERRORS = {
  WebhookSecretMissing: {
    meaning: 'The secret of the webhook is absent, unreadable, or not of its form.',
    acts: 'platform engineer',
    remedy:
      'Write {"signingSecret": "whsec_…"} to the secret that the configuration names for the webhook, then redrive. What was committed is committed.',
  },
  WebhookAddressRefused: {
    meaning:
      'The webhook’s host is at no address that may be called: private, loopback, link-local or reserved.',
    acts: 'platform engineer',
    remedy:
      'Check the host’s name; where the receiver is in a network of your own, add it to the webhook’s networks, deploy, and run `deliver --retry`.',
  },
  WebhookUnresolved: {
    meaning: 'The doctor found no address for the webhook’s host.',
    acts: 'platform engineer',
    remedy: 'Check the host’s name in the webhook’s url, and the resolver of the functions’ network.',
  },
  WebhookUnreachable: {
    meaning: 'The doctor got no answer from the webhook’s receiver: no connection, or it broke.',
    acts: 'platform engineer',
    remedy:
      'Check that the receiver runs and lets us in, and the way there: port, NAT gateway or proxy, security groups, route to a network of your own.',
  },
  WebhookUntrusted: {
    meaning:
      'TLS with the webhook’s receiver failed: nobody that is trusted vouches for its certificate and name.',
    acts: 'platform engineer',
    remedy:
      'Renew the receiver’s certificate, with its chain and for the host in the url; where no public authority issues it, set the webhook’s certificateAuthority and deploy.',
  },
  WebhookProxyRefused: {
    meaning: 'The egress proxy made no tunnel to the webhook’s address.',
    acts: 'platform engineer',
    remedy:
      'Let the proxy allow tunnels to the receiver: it is asked for an address, not for a name (docs/webhooks.md). HTTP 407: let it admit the functions by their addresses or security group; lake.proxy takes no credentials.',
  },
  WebhookUnauthorized: {
    meaning:
      'The webhook’s receiver answered 401 or 403: it does not take our signature, or our authorization.',
    acts: 'platform engineer',
    remedy:
      'Write the receiver’s signing secret, and its authorization where it wants one, to the webhook’s secret; then run `deliver --retry`.',
  },
  WebhookRefused: {
    meaning: 'The webhook’s receiver refuses deliveries: it redirects, or answers 4xx.',
    acts: 'platform engineer',
    remedy:
      'Correct the path in the webhook’s url; redirects are not followed. The receiver has to answer 2xx to a delivery of the type test, too (docs/webhooks.md).',
  },
  WebhookBusy: {
    meaning: 'The webhook’s receiver answers, but is not well: 408, 425, 429 or 5xx.',
    acts: 'platform engineer',
    remedy:
      'Ask the receiver’s owner; deliveries are tried again by themselves, and given up ones by `deliver --retry`.',
  },
  AuditChainBroken: {
    meaning:
      'The ledger lacks audit records that it had before. Nothing is added, so that the gap stays visible.',
    acts: 'platform engineer',
    remedy:
      'Run `audit verify`: it names what is gone. Restore the items by point-in-time recovery or from their objects under audit/, then redrive. The window itself is committed.',
  },
} as const satisfies Record<string, CatalogueEntry>;
