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
  AuditChainBroken: {
    meaning:
      'The ledger lacks audit records that it had before. Nothing is added, so that the gap stays visible.',
    acts: 'platform engineer',
    remedy:
      'Run `audit verify`: it names what is gone. Restore the items by point-in-time recovery or from their objects under audit/, then redrive. The window itself is committed.',
  },
} as const satisfies Record<string, CatalogueEntry>;
