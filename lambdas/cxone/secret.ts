import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { TokenFingerprint } from '../model/ids.ts';

const SHOWN = '(secret)';

/** A value that nobody may see: printed, logged, joined to text or written as JSON it is `(secret)`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the call that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

/** The first 16 hex digits of a token's SHA-256: names the token without being it. */
export function fingerprintOf(token: Secret): TokenFingerprint {
  return TokenFingerprint.parse(createHash('sha256').update(token.reveal()).digest('hex').slice(0, 16));
}
