import type { z } from 'zod';
import type { ErrorName } from '../model/error-catalogue.ts';
import { CataloguedError, isError } from '../model/errors.ts';
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

/** Refusals by which CXone says that it knows the token: they are about what was asked for. */
const KNOWN_TOKEN: readonly ErrorName[] = ['NotFound', 'RequestRefused', 'ScopeMissing'];

/** Makes calls by the first way until CXone has taken the token of one, and by the later way from then on. */
export function firstThenLater(first: AuthorizedCalls, later: AuthorizedCalls): AuthorizedCalls {
  let accepted = false;
  async function make<Result>(by: (calls: AuthorizedCalls) => Promise<Result>): Promise<Result> {
    try {
      const result = await by(accepted ? later : first);
      accepted = true;
      return result;
    } catch (error) {
      accepted ||= error instanceof CataloguedError && KNOWN_TOKEN.includes(error.name);
      throw error;
    }
  }
  return {
    json: (call, schema) => make((calls) => calls.json(call, schema)),
    open: (call) => make((calls) => calls.open(call)),
  };
}
