import type { z } from 'zod';
import { type CataloguedError, isError } from '../model/errors.ts';
import type { TokenFingerprint } from '../model/ids.ts';
import type { AccessToken } from './access-token.ts';
import { amended } from './amended.ts';
import type { Call, OpenAnswer, Transport } from './transport.ts';

/** Where callers get their token, and how they say that it lacks a scope. */
export interface TokenSource {
  /** Throws `TokenRejected` where there is no token that may be used. */
  read(): Promise<AccessToken>;
  /** Sees to it that the token is not used again, by nobody. */
  discard(fingerprint: TokenFingerprint): Promise<void>;
}

/** A call that is made with our token. */
export interface AuthorizedCall extends Omit<Call, 'authority'> {
  /** A 403 may be about the one thing that is asked for, which is restricted: it says nothing of the token, which is kept. */
  aboutOne?: boolean;
}

/** Calls with our token, in its place. */
export interface AuthorizedCalls {
  json<Schema extends z.ZodType>(call: AuthorizedCall, schema: Schema): Promise<z.output<Schema>>;
  open(call: AuthorizedCall): Promise<OpenAnswer>;
}

/**
 * Makes calls with the family's token. A token that lacks a scope is discarded: the scope may have been granted by the time the
 * call is made again, and only a new token has it.
 *
 * @param renewed the token was fetched for the call that follows: a 401 is `TokenRejectedTwice`
 */
export function authorizedCalls(
  transport: Transport,
  tokens: TokenSource,
  renewed: boolean,
): AuthorizedCalls {
  async function withToken<Result>(
    { aboutOne = false }: AuthorizedCall,
    make: (token: AccessToken) => Promise<Result>,
  ): Promise<Result> {
    const token = await tokens.read();
    try {
      return await make(token);
    } catch (error) {
      throw isError(error, 'ScopeMissing') && !aboutOne ? await discarded(token, error) : error;
    }
  }

  async function discarded({ fingerprint }: AccessToken, error: CataloguedError): Promise<CataloguedError> {
    try {
      await tokens.discard(fingerprint);
      return error;
    } catch (failure) {
      const sentence = 'The token could not be discarded: once the scope is granted, wait until it expires.';
      return amended(error, sentence, failure);
    }
  }

  return {
    json: (call, schema) =>
      withToken(call, (token) =>
        transport.json({ ...call, authority: { kind: 'bearer', token, renewed } }, schema),
      ),
    open: (call) =>
      withToken(call, (token) => transport.open({ ...call, authority: { kind: 'bearer', token, renewed } })),
  };
}
