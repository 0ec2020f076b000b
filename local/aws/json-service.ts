import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { ServiceName } from './effects.ts';
import { type Backend, header, type PreparedRequest, readBody, ServiceFault } from './reply.ts';

/** One operation of a stand-in: it knows its input and refuses every other. */
export interface Operation {
  prepare(input: unknown, invalidInput: string): { resource: string; run(): unknown };
}

/**
 * Describes an operation by its input, what it is done to, and its effect.
 *
 * @param input strict schema: an unknown parameter is refused, never ignored
 * @param resource name of what the operation is done to
 * @param run carries it out and returns AWS's output; throws `ServiceFault` with AWS's error name
 */
export function operation<Schema extends z.ZodType>(
  input: Schema,
  resource: (input: z.infer<Schema>) => string,
  run: (input: z.infer<Schema>) => unknown,
): Operation {
  return {
    prepare(value, invalidInput) {
      const parsed = input.safeParse(value);
      if (!parsed.success) throw new ServiceFault(invalidInput, problems(parsed.error));
      return { resource: resource(parsed.data), run: () => run(parsed.data) };
    },
  };
}

function problems(error: z.ZodError): string {
  const lines = error.issues.map((issue) => `${issue.path.join('.') || 'request'}: ${issue.message}`);
  return `${lines.length} validation error(s): ${lines.join('; ')}`;
}

/** A stand-in that speaks AWS's JSON protocol. */
export interface JsonServiceOptions {
  service: ServiceName;
  /** What precedes the operation in `x-amz-target`, such as `TrentService`. */
  target: string;
  /** Version of AWS's JSON protocol that the service's clients speak. */
  protocol: '1.0' | '1.1';
  /** The service's name for an input that it cannot take. */
  invalidInput: string;
  operations: Readonly<Record<string, Operation>>;
}

/** Makes a backend of operations. An operation that is not among them is `UnknownOperationException`. */
export function jsonService(options: JsonServiceOptions): Backend {
  const contentType = `application/x-amz-json-${options.protocol}`;
  const reply = (status: number, body: unknown, extra: Record<string, string> = {}) => ({
    status,
    headers: { 'content-type': contentType, ...extra },
    body: Buffer.from(JSON.stringify(body ?? {})),
  });
  return {
    service: options.service,
    accepts: (request) => header(request, 'x-amz-target')?.startsWith(`${options.target}.`) ?? false,
    async prepare(request): Promise<PreparedRequest> {
      const name = operationName(request);
      const found = Object.hasOwn(options.operations, name) ? options.operations[name] : undefined;
      const body = await readBody(request);
      if (!found)
        throw new ServiceFault('UnknownOperationException', `${options.target}.${name} is not embedded.`);
      const prepared = found.prepare(parseJson(body), options.invalidInput);
      return {
        operation: name,
        resource: prepared.resource,
        perform: async () => reply(200, await prepared.run()),
      };
    },
    refuse: (fault) =>
      reply(fault.status, { __type: fault.name, message: fault.message }, { 'x-amzn-errortype': fault.name }),
  };
}

/** The operation that `x-amz-target` names, or the empty string. */
export function operationName(request: IncomingMessage): string {
  const target = header(request, 'x-amz-target') ?? '';
  return target.slice(target.lastIndexOf('.') + 1);
}

/** Parses a request's body; an empty one is `{}`. Throws `SerializationException`. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ServiceFault('SerializationException', 'The body is not JSON.');
  }
}
