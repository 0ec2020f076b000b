import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Spoil } from './behaviour.ts';
import type { Answer, StreamedBody } from './exchange.ts';

/**
 * Sends an answer, spoilt if asked for, no faster than the client takes it. Returns the bytes of the body that were
 * handed to the connection.
 */
export async function transmit(
  response: ServerResponse,
  answer: Answer,
  spoil: Spoil | undefined,
): Promise<number> {
  const body = typeof answer.body === 'string' ? wholeBody(answer.body) : answer.body;
  const { length } = body;
  const headers: Record<string, string> = { ...answer.headers };
  if (spoil !== 'clean-short') headers['content-length'] = String(length);
  response.writeHead(answer.status, headers);
  response.flushHeaders();
  const cut = spoil !== undefined && spoil !== 'corrupt';
  const sent = await send(
    response,
    spoil === 'corrupt' ? flipped(body.chunks(), length >>> 1) : body.chunks(),
    cut ? length >>> 1 : length,
  );
  if (cut) await setImmediate();
  switch (spoil) {
    case undefined:
    case 'clean-short':
    case 'corrupt':
      response.end();
      break;
    case 'short':
      response.socket?.end();
      break;
    case 'reset':
      response.socket?.resetAndDestroy();
      break;
  }
  return sent;
}

/** Ends the connection so that the client sees a reset. */
export function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function wholeBody(text: string): StreamedBody {
  const bytes = Buffer.from(text);
  return { length: bytes.length, chunks: () => [bytes] };
}

async function send(response: ServerResponse, chunks: Iterable<Buffer>, most: number): Promise<number> {
  let sent = 0;
  for (const chunk of chunks) {
    const piece = chunk.subarray(0, most - sent);
    if (response.destroyed || piece.length === 0) break;
    sent += piece.length;
    if (!response.write(piece)) await takenOrGone(response);
  }
  return sent;
}

async function takenOrGone(response: ServerResponse): Promise<void> {
  const settled = new AbortController();
  const options = { signal: settled.signal };
  const ignoreAbort = () => undefined;
  await Promise.race([
    once(response, 'drain', options).catch(ignoreAbort),
    once(response, 'close', options).catch(ignoreAbort),
  ]);
  settled.abort();
}

function* flipped(chunks: Iterable<Buffer>, place: number): Generator<Buffer> {
  let before = 0;
  for (const chunk of chunks) {
    const inside = place - before;
    before += chunk.length;
    const copy = Buffer.from(chunk);
    if (inside >= 0 && inside < copy.length) copy.writeUInt8(copy.readUInt8(inside) ^ 1, inside);
    yield copy;
  }
}
