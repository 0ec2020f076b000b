import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { catalogued } from '../../model/errors.ts';

/*
 * Which addresses a webhook may be at: public ones, and those in networks that the configuration names. The address that is
 * judged is the one that is connected to: no second resolution of the name comes between.
 */

/** IPv4 networks that are not global, from IANA's registry of special-purpose addresses (RFC 6890), and multicast. */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** IPv6: what is delegated as global unicast, less what is special within it: protocol assignments, documentation, 6to4. */
const GLOBAL_IPV6 = ['2000::/3'];
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** Resolves a name to all its addresses. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>;

/** Judges addresses. */
export type AddressGuard = (address: string) => boolean;

/** Makes the guard that lets public addresses pass and those in `networks`, each as `address/prefix`. */
export function addressGuard(networks: readonly string[]): AddressGuard {
  const allowed = listOf(networks);
  const special = listOf([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
  const global = listOf(GLOBAL_IPV6);
  return (address) => {
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    // A scope (`fe80::1%eth0`) belongs to link-local addresses alone.
    if (isIP(address) === 0 || address.includes('%')) return false;
    if (allowed.check(address, family)) return true;
    if (special.check(address, family)) return false;
    return family === 'ipv4' || global.check(address, 'ipv6');
  };
}

/** Throws `WebhookAddressRefused` where the host is an address that may not be called; a name is judged when it is resolved. */
export function refuseLiteral(host: string, guard: AddressGuard): void {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0 && !guard(address)) throw refused(host);
}

/** A lookup for sockets that gives just the addresses that may be called, and fails with `WebhookAddressRefused` where there is none. */
export function guardedLookup(resolve: Resolve, guard: AddressGuard): LookupFunction {
  return (hostname, options, callback) => {
    judged(hostname, resolve, guard).then(
      ({ good, first }) =>
        options.all === true ? callback(null, good) : callback(null, first.address, first.family),
      (error: unknown) =>
        callback(error instanceof Error ? error : new Error('The name was not resolved'), '', 0),
    );
  };
}

/** The addresses of a host, a name or an address itself, that may be called. Throws `WebhookAddressRefused` where there is none, and what resolving throws. */
export async function judgedAddresses(
  host: string,
  resolve: Resolve,
  guard: AddressGuard,
): Promise<string[]> {
  if (isIP(host) !== 0) {
    refuseLiteral(host, guard);
    return [host];
  }
  return (await judged(host, resolve, guard)).good.map(({ address }) => address);
}

/** Those of some addresses that are in one of the networks. */
export function heldAddresses(networks: readonly string[], addresses: readonly string[]): string[] {
  const list = listOf(networks);
  return addresses.filter((address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'));
}

async function judged(hostname: string, resolve: Resolve, guard: AddressGuard) {
  const found = await resolve(hostname);
  const good = found.filter(({ address }) => guard(address));
  const [first] = good;
  if (first === undefined)
    throw found.length === 0 ? new Error(`${hostname} has no address`) : refused(hostname);
  return { good, first };
}

function refused(host: string) {
  return catalogued(
    'WebhookAddressRefused',
    `The webhook's host ${host} is at no address that may be called: it is private, loopback, link-local or reserved.`,
  );
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    list.addSubnet(address, Number(prefix), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return list;
}
