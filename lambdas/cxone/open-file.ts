import { catalogued } from '../model/errors.ts';
import type { Family } from '../model/families.ts';
import type { AuthorizedCalls } from './authorized-calls.ts';
import { fileAddress } from './file-address.ts';
import type { OpenAnswer, Transport } from './transport.ts';

/** How often an address of a file may send us on. */
const MAXIMUM_REDIRECTS = 3;

/** What files are fetched with. */
export interface FileCalls {
  calls: AuthorizedCalls;
  transport: Transport;
}

/** A file that CXone has given an address of. */
export interface WantedFile {
  /** Name of the call in records and errors: `part`. */
  call: string;
  /** What it is, for messages: `a part`. */
  what: string;
  /** Absolute, or relative to the family's base URL. */
  address: string;
  headers: Readonly<Record<string, string>>;
  /** A 403 says something of this file alone: the token is kept. Default false. */
  aboutOne?: boolean;
}

/**
 * Opens a file where its address leads, with our token on the family's own host and nowhere else. Whoever does not read the
 * body to its end must destroy it.
 *
 * @throws CallbackRefused where it lies, or is redirected to, where we may not call
 */
export async function openFile(
  family: Family,
  { calls, transport }: FileCalls,
  { call: name, what, address, headers, aboutOne = false }: WantedFile,
): Promise<OpenAnswer> {
  let at = fileAddress(family, what, address);
  for (let hop = 0; hop <= MAXIMUM_REDIRECTS; hop += 1) {
    const call = { name, method: 'GET', url: at.url, headers } as const;
    const answer = at.own
      ? await calls.open({ ...call, aboutOne })
      : await transport.open({ ...call, authority: { kind: 'none' } });
    if (answer.status < 300) return answer;
    const next = fileAddress(family, what, answer.header('location') ?? '', at.url);
    // Once away from the family's host the token stays away: what leads back was not written by CXone.
    at = { url: next.url, own: at.own && next.own };
  }
  throw catalogued(
    'CallbackRefused',
    `The address of ${what} is redirected more than ${MAXIMUM_REDIRECTS} times.`,
  );
}
