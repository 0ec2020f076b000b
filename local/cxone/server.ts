import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type LoggedCall, loggedBody } from './call-log.ts';
import type { SimulatedClock } from './clock.ts';
import { uuidOf } from './data/random.ts';
import { type Answer, type Exchange, json, page, type Route, refusal } from './exchange.ts';
import { fingerprintOf, type Outcome } from './gateway.ts';
import type { ExchangeListener } from './options.ts';
import { resetConnection, transmit } from './transmit.ts';

/** Bytes of a posted body at most. */
const bodyLimit = 1024 * 1024;

/** What a listener serves, and to whom it tells what it has done. */
export interface Service {
  readonly host: LoggedCall['host'];
  readonly seed: string;
  readonly clock: SimulatedClock;
  readonly routes: readonly Route[];
  readonly calls: LoggedCall[];
  /** What `GET /simulator` tells; undefined where it is not served. */
  readonly introduction: () => unknown;
  readonly handle: (route: Route, exchange: Exchange, call: LoggedCall) => Promise<Outcome>;
  readonly onCall: (call: LoggedCall) => void;
  readonly onExchange: ExchangeListener;
}

/** Starts a listener on 127.0.0.1; port 0 takes a free one. */
export async function listen(service: Service, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    serve(service, request, response).catch((error: unknown) => fail(response, error));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Ends a listener with all its connections. */
export async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** The origin of a listener. */
export function originOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  return `http://127.0.0.1:${address.port}`;
}

async function serve(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = performance.now();
  const body = await readBody(request);
  const url = new URL(`http://simulator${request.url ?? '/'}`);
  const stamp = request.headers['x-simulated-time'];
  const sentAt = service.clock.take(Array.isArray(stamp) ? stamp[0] : stamp);
  const method = request.method ?? 'GET';
  response.sendDate = false;
  response.setHeader('date', new Date(service.clock.now()).toUTCString());
  const requestId = uuidOf(service.seed, service.host, 'call', String(service.calls.length + 1));
  response.setHeader('x-request-id', requestId);
  response.setHeader('x-correlation-id', requestId);
  const introduction = method === 'GET' && url.pathname === '/simulator' ? service.introduction() : undefined;
  if (introduction !== undefined) {
    await transmit(response, json(200, introduction), undefined);
    return;
  }
  const call = logged(service, request, {
    method,
    url,
    requestId,
    body: body ?? '',
    at: sentAt ?? service.clock.now(),
  });
  if (!(await isHeld(service, 'before', call))) return resetConnection(response);
  const outcome =
    body === undefined
      ? whole(refusal(413, 'TOO_LARGE', `a body of more than ${bodyLimit} bytes`, requestId))
      : sentAt === undefined
        ? whole(refusal(400, 'INVALID_TIME', 'x-simulated-time has to be ISO 8601 in UTC', requestId))
        : await route(service, { request, method, url, requestId, body, sentAt }, call);
  if (!(await isHeld(service, 'after', call))) return resetConnection(response);
  if (outcome === 'reset') resetConnection(response);
  else {
    call.status = outcome.answer.status;
    call.bytes = await transmit(response, outcome.answer, outcome.spoil);
  }
  call.duration = performance.now() - started;
  service.onCall(call);
}

/** Whether the connection holds once the listener has been told. */
async function isHeld(service: Service, phase: 'before' | 'after', call: LoggedCall): Promise<boolean> {
  try {
    await service.onExchange(phase, call);
    return true;
  } catch {
    return false;
  }
}

interface Arrival {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly url: URL;
  readonly requestId: string;
  readonly body: string;
  readonly sentAt: number;
}

async function route(service: Service, arrival: Arrival, call: LoggedCall): Promise<Outcome> {
  const { request, method, url, requestId, body, sentAt } = arrival;
  const matching = service.routes.filter((candidate) => candidate.path.test(url.pathname));
  const found = matching.find((candidate) => candidate.method === method);
  if (found === undefined) {
    return matching.length === 0
      ? whole(page(404, 'Not found'))
      : whole(page(405, 'Method not allowed', { allow: matching.map((other) => other.method).join(', ') }));
  }
  const exchange: Exchange = {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
    sentAt,
    now: service.clock.now(),
    requestId,
    client: '',
    caught: (found.path.exec(url.pathname) ?? []).slice(1),
  };
  call.kind = found.kind;
  call.day = found.day(exchange);
  return service.handle(found, exchange, call);
}

function logged(
  service: Service,
  request: IncomingMessage,
  told: { method: string; url: URL; requestId: string; body: string; at: number },
): LoggedCall {
  const key = request.headers['x-request-id'];
  const call: LoggedCall = {
    order: service.calls.length + 1,
    at: new Date(told.at).toISOString(),
    host: service.host,
    kind: undefined,
    method: told.method,
    path: told.url.pathname,
    query: Object.fromEntries(told.url.searchParams),
    requestId: told.requestId,
    idempotencyKey: Array.isArray(key) ? key[0] : key,
    bearer: fingerprintOf(request.headers.authorization),
    body: loggedBody(request.headers['content-type'], told.body),
    day: undefined,
    status: undefined,
    bytes: 0,
    fault: undefined,
    duration: undefined,
  };
  service.calls.push(call);
  return call;
}

function whole(answer: Answer): Outcome {
  return { answer, spoil: undefined };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    const bytes = Buffer.from(piece);
    length += bytes.length;
    if (length <= bodyLimit) pieces.push(bytes);
  }
  return length > bodyLimit ? undefined : Buffer.concat(pieces).toString('utf8');
}

/** A call whose client went away needs nothing more; anything else is a fault of the simulator and is shown. */
function fail(response: ServerResponse, error: unknown): void {
  if (!response.destroyed && !response.req.destroyed) console.error('CXone simulator:', error);
  resetConnection(response);
}
