import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { ServiceName } from './effects.ts';

/** What a service answers; a stream is passed on as it flows. */
export interface Reply {
  status: number;
  headers: OutgoingHttpHeaders;
  body?: Buffer | Readable;
  /** See `Effect`. */
  capacityUnits?: number;
}

/** A request that a service has understood and not yet carried out. */
export interface PreparedRequest {
  operation: string;
  resource: string;
  perform(): Promise<Reply>;
}

/** One service behind the gateway. */
export interface Backend {
  readonly service: ServiceName;
  /** Whether the request, judged by its headers, is for this service. */
  accepts(request: IncomingMessage): boolean;
  /** Understands a request. Throws `ServiceFault` for what the service refuses or does not know. */
  prepare(request: IncomingMessage): Promise<PreparedRequest>;
  /** The service's own form of an error. */
  refuse(fault: ServiceFault, request: IncomingMessage): Reply;
}

/** An error under the name that AWS gives it. */
export class ServiceFault extends Error {
  readonly status: number;

  /** @param status HTTP status; 400 is what AWS's JSON services answer to a caller's mistake. */
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** Largest body of a request that is read whole (16 MiB, DynamoDB's limit, the largest among the services). */
const longestBody = 16 * 1024 * 1024;

/** Reads a request's body. Throws `RequestEntityTooLarge` beyond 16 MiB. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > longestBody)
      throw new ServiceFault('RequestEntityTooLarge', `The body is over ${longestBody} bytes.`, 413);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** A header's single value, or undefined. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
