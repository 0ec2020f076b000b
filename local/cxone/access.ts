import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenSettings } from './behaviour.ts';

/** What access tokens begin with, so that a search finds one that went where it must not. */
export const accessTokenMark = 'cxat-';
/** What refresh tokens begin with. */
export const refreshTokenMark = 'cxrt-';

/** A client that may have tokens. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The client of a simulator that was given none. */
export const usualCredentials: Credentials = { clientId: 'simulator', clientSecret: 'simulator-secret' };

/** The scopes of all families. */
export const knownScopes: readonly string[] = [
  'data:reporting:read',
  'analytics:export:read',
  'analytics:export:write',
  'reports:read',
  'data:download:read',
  'data:download:write',
  'offline',
  'interactions:read',
  'recordings:read',
  'customfields:write',
  'dataactions:read',
  'dataactions:write',
];

/** What a token request is answered with. */
export interface Grant {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly scopes: readonly string[];
  readonly refreshToken: string | undefined;
}

interface Session {
  readonly client: string;
  readonly scopes: readonly string[];
  /** The one refresh token that lives; using an older one ends it too. */
  refreshToken: string | undefined;
}

interface AccessToken {
  readonly session: Session;
  readonly expiresAt: number;
}

/** SHA-256 of a token, in lower-case hex. */
export function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Issues and checks tokens. They are kept by fingerprint only. */
export class Access {
  settings: TokenSettings;
  readonly #credentials: readonly Credentials[];
  readonly #accessTokens = new Map<string, AccessToken>();
  readonly #refreshTokens = new Map<string, Session>();
  #authorised = 0;
  #revokedOnce = false;

  constructor(settings: TokenSettings, credentials: readonly Credentials[]) {
    this.settings = settings;
    this.#credentials = credentials;
  }

  /** Starts anew with counting towards a revocation. */
  change(settings: TokenSettings): void {
    this.settings = settings;
    this.#authorised = 0;
    this.#revokedOnce = false;
  }

  /** Ends every access token. */
  revokeAll(): void {
    this.#accessTokens.clear();
  }

  /** Whether the simulator knows a client by this secret. */
  knows(client: string, secret: string): boolean {
    const digest = (text: string) => createHash('sha256').update(text).digest();
    return this.#credentials.some(
      (known) => known.clientId === client && timingSafeEqual(digest(known.clientSecret), digest(secret)),
    );
  }

  /** Tokens for a client; those of `scopes` that are withheld are not granted. A refresh token needs `offline`. */
  issue(client: string, scopes: readonly string[], now: number): Grant {
    const granted = scopes.filter((scope) => !this.settings.withheld.includes(scope));
    return this.#grant({ client, scopes: granted, refreshToken: undefined }, now);
  }

  /** New tokens for a refresh token, which dies; undefined for one that is dead or another client's. */
  refresh(token: string, client: string, now: number): Grant | undefined {
    const session = this.#refreshTokens.get(fingerprint(token));
    if (session === undefined || session.client !== client || this.settings.refreshDead) return undefined;
    if (session.refreshToken !== fingerprint(token)) {
      session.refreshToken = undefined;
      return undefined;
    }
    return this.#grant(session, now);
  }

  /** The client and scopes of an access token; undefined for one that is unknown, expired or revoked. */
  check(token: string, now: number): { client: string; scopes: readonly string[] } | undefined {
    const known = this.#accessTokens.get(fingerprint(token));
    if (known === undefined || now >= known.expiresAt || this.settings.alwaysRejected) return undefined;
    this.#authorised += 1;
    const { revokedAfter } = this.settings;
    if (revokedAfter > 0 && this.#authorised > revokedAfter && !this.#revokedOnce) {
      this.#revokedOnce = true;
      this.#accessTokens.delete(fingerprint(token));
      return undefined;
    }
    return { client: known.session.client, scopes: known.session.scopes };
  }

  #grant(session: Session, now: number): Grant {
    const accessToken = `${accessTokenMark}${randomBytes(32).toString('base64url')}`;
    const expiresAt = now + this.settings.life * 1000;
    this.#accessTokens.set(fingerprint(accessToken), { session, expiresAt });
    const offline = session.scopes.includes('offline');
    const refreshToken = offline ? `${refreshTokenMark}${randomBytes(32).toString('base64url')}` : undefined;
    if (refreshToken !== undefined) {
      session.refreshToken = fingerprint(refreshToken);
      this.#refreshTokens.set(fingerprint(refreshToken), session);
    }
    return { accessToken, expiresIn: this.settings.life, scopes: session.scopes, refreshToken };
  }
}
