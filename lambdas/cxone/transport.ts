import { Readable } from 'node:stream';
import { type Dispatcher, request as exchange } from 'undici';
import type { z } from 'zod';
import type { Limiter } from '../ledger/limiter.ts';
import type { ErrorName } from '../model/error-catalogue.ts';
import { CataloguedError, catalogued, type ErrorFacts } from '../model/errors.ts';
import type { Family } from '../model/families.ts';
import { withNamedBreaks } from '../model/named-breaks.ts';
import type { Clock } from '../model/ports.ts';
import { problemSentence, problemsOf } from '../model/refusal.ts';
import type { AccessToken } from './access-token.ts';
import { amended } from './amended.ts';
import { headerOf, isHtml, parsedJson, readAnswer, readText, requestIdOf } from './answer.ts';
import { asConnectionLost } from './connection-lost.ts';
import { errorOf } from './outcomes.ts';
import { permissionFor } from './permissions.ts';
import { redactor } from './redaction.ts';
import type { Secret } from './secret.ts';

/** By what right a call is made. `renewed` says that the token was fetched for this very call: a 401 is final then. */
export type Authority =
  | { kind: 'bearer'; token: AccessToken; renewed: boolean }
  | { kind: 'credentials'; secrets: readonly Secret[] }
  | { kind: 'none' };

/** One call of an API. */
export interface Call {
  /** Name of the call in records and errors: `submit`. */
  name: string;
  method: 'GET' | 'POST' | 'PUT';
  url: URL;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  authority: Authority;
  /** Bound of a whole JSON call in milliseconds. Default: the family's connect, response and idle times together. */
  deadlineMilliseconds?: number;
}

/** What became of a call, for the run record. */
export interface CallReport {
  call: string;
  /** False where the limiter held the call back. */
  sent: boolean;
  /** Absent where no answer came, or where the limiter held the call back. */
  status?: number;
  error?: ErrorName;
  requestId?: string;
  /** From sending until the answer was read; until its head for a body that is streamed. */
  milliseconds: number;
  /** Spent waiting for the limiter's slot, and asked for by a 429. */
  throttledMilliseconds: number;
}

/** An answer whose body is streamed. */
export interface OpenAnswer {
  status: number;
  requestId?: string;
  header(name: string): string | undefined;
  body: Readable;
}

/** What the transport is given by its surroundings. */
export interface TransportPorts {
  dispatcher: Dispatcher;
  limiter: Limiter;
  clock: Clock;
  /** A number from 0 up to, without, 1. */
  random: () => number;
  /** Headers for every call: see `Surroundings`. */
  headers: () => Record<string, string>;
  onCall: (report: CallReport) => void;
}

/** Of whose API the calls are, and how often in a row the caller has been throttled before. */
export interface TransportSettings {
  family: Family;
  throttles: number;
}

/** Calls of one family over HTTP. It repeats nothing: an answer that is not a success is one error of the catalogue. */
export interface Transport {
  /** A call with a JSON answer. Throws `ServerFault` where the answer is not JSON or not of the schema's form. */
  json<Schema extends z.ZodType>(call: Call, schema: Schema): Promise<z.output<Schema>>;
  /**
   * A call whose body is streamed. A redirect is handed back, with an empty body, and never followed. Whoever does not read
   * the body to its end must destroy it.
   */
  open(call: Call): Promise<OpenAnswer>;
}

/** Longest JSON answer that is read: 5,000 parts take about 2 MB. */
const JSON_BYTES = 16 * 1_048_576;

interface Exchange {
  call: Call;
  redact: (text: string) => string;
  report: CallReport;
}

/** Makes the transport of one family. Each call takes a slot of the limiter first, may sleep for it, and may be refused it. */
export function createTransport(settings: TransportSettings, ports: TransportPorts): Transport {
  const { clock, limiter } = ports;

  async function perform<Result>(call: Call, read: (exchange: Exchange) => Promise<Result>): Promise<Result> {
    const report: CallReport = { call: call.name, sent: false, milliseconds: 0, throttledMilliseconds: 0 };
    const asked = clock.now();
    let sent = asked;
    try {
      // The slot is the ledger's: what fails there is no fault of the connection.
      await limiter.take();
      sent = clock.now();
      report.sent = true;
      report.throttledMilliseconds = sent - asked;
      return await read({ call, redact: redactor(secretsOf(call.authority)), report }).catch((error) => {
        throw asConnectionLost(error, { call: call.name, ...heard(report) });
      });
    } catch (error) {
      if (error instanceof CataloguedError) noteError(report, error, clock.now());
      throw error;
    } finally {
      report.milliseconds = clock.now() - sent;
      ports.onCall(report);
    }
  }

  async function send(
    { call, redact, report }: Exchange,
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const response = await exchange(call.url, {
      dispatcher: ports.dispatcher,
      method: call.method,
      headers: {
        'user-agent': 'cxone-export',
        ...ports.headers(),
        ...call.headers,
        ...bearerOf(call.authority),
      },
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(signal ? { signal } : {}),
    });
    report.status = response.statusCode;
    const requestId = requestIdOf(response, redact);
    if (requestId !== undefined) report.requestId = requestId;
    return response;
  }

  async function refusal(
    response: Dispatcher.ResponseData,
    { call, redact, report }: Exchange,
  ): Promise<CataloguedError> {
    const { authority } = call;
    const answer = await readAnswer(response, redact);
    if (answer.requestId !== undefined) report.requestId = answer.requestId;
    const error = errorOf(answer, {
      call: call.name,
      authority: authority.kind === 'bearer' && authority.renewed ? 'renewedBearer' : authority.kind,
      ...(authority.kind === 'bearer' ? { fingerprint: authority.token.fingerprint } : {}),
      needs: permissionFor(settings.family.name, call.name),
      now: clock.now(),
      throttles: settings.throttles,
      random: ports.random,
    });
    return authority.kind === 'none' ? error : holdEverybody(error, limiter);
  }

  return {
    json: (call, schema) =>
      perform(call, async (exchange) => {
        const { connectSeconds, responseSeconds, idleSeconds } = settings.family.timeouts;
        const deadline =
          call.deadlineMilliseconds ?? (connectSeconds + responseSeconds + idleSeconds) * 1_000;
        const response = await send(exchange, AbortSignal.timeout(deadline));
        if (!isSuccess(response.statusCode)) throw await refusal(response, exchange);
        return promised(response, await readText(response.body, JSON_BYTES), schema, exchange);
      }),
    open: (call) =>
      perform(call, async (exchange) => {
        const response = await send(exchange);
        const { statusCode: status, body } = response;
        const { requestId } = exchange.report;
        const head = {
          status,
          ...(requestId === undefined ? {} : { requestId }),
          header: (name: string) => headerOf(response, name),
        };
        if (isRedirect(status)) {
          await body.dump();
          return { ...head, body: Readable.from([]) };
        }
        if (!isSuccess(status)) throw await refusal(response, exchange);
        const facts = { call: call.name, ...heard(exchange.report) };
        return { ...head, body: withNamedBreaks(body, (error) => asConnectionLost(error, facts)) };
      }),
  };
}

function promised<Schema extends z.ZodType>(
  response: Dispatcher.ResponseData,
  text: string | undefined,
  schema: Schema,
  { call, report }: Exchange,
): z.output<Schema> {
  const value = text === undefined ? undefined : parsedJson(text);
  const parsed = schema.safeParse(value);
  if (value !== undefined && parsed.success) return parsed.data;
  const html = isHtml(response) || (text ?? '').trimStart().startsWith('<');
  const wrong = wrongness(text, value, parsed.error);
  throw catalogued('ServerFault', `CXone answered ${response.statusCode} to ${call.name} with ${wrong}.`, {
    call: call.name,
    ...heard(report),
    html: html || undefined,
  });
}

function wrongness(text: string | undefined, value: unknown, error: z.ZodError | undefined): string {
  if (text === undefined) return `a body of more than ${JSON_BYTES} bytes`;
  if (value === undefined || !error) return 'a body that is not JSON';
  return `JSON of another form: ${problemsOf(error, value).slice(0, 3).map(problemSentence).join('; ')}`;
}

/** A pause that CXone asks of us is everybody's, before anyone is told. */
async function holdEverybody(error: CataloguedError, limiter: Limiter): Promise<CataloguedError> {
  const { retryAt } = error.facts;
  if (typeof retryAt !== 'string') return error;
  try {
    await limiter.pause(Date.parse(retryAt));
    return error;
  } catch (failure) {
    // The caller must wait in any case; that the others were not told is in the cause, they will be throttled themselves.
    return amended(error, 'The other machines could not be told of it.', failure);
  }
}

function noteError(report: CallReport, error: CataloguedError, now: number): void {
  report.error = error.name;
  const { retryAt } = error.facts;
  if (typeof retryAt === 'string') report.throttledMilliseconds += Math.max(0, Date.parse(retryAt) - now);
}

function heard({ status, requestId }: CallReport): ErrorFacts {
  return { status, requestId };
}

function secretsOf(authority: Authority): readonly Secret[] {
  switch (authority.kind) {
    case 'bearer':
      return [authority.token.value];
    case 'credentials':
      return authority.secrets;
    case 'none':
      return [];
  }
}

function bearerOf(authority: Authority): Record<string, string> {
  return authority.kind === 'bearer' ? { authorization: `Bearer ${authority.token.value.reveal()}` } : {};
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}
