import { PassThrough, type Readable } from 'node:stream';
import { errors } from 'undici';
import { CataloguedError, catalogued, type ErrorFacts } from '../model/errors.ts';

/**
 * What a failure of the connection is to the pipelines: `ConnectionLost` with the code of the socket or of the time limit.
 * An error that has its name already, and a request of ours that cannot be sent at all, stay as they are.
 */
export function asConnectionLost(error: unknown, facts: ErrorFacts): unknown {
  if (error instanceof CataloguedError || error instanceof errors.InvalidArgumentError) return error;
  const code = codeOf(error);
  return catalogued('ConnectionLost', `The connection to CXone failed: ${code}.`, { ...facts, code }, error);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string') return code;
  return error.cause instanceof Error ? codeOf(error.cause) : error.name;
}

/** The same bytes, with memory bounded as before; a break of the connection reaches the reader as `ConnectionLost`. */
export function withNamedBreaks(body: Readable, facts: ErrorFacts): Readable {
  const named = new PassThrough({ highWaterMark: 262_144 });
  // A break may come before anybody reads: the stream keeps it for whoever reads next, and must not end the process.
  named.on('error', () => undefined);
  let ended = false;
  body.once('end', () => {
    ended = true;
  });
  body.once('error', (error) => {
    const lost = asConnectionLost(error, facts);
    named.destroy(lost instanceof Error ? lost : undefined);
  });
  body.once('close', () => {
    if (!ended) named.destroy();
  });
  named.once('close', () => {
    if (!ended) body.destroy();
  });
  body.pipe(named);
  return named;
}
