import { catalogued } from '../model/errors.ts';
import type { Family } from '../model/families.ts';

/** Where a file is fetched from, and whether that is the family's own host: only there may our token go. */
export interface FileAddress {
  url: URL;
  own: boolean;
}

/**
 * Resolves the address of a file. Relative ones are the family's; absolute ones must be on its origin or on one of its
 * `downloadHosts`.
 *
 * @param what what it is, for messages: `a part`
 * @throws CallbackRefused for any other host, for http to another machine, and for an address with a user in it
 */
export function fileAddress(family: Family, what: string, address: string, base?: URL): FileAddress {
  const origin = new URL(family.baseUrl).origin;
  const url = resolved(family, address, base);
  if (!url) throw refused(what, 'is not an address');
  if (url.username !== '' || url.password !== '') throw refused(what, 'names a user', url.host);
  if (url.origin === origin) return { url, own: true };
  const local = url.hostname === '127.0.0.1' || url.hostname === 'localhost';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local))
    throw refused(what, 'is not https', url.host);
  if (!family.downloadHosts.includes(url.host))
    throw refused(what, `points to ${url.host}, which is not among the family's downloadHosts`, url.host);
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

function refused(what: string, why: string, host?: string) {
  return catalogued('CallbackRefused', `The address of ${what} ${why}.`, { host });
}
