import { AsyncLocalStorage } from 'node:async_hooks';

/** Takes what was written, in pieces as they came. */
export type OutputSink = (text: string) => void;

const sinks = new AsyncLocalStorage<OutputSink>();
let diverted = false;

/**
 * Runs work whose standard output and error go to the sink instead of the terminal, for as long as they are written by
 * the work itself or by what it has started. Everybody else's output goes where it went before.
 */
export function capturingOutput<Result>(sink: OutputSink, work: () => Result): Result {
  if (!diverted) {
    divert(process.stdout);
    divert(process.stderr);
    diverted = true;
  }
  return sinks.run(sink, work);
}

type Written = (error?: Error | null) => void;

function divert(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream);
  stream.write = (chunk: Uint8Array | string, encodingOrDone?: BufferEncoding | Written, done?: Written) => {
    const sink = sinks.getStore();
    const encoding = typeof encodingOrDone === 'string' ? encodingOrDone : undefined;
    const written = typeof encodingOrDone === 'function' ? encodingOrDone : done;
    if (!sink) return write(chunk, encoding, written);
    sink(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    if (written) queueMicrotask(written);
    return true;
  };
}
