import { PassThrough, type Readable } from 'node:stream';

/** What a stream that ended in the middle without saying why ends with. */
function closedTooEarly(): Error {
  return Object.assign(new Error('The stream was closed before its end.'), {
    code: 'ERR_STREAM_PREMATURE_CLOSE',
  });
}

/**
 * The same bytes, with memory bounded as before; a break of the connection that they come by reaches the reader under the name
 * that it is given. Whoever destroys the given stream ends the other one too.
 */
export function withNamedBreaks(body: Readable, name: (error: unknown) => unknown): Readable {
  const named = new PassThrough({ highWaterMark: 262_144 });
  // A break may come before anybody reads: the stream keeps it for whoever reads next, and must not end the process.
  named.on('error', () => undefined);
  let ended = false;
  const breakOff = (cause: Error) => {
    const error = name(cause);
    named.destroy(error instanceof Error ? error : cause);
  };
  body.once('end', () => {
    ended = true;
  });
  body.once('error', breakOff);
  body.once('close', () => {
    if (!ended && !named.destroyed) breakOff(closedTooEarly());
  });
  named.once('close', () => {
    if (!ended) body.destroy();
  });
  body.pipe(named);
  return named;
}

/** The code of a socket's or a time limit's error, its own or that of what caused it. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string') return code;
  return error.cause instanceof Error ? codeOf(error.cause) : error.name;
}
