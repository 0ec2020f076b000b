import type { Lease, TokenRecord, TokenStore } from '../ledger/token-store.ts';
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

/** One call of the endpoint: its own limit, 5 s for its slot, 5 s for what surrounds it. */
const CALL_BUDGET_MILLISECONDS = TOKEN_CALL_MILLISECONDS + 10_000;

/** Two calls, as after a dead refresh token, and 30 s for secret, keys and ledger. A dead holder keeps others waiting so long. */
export const LEASE_MILLISECONDS = 2 * CALL_BUDGET_MILLISECONDS + 30_000;

/** Who finds the lease taken looks again so often, 0.5 to 1 s apart: 8 s at the longest. */
const LOOKS = 8;
const LOOK_MILLISECONDS = 1_000;

/**
 * A token of the family that is good for a while, from the ledger where one is there, else from CXone. One machine at a time
 * renews a family's token: it holds a lease with a fence number, and what it obtained after losing the lease is thrown away.
 *
 * @param request `rejected` names a token that CXone answered 401 to: it is renewed just if it is still the one in the ledger
 * @throws TokenBusy where another machine has been renewing the token for 8 s
 * @throws CredentialsMissing, CredentialsRejected, and what a call may end with (Throttled, ServerFault, …)
 */
export async function obtainToken(
  request: TokenOwner & { rejected?: TokenFingerprint | undefined },
  ports: TokenPorts,
): Promise<TokenFacts> {
  const { store, clock, random } = ports;
  const holder = `${random()}-${random()}`;
  let record = await store.read();
  for (let look = 0; look < LOOKS; look += 1) {
    const usable = usableToken(record, request.rejected, clock.now());
    if (usable) return usable;
    const now = clock.now();
    const lease = await store.lease(record, holder, now, now + LEASE_MILLISECONDS);
    const renewed = lease ? await renewUnder(lease, record, request, ports) : undefined;
    if (renewed) return renewed;
    await clock.sleep(LOOK_MILLISECONDS * (0.5 + random() / 2));
    record = await store.read();
  }
  const usable = usableToken(record, request.rejected, clock.now());
  if (usable) return usable;
  throw catalogued('TokenBusy', 'Another machine is renewing the token.', {
    retryAt: isoInstant(record.leaseUntil),
  });
}

function usableToken(
  { token }: TokenRecord,
  rejected: TokenFingerprint | undefined,
  now: number,
): TokenFacts | undefined {
  if (!token || token.discarded || token.fingerprint === rejected) return undefined;
  const early = Math.min(EARLY_RENEWAL_MILLISECONDS, token.lifeMilliseconds / 10);
  if (token.validUntil - now < early) return undefined;
  return { expiresAt: token.validUntil, fingerprint: token.fingerprint };
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
  // A token that lacks a scope, or that CXone revoked, has a refresh token that is no better.
  const distrusted = record.token?.discarded === true || request.rejected !== undefined;
  const refreshToken = distrusted ? undefined : await storedRefreshToken(request, ports);
  const asked = clock.now();
  const grant = await granted(lease, credentials, refreshToken, ports);
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

/** The grant by the refresh token, or by the credentials where there is none or CXone knows it no more. */
async function granted(
  lease: Lease,
  credentials: ClientCredentials,
  refreshToken: Secret | undefined,
  { endpoint, clock }: TokenPorts,
): Promise<Grant> {
  if (refreshToken) {
    try {
      return await endpoint.withRefreshToken(credentials, refreshToken);
    } catch (error) {
      // Whether the account is still good is for the credentials to tell, not for a refresh token.
      if (!isError(error, 'RequestRefused') && !isError(error, 'CredentialsRejected')) throw error;
    }
  }
  // Two renewals at once would kill each other's refresh token: no call is begun that the lease may not outlive.
  if (clock.now() + CALL_BUDGET_MILLISECONDS > lease.until)
    throw catalogued('TokenBusy', 'Renewing the token took too long.', { retryAt: isoInstant(lease.until) });
  return endpoint.withCredentials(credentials);
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
