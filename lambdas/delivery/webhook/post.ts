import { type Dispatcher, request } from 'undici';
import { headerOf } from '../../cxone/answer.ts';
import type { Secret } from '../../cxone/secret.ts';
import { instantOfRetryAfter } from '../../cxone/throttling.ts';
import { isError } from '../../model/errors.ts';
import type { Clock } from '../../model/ports.ts';
import type { WebhookSettings } from '../../model/webhook.ts';
import type { Resolve } from './address-guard.ts';
import { type SigningSecrets, signedHeaders } from './signature.ts';
import { waysTo } from './ways.ts';

/** What became of one attempt. */
export type Attempt =
  | { outcome: 'delivered' }
  /** The receiver, or the way to it, may be well later. */
  | { outcome: 'later'; reason: string; retryAt?: number }
  /** Nothing but a change at the receiver or of the configuration will help. */
  | { outcome: 'refused'; reason: string };

/** A receiver that batches are posted to. */
export interface Receiver {
  post(batch: { id: string; body: Buffer }): Promise<Attempt>;
  /** Gives the connections up. */
  close(): Promise<void>;
}

/** How the receiver is reached. */
export interface ReceiverPorts {
  settings: Pick<WebhookSettings, 'url' | 'networks' | 'certificateAuthority'>;
  secrets: { signing: SigningSecrets; authorization?: Secret | undefined };
  clock: Clock;
  /** The egress proxy, where there is one. */
  proxy?: string | undefined;
  /** Default: the system's. */
  resolve?: Resolve;
}

/** Time limits of a post: for the connection, for the head of the answer, for the whole. */
const CONNECT_MILLISECONDS = 10_000;
const ANSWER_MILLISECONDS = 60_000;

/** Bytes of an answer that are read so that its connection can be used again; nothing of it is kept. */
const ANSWER_BYTES = 65_536;

/** Answers after which the same request may succeed later: too slow, too early, too often. */
const PASSING = new Set([408, 425, 429]);

/** How the HTTP client tells that the proxy made no tunnel. */
const PROXY_REFUSAL = /^Proxy response \((\d{3})\)/;

/** Makes a receiver: HTTPS, to addresses that may be called only, redirects not followed. */
export function receiverAt(ports: ReceiverPorts): Receiver {
  const ways = waysTo({
    ...ports,
    connectMilliseconds: CONNECT_MILLISECONDS,
    answerMilliseconds: ANSWER_MILLISECONDS,
  });
  return {
    close: () => ways.close(),
    async post(batch) {
      const { signing, authorization } = ports.secrets;
      try {
        const { dispatcher, url, headers } = await ways.next();
        const response = await request(url, {
          dispatcher,
          method: 'POST',
          headers: {
            ...headers,
            'user-agent': 'cxone-export',
            'content-type': 'application/json',
            ...signedHeaders(batch, signing, ports.clock.now()),
            ...(authorization === undefined ? {} : { authorization: authorization.reveal() }),
          },
          body: batch.body,
          signal: AbortSignal.timeout(CONNECT_MILLISECONDS + ANSWER_MILLISECONDS),
        });
        await response.body.dump({ limit: ANSWER_BYTES });
        return attemptOf(response, ports.clock.now());
      } catch (error) {
        return failedAttempt(error);
      }
    },
  };
}

function attemptOf(response: Dispatcher.ResponseData, now: number): Attempt {
  const { statusCode: status } = response;
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  const reason = `HTTP ${status}`;
  if (!PASSING.has(status) && status < 500) return { outcome: 'refused', reason };
  const retryAt = instantOfRetryAfter(headerOf(response, 'retry-after'), now);
  return { outcome: 'later', reason, ...(retryAt === undefined ? {} : { retryAt }) };
}

function failedAttempt(error: unknown): Attempt {
  const named = causesOf(error).find((cause) => isError(cause, 'WebhookAddressRefused'));
  if (named !== undefined) return { outcome: 'refused', reason: 'WebhookAddressRefused' };
  const [, status] = causesOf(error).flatMap((cause) => PROXY_REFUSAL.exec(wordsOf(cause)) ?? []);
  if (status !== undefined) return { outcome: 'later', reason: `ProxyRefused HTTP ${status}` };
  const codes = causesOf(error).flatMap((cause) => {
    const code: unknown = Reflect.get(Object(cause), 'code');
    return typeof code === 'string' ? [code] : [];
  });
  return { outcome: 'later', reason: `ConnectionLost ${codes[0] ?? 'without a code'}` };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

/** An error and those that it comes from. */
function causesOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [];
  const several = error instanceof AggregateError ? error.errors.flatMap(causesOf) : [];
  return [error, ...several, ...causesOf(error.cause)];
}
