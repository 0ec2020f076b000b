import { catalogued } from '../model/errors.ts';
import type { Family } from '../model/families.ts';

/** Where a part is fetched from, and whether that is the family's own host: only there may our token go. */
export interface PartAddress {
  url: URL;
  own: boolean;
}

/**
 * Resolves the address of a part. Relative ones are the family's; absolute ones must be on its origin or on one of its
 * `downloadHosts`.
 *
 * @throws CallbackRefused for any other host, for http to another machine, and for an address with a user in it
 */
export function partAddress(family: Family, address: string, base?: URL): PartAddress {
  const origin = new URL(family.baseUrl).origin;
  const url = resolved(family, address, base);
  if (!url) throw refused('is not an address');
  if (url.username !== '' || url.password !== '') throw refused('names a user', url.host);
  if (url.origin === origin) return { url, own: true };
  const local = url.hostname === '127.0.0.1' || url.hostname === 'localhost';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local))
    throw refused('is not https', url.host);
  if (!family.downloadHosts.includes(url.host))
    throw refused(`points to ${url.host}, which is not among the family's downloadHosts`, url.host);
  return { url, own: false };
}

function resolved(family: Family, address: string, base: URL | undefined): URL | undefined {
  const prefix = new URL(family.baseUrl).pathname.replace(/\/$/, '');
  const withPrefix =
    base === undefined &&
    address.startsWith('/') &&
    !/^[\\/]{2}/.test(address) &&
    !address.startsWith(`${prefix}/`)
      ? `${prefix}${address}`
      : address;
  const relativeTo = base?.href ?? `${family.baseUrl}/`;
  return URL.canParse(withPrefix, relativeTo) ? new URL(withPrefix, relativeTo) : undefined;
}

function refused(why: string, host?: string) {
  return catalogued('CallbackRefused', `The address of a part ${why}.`, { host });
}
