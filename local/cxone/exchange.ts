import type { IncomingHttpHeaders } from 'node:http';
import type { CallKind } from './behaviour.ts';

/** A call as a family sees it. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The caller's own simulated time, epoch milliseconds; the simulator's where it gave none. */
  readonly sentAt: number;
  /** The simulator's time, epoch milliseconds: the greatest seen. */
  readonly now: number;
  /** `X-Request-Id` of the answer. */
  readonly requestId: string;
  /** The client that the bearer token was given to; empty where a route needs no token. */
  readonly client: string;
  /** What the route's pattern caught. */
  readonly caught: readonly string[];
}

/** Bytes made while they are sent. */
export interface StreamedBody {
  readonly length: number;
  readonly chunks: () => Iterable<Buffer>;
}

/** What a family answers. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | StreamedBody;
}

/** One endpoint of a family. */
export interface Route {
  /** Calls of one family and client are throttled together. */
  readonly family:
    | 'token'
    | 'dataDownload'
    | 'downloads'
    | 'analytics'
    | 'interactions'
    | 'media'
    | 'reporting'
    | 'dataActions';
  readonly kind: CallKind;
  readonly method: string;
  /** Matches the whole path. */
  readonly path: RegExp;
  /** The scope that a bearer token has to have; undefined where no token is asked for. */
  readonly scope: string | undefined;
  /** Served on the download origin, which is not the API's. */
  readonly foreign: boolean;
  /** The UTC day that a call is about, where it can be told. */
  readonly day: (exchange: Exchange) => string | undefined;
  /** Notes an authorised call before any fault befalls it, and may refuse it. */
  readonly admit: (exchange: Exchange) => Answer | undefined;
  readonly answer: (exchange: Exchange) => Answer | Promise<Answer>;
}

/** A JSON answer. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** An error as CXone writes it. */
export function refusal(
  status: number,
  errorCode: string,
  message: string,
  requestId: string,
  headers: Record<string, string> = {},
): Answer {
  return json(status, { errorCode, message, requestId }, headers);
}

/** An error as a proxy in front of CXone writes it. */
export function page(status: number, title: string, headers: Record<string, string> = {}): Answer {
  const body = `<!DOCTYPE html>\n<html><head><title>${status} ${title}</title></head><body><h1>${title}</h1></body></html>\n`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, body };
}
