import { Transform, type TransformCallback } from 'node:stream';
import { s3Fault } from './fault.ts';

/** Longest line between chunks that is taken for one, in bytes. */
const longestLine = 4096;

/**
 * Undoes S3's `aws-chunked` content encoding as the bytes flow: `<hex length>[;extensions]CRLF<bytes>CRLF`, a chunk of
 * length 0, and the trailing headers. `trailers` is complete when the stream has ended.
 */
export class AwsChunkedDecoder extends Transform {
  readonly trailers = new Map<string, string>();
  #expecting: 'length' | 'bytes' | 'separator' | 'trailer' | 'nothing' = 'length';
  #remaining = 0;
  #line = '';

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      let offset = 0;
      while (offset < chunk.length) offset = this.#take(chunk, offset);
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override _flush(done: TransformCallback): void {
    const ended = this.#expecting === 'nothing' || (this.#expecting === 'trailer' && this.#line === '');
    done(ended ? null : s3Fault('IncompleteBody', 'The chunked body ends too early.'));
  }

  #take(chunk: Buffer, offset: number): number {
    if (this.#expecting === 'nothing') return chunk.length;
    if (this.#expecting === 'bytes') {
      const end = Math.min(chunk.length, offset + this.#remaining);
      this.push(chunk.subarray(offset, end));
      this.#remaining -= end - offset;
      if (this.#remaining === 0) this.#expecting = 'separator';
      return end;
    }
    const newline = chunk.indexOf(0x0a, offset);
    const end = newline === -1 ? chunk.length : newline + 1;
    this.#line += chunk.toString('latin1', offset, end);
    if (this.#line.length > longestLine) throw s3Fault('IncompleteBody', 'A chunk header is too long.');
    if (newline !== -1) this.#endLine();
    return end;
  }

  #endLine(): void {
    const line = this.#line.trimEnd();
    this.#line = '';
    if (this.#expecting === 'separator') {
      if (line !== '') throw s3Fault('IncompleteBody', 'A chunk is longer than it says.');
      this.#expecting = 'length';
    } else if (this.#expecting === 'length') {
      const length = line.split(';', 1)[0] ?? '';
      if (!/^[0-9a-f]{1,12}$/i.test(length)) throw s3Fault('IncompleteBody', 'A chunk has no length.');
      this.#remaining = Number.parseInt(length, 16);
      this.#expecting = this.#remaining === 0 ? 'trailer' : 'bytes';
    } else if (line === '') {
      this.#expecting = 'nothing';
    } else {
      const colon = line.indexOf(':');
      this.trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
  }
}
