import { LONGEST_PAUSE_MILLISECONDS } from '../ledger/limiter.ts';
import { isoInstant } from '../model/days.ts';
import type { ErrorName } from '../model/error-catalogue.ts';
import { type CataloguedError, catalogued } from '../model/errors.ts';
import type { TokenFingerprint } from '../model/ids.ts';
import type { Answer } from './answer.ts';
import { BLOCK_MILLISECONDS, backOffMilliseconds, instantOfRetryAfter } from './throttling.ts';

/** By what right a call is made; decides what a refusal means. */
export type AuthorityKind = 'bearer' | 'renewedBearer' | 'credentials' | 'none';

/** What the table needs to know of the call that was answered. */
export interface Occasion {
  call: string;
  authority: AuthorityKind;
  fingerprint?: TokenFingerprint;
  /** The scope and permissions that the call needs, as words. */
  needs: string;
  now: number;
  /** How often the call has been throttled in a row before. */
  throttles: number;
  random: () => number;
}

interface Outcome {
  from: number;
  to: number;
  body?: 'json' | 'other';
  error: ErrorName;
}

/** Every answer that is not a success and the error that it is, the first row that fits. */
const OUTCOMES: readonly Outcome[] = [
  { from: 401, to: 401, error: 'TokenRejected' },
  { from: 403, to: 403, body: 'json', error: 'ScopeMissing' },
  { from: 403, to: 403, body: 'other', error: 'ClientBlocked' },
  { from: 404, to: 404, error: 'NotFound' },
  { from: 407, to: 407, error: 'ConnectionLost' },
  { from: 408, to: 408, error: 'ServerFault' },
  { from: 410, to: 410, error: 'NotFound' },
  { from: 425, to: 425, error: 'ServerFault' },
  { from: 429, to: 429, error: 'Throttled' },
  { from: 300, to: 499, error: 'RequestRefused' },
  { from: 100, to: 999, error: 'ServerFault' },
];

/** Where the answer means something else because of the right by which the call was made. */
const BY_AUTHORITY: Record<AuthorityKind, Partial<Record<ErrorName, ErrorName>>> = {
  bearer: {},
  renewedBearer: { TokenRejected: 'TokenRejectedTwice' },
  credentials: { TokenRejected: 'CredentialsRejected' },
  none: { TokenRejected: 'NotFound', ScopeMissing: 'NotFound', ClientBlocked: 'NotFound' },
};

/** What a token endpoint's own codes mean (RFC 6749, section 5.2). */
const BY_OAUTH_CODE: Record<string, ErrorName> = {
  invalid_client: 'CredentialsRejected',
  unauthorized_client: 'CredentialsRejected',
  invalid_scope: 'ScopeMissing',
};

/** The error that an answer is. It carries `call`, `status` and `requestId`, and `retryAt` where waiting helps. */
export function errorOf(answer: Answer, occasion: Occasion): CataloguedError {
  const retryAt = retryInstant(answer, occasion);
  const name = nameOf(answer, occasion, retryAt);
  const said = answer.words ?? answer.errorCode;
  const message =
    `CXone answered ${answer.status} to ${occasion.call}${explanation(name, occasion)}.` +
    (said === undefined ? '' : ` CXone says: ${said}`);
  return catalogued(name, message, {
    call: occasion.call,
    status: answer.status,
    requestId: answer.requestId,
    errorCode: answer.errorCode,
    html: answer.html || undefined,
    fingerprint: occasion.fingerprint,
    retryAt: retryAt === undefined ? undefined : isoInstant(retryAt),
  });
}

function nameOf(answer: Answer, occasion: Occasion, retryAt: number | undefined): ErrorName {
  const body = answer.json ? 'json' : 'other';
  const row = OUTCOMES.find(
    ({ from, to, body: wanted }) => from <= answer.status && answer.status <= to && (wanted ?? body) === body,
  );
  const name = row?.error ?? 'ServerFault';
  if (name === 'Throttled' && retryAt !== undefined && retryAt - occasion.now > LONGEST_PAUSE_MILLISECONDS)
    return 'ThrottledTooLong';
  if (name === 'RequestRefused' && occasion.authority === 'credentials')
    return BY_OAUTH_CODE[answer.errorCode ?? ''] ?? name;
  return BY_AUTHORITY[occasion.authority][name] ?? name;
}

function retryInstant(answer: Answer, { now, throttles, random }: Occasion): number | undefined {
  if (answer.status === 403 && !answer.json) return now + BLOCK_MILLISECONDS;
  if (answer.status !== 429) return undefined;
  const bounded = instantOfRetryAfter(answer.retryAfter, now) ?? now + backOffMilliseconds(throttles, random);
  return Math.min(bounded, LAST_INSTANT);
}

/** The last instant that ISO 8601 writes with four digits of year. */
const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function explanation(name: ErrorName, occasion: Occasion): string {
  switch (name) {
    case 'ScopeMissing':
      return `: the service account lacks what this call needs, ${occasion.needs}`;
    case 'ClientBlocked':
      return ' without a JSON body: our address is blocked for about 15 minutes';
    case 'TokenRejectedTwice':
      return ' with a token that was fetched for this very call';
    case 'NotFound':
      return occasion.authority === 'none' ? ': the address, called without our token, opens no more' : '';
    case 'ThrottledTooLong':
      return ' and asks for a pause of more than 24 hours';
    default:
      return '';
  }
}
