import { createLimiter, limiterKey, spacing, tokenLimiterKey } from '../ledger/limiter.ts';
import { createTokenStore } from '../ledger/token-store.ts';
import type { Family } from '../model/families.ts';
import type { TenantId } from '../model/ids.ts';
import type { Clock, ItemKey, Table } from '../model/ports.ts';
import { readAccessToken, type TokenCipher } from './access-token.ts';
import { type Analytics, createAnalytics } from './analytics.ts';
import { type AuthorizedCalls, authorizedCalls, firstThenLater } from './authorized-calls.ts';
import { createDataActions, type DataActions } from './data-actions.ts';
import { createDataDownload, type DataDownload } from './data-download.ts';
import { dispatcherFor } from './dispatcher.ts';
import { createInteractions, type Interactions } from './interactions.ts';
import { createPlayback, type Playback } from './playback.ts';
import { createReporting, type Reporting } from './reporting.ts';
import { type ClientCredentials, createTokenEndpoint } from './token-endpoint.ts';
import type { TokenPorts } from './tokens.ts';
import { type CallReport, createTransport, type Transport } from './transport.ts';

/** A function's way to one family of one tenant. */
export interface Connection {
  tenant: TenantId;
  family: Family;
  table: Table;
  cipher: TokenCipher;
  clock: Clock;
  /** A number from 0 up to, without, 1. */
  random: () => number;
  /** Headers for every call: see `Surroundings`. */
  headers: () => Record<string, string>;
  /** Address of the proxy for all calls but those to this machine. */
  proxy?: string | undefined;
  onCall: (report: CallReport) => void;
  /** How long a call may sleep for its slot. Default: the limiter's own, a few seconds. */
  longestSleepMilliseconds?: number;
}

/** How a call stands that the state machine repeats. */
export interface Repetition {
  /** The token was fetched for this very call: a 401 is `TokenRejectedTwice`. */
  renewed: boolean;
  /** How often the call has been throttled in a row before. */
  throttles: number;
}

/** A way to a family's API. */
interface FamilyCalls {
  calls: AuthorizedCalls;
  transport: Transport;
}

/** Repeats nothing: the token is good as far as anybody knows. */
const FRESH: Repetition = { renewed: false, throttles: 0 };

/**
 * The way to a family's API: the token from the ledger, and a slot of the limiter for each call. How a call stands is the machine's
 * repetition until CXone has taken the token; calls after that stand for themselves. An invocation that makes hundreds of them may see a
 * second token revoked, which is no bad token: where the machine begins anew, the first call that is rejected is final.
 *
 * @param longestSleepMilliseconds how long those later calls may sleep for their slots. Default: as the first
 */
export function connectFamily(
  connection: Connection,
  repetition: Repetition,
  longestSleepMilliseconds = connection.longestSleepMilliseconds,
): FamilyCalls {
  const first = connectOnce(connection, repetition);
  const later = connectOnce(
    { ...connection, ...(longestSleepMilliseconds === undefined ? {} : { longestSleepMilliseconds }) },
    FRESH,
  );
  return { transport: first.transport, calls: firstThenLater(first.calls, later.calls) };
}

function connectOnce(connection: Connection, repetition: Repetition): FamilyCalls {
  const { tenant, family, table } = connection;
  const transport = transportOf(connection, limiterKey(tenant, family.name), repetition.throttles);
  const store = createTokenStore(table, tenant, family.name);
  const tokens = {
    read: () => readAccessToken({ tenant, family: family.name }, { ...connection, store }),
    discard: store.discard,
  };
  return { transport, calls: authorizedCalls(transport, tokens, repetition.renewed) };
}

/** The data download API. */
export function connectDataDownload(connection: Connection, repetition: Repetition): DataDownload {
  return createDataDownload(connection.family, connectFamily(connection, repetition));
}

/** The analytics exports API. */
export function connectAnalytics(connection: Connection, repetition: Repetition): Analytics {
  return createAnalytics(connection.family, connectFamily(connection, repetition).calls);
}

/** Callers that a later call of a function may have to let go first, each at its slot. */
const CALLERS_AHEAD = 12;

/** No call sleeps longer than this for its slot. */
const LONGEST_SLEEP_MILLISECONDS = 60_000;

/**
 * The data actions API, for a function that makes many calls one after the other. Those after the first sleep for their slots as long as the callers ahead of them need: work that takes several
 * calls would never be done at a low rate if each had to be waited for by the machine, and the work begun anew.
 */
export function connectDataActions(connection: Connection, repetition: Repetition): DataActions {
  const { family } = connection;
  const longestSleep = Math.min(LONGEST_SLEEP_MILLISECONDS, CALLERS_AHEAD * spacing(family.rate).interval);
  return createDataActions(family, connectFamily(connection, repetition, longestSleep).calls);
}

/** The reporting API. */
export function connectReporting(connection: Connection, repetition: Repetition): Reporting {
  return createReporting(connection.family, connectFamily(connection, repetition).calls);
}

/** The interactions API. */
export function connectInteractions(connection: Connection, repetition: Repetition): Interactions {
  return createInteractions(connection.family, connectFamily(connection, repetition).calls);
}

/** Playback addresses that the interactions API gives. */
export function connectPlayback(connection: Connection, repetition: Repetition): Playback {
  return createPlayback(connection.family, connectFamily(connection, repetition));
}

/** What obtaining a family's token needs: for the token function alone. */
export function tokenPorts(
  connection: Connection,
  credentials: () => Promise<ClientCredentials>,
): TokenPorts {
  const { tenant, family, table, cipher, clock, random } = connection;
  const transport = tokenTransport(connection);
  return {
    store: createTokenStore(table, tenant, family.name),
    endpoint: createTokenEndpoint(family, transport),
    credentials,
    cipher,
    clock,
    random,
  };
}

/** The way to a family's token endpoint: for the functions that hold credentials. */
export function tokenTransport(connection: Connection): Transport {
  return transportOf(connection, tokenLimiterKey(connection.tenant, connection.family.name), 0);
}

function transportOf(connection: Connection, key: ItemKey, throttles: number): Transport {
  const { family } = connection;
  return createTransport(
    { family, throttles },
    {
      ...connection,
      dispatcher: dispatcherFor(family.timeouts, connection.proxy),
      limiter: createLimiter(
        { key, rate: family.rate, maximumSleepMilliseconds: connection.longestSleepMilliseconds },
        connection,
      ),
    },
  );
}
