import type { CallKind } from './behaviour.ts';

/** One call to the simulator, whatever became of it. */
export interface LoggedCall {
  /** 1 for the first that arrived. */
  readonly order: number;
  /** The caller's simulated time, ISO 8601. */
  readonly at: string;
  /** The API's origin, or the one that only serves downloads. */
  readonly host: 'api' | 'foreign';
  /** Undefined for a path that nobody serves. */
  kind: CallKind | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** `X-Request-Id` of the answer. */
  readonly requestId: string;
  /** `X-Request-Id` of the call. */
  readonly idempotencyKey: string | undefined;
  /** SHA-256 of the bearer token that was sent, in lower-case hex. */
  readonly bearer: string | undefined;
  /** What was posted, without secrets and tokens. */
  readonly body: unknown;
  /** The UTC day that the call was about. */
  day: string | undefined;
  /** Undefined where the connection ended before an answer. */
  status: number | undefined;
  /** Bytes of the body sent. */
  bytes: number;
  /** The fault that befell the call, by its scenario's name. */
  fault: string | undefined;
  /** Real milliseconds until the answer had been sent; undefined while it is not. */
  duration: number | undefined;
}

/** What a client must never do. */
export interface Violation {
  readonly rule:
    | 'polled-too-soon'
    | 'retry-after-ignored'
    | 'idempotency-key-reused'
    | 'rate-exceeded'
    | 'bearer-on-foreign-host';
  /** The call's simulated time, ISO 8601. */
  readonly at: string;
  readonly detail: string;
}

const secretFields = new Set(['client_secret', 'refresh_token', 'access_token']);

/** A posted body as it may be kept: parsed where it can be, secrets and tokens left out. */
export function loggedBody(contentType: string | undefined, body: string): unknown {
  if (body === '') return undefined;
  if (contentType?.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries([...new URLSearchParams(body)].filter(([name]) => !secretFields.has(name)));
  }
  try {
    return JSON.parse(body);
  } catch {
    return `${body.length} characters that are not JSON`;
  }
}
