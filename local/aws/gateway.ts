import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EffectListeners } from './effects.ts';
import { type Backend, type Reply, ServiceFault } from './reply.ts';

/** The one address under which all embedded services answer. */
export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the backends on 127.0.0.1, on a free port: the first that accepts a request gets it. Every request that a
 * backend has understood is told to the listeners before and after its effect.
 */
export async function openGateway(
  backends: readonly Backend[],
  listeners: EffectListeners,
): Promise<Gateway> {
  const server = createServer((request, response) => {
    void serve(backends, listeners, request, response);
  });
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('The embedded services have no TCP address.');
  return { url: `http://127.0.0.1:${address.port}`, close: () => close(server) };
}

async function serve(
  backends: readonly Backend[],
  listeners: EffectListeners,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const reply = await answer(backends, listeners, request, response);
    if (reply) await send(reply, request, response);
  } catch {
    // The caller is gone, or a listener or a failing disk cut the exchange: what the caller sees is a lost connection.
    response.destroy();
  }
}

async function answer(
  backends: readonly Backend[],
  listeners: EffectListeners,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply | undefined> {
  const backend = backends.find((candidate) => candidate.accepts(request));
  if (!backend) return unknownService(request);
  try {
    const prepared = await backend.prepare(request);
    const { operation, resource } = prepared;
    const effect = listeners.number({ service: backend.service, operation, resource, ...callerOf(request) });
    await listeners.tell('before', effect);
    if (response.destroyed) return undefined;
    const reply = await performed(backend, prepared.perform, request);
    try {
      const { capacityUnits } = reply;
      await listeners.tell('after', capacityUnits === undefined ? effect : { ...effect, capacityUnits });
    } catch (error) {
      if (reply.body instanceof Readable) reply.body.destroy();
      throw error;
    }
    return reply;
  } catch (error) {
    if (error instanceof ServiceFault) return backend.refuse(error, request);
    throw error;
  }
}

function callerOf(request: IncomingMessage): { caller?: string } {
  const caller = /Credential=([^/,]+)/.exec(request.headers.authorization ?? '')?.[1];
  return caller === undefined ? {} : { caller };
}

async function performed(
  backend: Backend,
  perform: () => Promise<Reply>,
  request: IncomingMessage,
): Promise<Reply> {
  try {
    return await perform();
  } catch (error) {
    if (error instanceof ServiceFault) return backend.refuse(error, request);
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return backend.refuse(new ServiceFault('InternalFailure', message, 500), request);
  }
}

function unknownService(request: IncomingMessage): Reply {
  const target = request.headers['x-amz-target'] ?? `${request.method} ${request.url}`;
  const body = { __type: 'UnknownOperationException', message: `No embedded service answers ${target}.` };
  return {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

async function send(reply: Reply, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomUUID();
  const headers = { 'x-amzn-requestid': requestId, 'x-amz-request-id': requestId, ...reply.headers };
  const { body } = reply;
  // A body that was refused unread would be taken for the next request on this connection.
  if (!request.complete) response.shouldKeepAlive = false;
  if (body === undefined || body instanceof Buffer) {
    const length = headers['content-length'] ?? body?.length ?? 0;
    response.writeHead(reply.status, { ...headers, 'content-length': length }).end(body);
    return;
  }
  response.writeHead(reply.status, headers);
  await pipeline(body, response);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
