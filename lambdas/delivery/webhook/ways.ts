import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { WebhookSettings } from '../../model/webhook.ts';
import {
  addressGuard,
  guardedLookup,
  heldAddresses,
  judgedAddresses,
  type Resolve,
  refuseLiteral,
} from './address-guard.ts';

/*
 * How the receiver is reached: directly, or through the egress proxy. Either way the address that is judged is the one that is
 * connected to: a proxy is asked for a tunnel to that address, and TLS in the tunnel is still with the name.
 */

/** Where a post goes. */
export interface Way {
  dispatcher: Dispatcher;
  /** The receiver's, or, through a proxy, the same with the judged address for its host. */
  url: URL;
  /** Headers that the way needs. */
  headers: Record<string, string>;
}

/** Finds the way for each post. */
export interface Ways {
  /** Throws `WebhookAddressRefused` where no address may be called, and what resolving throws. */
  next(): Promise<Way>;
  /** Gives the connections up. */
  close(): Promise<void>;
}

/** What the ways depend on. Time limits in milliseconds. */
export interface WaysOptions {
  settings: Pick<WebhookSettings, 'url' | 'networks' | 'certificateAuthority'>;
  /** Public addresses are reached through it; those that `networks` names are ours, and called directly. */
  proxy?: string | undefined;
  /** Default: the system's. */
  resolve?: Resolve | undefined;
  connectMilliseconds: number;
  answerMilliseconds: number;
}

/** Resolves as the system does. */
export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true });

/** Makes the ways to the receiver: HTTPS only, to addresses that may be called. */
export function waysTo(options: WaysOptions): Ways {
  const { settings, proxy } = options;
  const url = new URL(settings.url);
  const guard = addressGuard(settings.networks);
  const resolve: Resolve = options.resolve ?? systemResolve;
  const direct = new Agent({
    ...limitsOf(options),
    connect: { ...tlsOf(options), lookup: guardedLookup(resolve, guard) },
  });
  if (proxy === undefined) {
    return {
      next: async () => {
        refuseLiteral(url.hostname, guard);
        return { dispatcher: direct, url, headers: {} };
      },
      close: () => direct.close(),
    };
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const tunnels = new ProxyAgent({
    uri: proxy,
    ...limitsOf(options),
    connectTimeout: options.connectMilliseconds,
    // The certificate has to be the name's, though the tunnel leads to an address.
    requestTls: { ...tlsOf(options), ...(isIP(host) === 0 ? { servername: host } : {}) },
  });
  return {
    async next(): Promise<Way> {
      const addresses = await judgedAddresses(host, resolve, guard);
      if (heldAddresses(settings.networks, addresses).length > 0)
        return { dispatcher: direct, url, headers: {} };
      const tunnelled = new URL(url);
      tunnelled.hostname = inUrl(addresses);
      return { dispatcher: tunnels, url: tunnelled, headers: { host: url.host } };
    },
    close: async () => {
      await Promise.all([direct.close(), tunnels.close()]);
    },
  };
}

function limitsOf({ answerMilliseconds }: WaysOptions) {
  return { headersTimeout: answerMilliseconds, bodyTimeout: answerMilliseconds };
}

function tlsOf({ settings: { certificateAuthority }, connectMilliseconds }: WaysOptions) {
  return {
    timeout: connectMilliseconds,
    ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
  };
}

/** Of several addresses an IPv4 one: most proxies have a way there, not all one to IPv6. */
function inUrl(addresses: readonly string[]): string {
  const [first = ''] = addresses.toSorted((left, right) => isIP(left) - isIP(right));
  return isIP(first) === 6 ? `[${first}]` : first;
}
