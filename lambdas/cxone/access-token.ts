import type { TokenStore } from '../ledger/token-store.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { FamilyName } from '../model/families.ts';
import type { TenantId, TokenFingerprint } from '../model/ids.ts';
import type { Clock } from '../model/ports.ts';
import { Secret } from './secret.ts';

/** An access token as a caller holds it, for one invocation. */
export interface AccessToken {
  value: Secret;
  fingerprint: TokenFingerprint;
  /** Epoch milliseconds. */
  expiresAt: number;
}

/** What a sealed token is bound to: it opens in no other context. */
export interface TokenContext {
  tenant: TenantId;
  family: FamilyName;
  kind: 'access' | 'refresh';
}

/** Seals and opens tokens. `open` throws `LedgerUnreadable` for what it did not seal in that context. */
export interface TokenCipher {
  seal(plaintext: string, context: TokenContext): Promise<string>;
  open(ciphertext: string, context: TokenContext): Promise<string>;
}

/** Whose token it is. */
export interface TokenOwner {
  tenant: TenantId;
  family: FamilyName;
}

/** A token with less life than this, or than a tenth of its whole life, is not used any more: a call may wait for its slot that long. */
const SHORTEST_USE_MILLISECONDS = 5_000;

/**
 * The access token that the token function has left in the ledger. It is never renewed here.
 *
 * @throws TokenRejected where there is none, or none that may be used; with the `fingerprint` of the one that is there, so that the machine has it renewed
 */
export async function readAccessToken(
  owner: TokenOwner,
  ports: { store: TokenStore; cipher: TokenCipher; clock: Clock },
): Promise<AccessToken> {
  const { token } = await ports.store.read();
  if (!token) throw catalogued('TokenRejected', 'The ledger holds no access token.');
  const { fingerprint, validUntil, lifeMilliseconds } = token;
  if (token.discarded)
    throw catalogued('TokenRejected', 'The access token was discarded after a 403.', { fingerprint });
  if (validUntil - ports.clock.now() < Math.min(SHORTEST_USE_MILLISECONDS, lifeMilliseconds / 10))
    throw catalogued('TokenRejected', 'The access token has expired.', { fingerprint });
  try {
    const value = await ports.cipher.open(token.sealed, { ...owner, kind: 'access' });
    return { value: new Secret(value), fingerprint, expiresAt: validUntil };
  } catch (error) {
    if (!isError(error, 'LedgerUnreadable')) throw error;
    throw catalogued('TokenRejected', 'The access token does not open.', { fingerprint }, error);
  }
}
