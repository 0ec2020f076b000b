import { randomUUID } from 'node:crypto';
import type { Lease, StoredToken, TokenRecord, TokenStore } from '../ledger/token-store.ts';
import { isoInstant } from '../model/days.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { TokenFingerprint } from '../model/ids.ts';
import type { Clock } from '../model/ports.ts';
import type { TokenCipher, TokenOwner } from './access-token.ts';
import { fingerprintOf, Secret } from './secret.ts';
import {
  type ClientCredentials,
  type Grant,
  TOKEN_CALL_MILLISECONDS,
  type TokenEndpoint,
} from './token-endpoint.ts';

/** What may be known of a token outside the ledger. */
export interface TokenFacts {
  /** Epoch milliseconds. */
  expiresAt: number;
  fingerprint: TokenFingerprint;
}

/** What obtaining a token needs. Only the token function has it all. */
export interface TokenPorts {
  store: TokenStore;
  endpoint: TokenEndpoint;
  credentials: () => Promise<ClientCredentials>;
  cipher: TokenCipher;
  clock: Clock;
  /** A number from 0 up to, without, 1. */
  random: () => number;
}

/** A token is renewed when less life than this is left, or less than a tenth of its whole life (ALL-07). */
const EARLY_RENEWAL_MILLISECONDS = 300_000;

/**
 * How long a lease lasts: one call of the endpoint, 5 s for its slot, and 20 s for secret, keys and ledger. It is renewed
 * before a second call. A dead holder keeps others waiting so long.
 */
export const LEASE_MILLISECONDS = TOKEN_CALL_MILLISECONDS + 25_000;

/** No call is begun with less of the lease left than the call may take, slot and storing included. */
const CALL_BUDGET_MILLISECONDS = TOKEN_CALL_MILLISECONDS + 10_000;

/**
 * Who finds the lease taken looks again so often, 1 to 1.5 s apart: 8 to 12 s. Asked seven times, as the machines do, it has
 * outlasted the lease of a dead holder.
 */
const LOOKS = 8;
const LOOK_MILLISECONDS = 1_000;

/**
 * A token of the family that is good for a while, from the ledger where one is there, else from CXone. One machine at a time
 * renews a family's token: it holds a lease with a fence number, and what it obtained after losing the lease is thrown away.
 *
 * @param request `rejected` names a token that CXone answered 401 to: it is renewed just if it is still the one in the ledger
 * @throws TokenBusy where another machine has been renewing the token for 8 s or longer
 * @throws CredentialsMissing, CredentialsRejected, and what a call may end with (Throttled, ServerFault, …)
 */
export async function obtainToken(
  request: TokenOwner & { rejected?: TokenFingerprint | undefined },
  ports: TokenPorts,
): Promise<TokenFacts> {
  const { store, clock, random } = ports;
  const holder = randomUUID();
  let record = await store.read();
  for (let look = 0; look < LOOKS; look += 1) {
    const usable = usableToken(record, request.rejected, clock.now());
    if (usable) return usable;
    const now = clock.now();
    const lease = await store.lease(record, holder, now, now + LEASE_MILLISECONDS);
    const renewed = lease ? await renewUnder(lease, record, request, ports) : undefined;
    if (renewed) return renewed;
    await clock.sleep(LOOK_MILLISECONDS * (1 + random() / 2));
    record = await store.read();
  }
  const usable = usableToken(record, request.rejected, clock.now());
  if (usable) return usable;
  const retryAt = isoInstant(Math.max(record.leaseUntil, clock.now()));
  throw catalogued('TokenBusy', 'Another machine is renewing the token.', { retryAt });
}

function usableToken(
  { token }: TokenRecord,
  rejected: TokenFingerprint | undefined,
  now: number,
): TokenFacts | undefined {
  if (!token || token.discarded || token.fingerprint === rejected) return undefined;
  if (isEnding(token, now)) return undefined;
  return { expiresAt: token.validUntil, fingerprint: token.fingerprint };
}

function isEnding({ validUntil, lifeMilliseconds }: StoredToken, now: number): boolean {
  return validUntil - now < Math.min(EARLY_RENEWAL_MILLISECONDS, lifeMilliseconds / 10);
}

/**
 * Whether CXone turned the token away before its time, for a missing scope (403) or because it was revoked (401): its refresh
 * token is no better then.
 */
function isDistrusted({ token }: TokenRecord, rejected: TokenFingerprint | undefined, now: number): boolean {
  if (!token) return false;
  return token.discarded || (token.fingerprint === rejected && !isEnding(token, now));
}

/** Renews the token; undefined where the lease was lost on the way. A failure gives the lease back, so that the next may try. */
async function renewUnder(
  lease: Lease,
  record: TokenRecord,
  request: TokenOwner & { rejected?: TokenFingerprint | undefined },
  ports: TokenPorts,
): Promise<TokenFacts | undefined> {
  try {
    return await renew(lease, record, request, ports);
  } catch (error) {
    await ports.store.release(lease).catch((failure: unknown) => {
      // The lease ends by itself; what went wrong first is what the operator must see.
      if (error instanceof Error) error.cause ??= failure;
    });
    throw error;
  }
}

async function renew(
  lease: Lease,
  record: TokenRecord,
  request: TokenOwner & { rejected?: TokenFingerprint | undefined },
  ports: TokenPorts,
): Promise<TokenFacts | undefined> {
  const { store, cipher, clock } = ports;
  const { tenant, family } = request;
  const credentials = await ports.credentials();
  const distrusted = isDistrusted(record, request.rejected, clock.now());
  const refreshToken = distrusted ? undefined : await storedRefreshToken(request, ports);
  const granted =
    (refreshToken && (await grantedByRefresh(lease, credentials, refreshToken, ports))) ??
    (await call(lease, ports, (endpoint) => endpoint.withCredentials(credentials)));
  if (!granted) return undefined;
  const { grant, asked } = granted;
  const sealedRefresh =
    grant.refreshToken &&
    (await cipher.seal(grant.refreshToken.reveal(), { tenant, family, kind: 'refresh' }));
  if (!(await store.saveRefresh(lease, sealedRefresh))) return undefined;
  const fingerprint = fingerprintOf(grant.accessToken);
  const validUntil = asked + grant.lifeMilliseconds;
  const sealed = await cipher.seal(grant.accessToken.reveal(), { tenant, family, kind: 'access' });
  const { lifeMilliseconds } = grant;
  const saved = await store.saveAccess(lease, { sealed, fingerprint, validUntil, lifeMilliseconds });
  return saved ? { expiresAt: validUntil, fingerprint } : undefined;
}

interface Granted {
  grant: Grant;
  /** When the call was begun: the token's life is counted from here. */
  asked: number;
}

/**
 * Makes one call of the endpoint, with a lease that outlives it; undefined where the lease is lost. Two renewals at once would kill
 * each other's refresh token.
 */
async function call(
  lease: Lease,
  { store, clock, endpoint }: TokenPorts,
  make: (endpoint: TokenEndpoint) => Promise<Grant>,
): Promise<Granted | undefined> {
  const asked = clock.now();
  const covered = asked + CALL_BUDGET_MILLISECONDS <= lease.until;
  if (!covered && !(await store.extend(lease, asked + LEASE_MILLISECONDS))) return undefined;
  return { grant: await make(endpoint), asked };
}

/** The grant by the refresh token; undefined where CXone does not take it. */
async function grantedByRefresh(
  lease: Lease,
  credentials: ClientCredentials,
  refreshToken: Secret,
  ports: TokenPorts,
): Promise<Granted | undefined> {
  try {
    return await call(lease, ports, (endpoint) => endpoint.withRefreshToken(credentials, refreshToken));
  } catch (error) {
    // Whether the account is still good is for the credentials to tell, not for a refresh token.
    if (isError(error, 'RequestRefused') || isError(error, 'CredentialsRejected')) return undefined;
    throw error;
  }
}

async function storedRefreshToken(
  { tenant, family }: TokenOwner,
  { store, cipher }: TokenPorts,
): Promise<Secret | undefined> {
  const sealed = await store.readRefresh();
  if (sealed === undefined) return undefined;
  try {
    return new Secret(await cipher.open(sealed, { tenant, family, kind: 'refresh' }));
  } catch (error) {
    // One that opens no more is a lost one: the credentials are asked instead.
    if (isError(error, 'LedgerUnreadable')) return undefined;
    throw error;
  }
}
