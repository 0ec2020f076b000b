import { type Answer, page } from '../exchange.ts';

/** The bytes asked for, both ends included. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads a `Range` header for a body of `length` bytes: the range, 'whole' where there is none or one that a server may
 * ignore (several ranges, other units), 'unsatisfiable' where it lies behind the end.
 */
export function readRange(header: string | undefined, length: number): ByteRange | 'whole' | 'unsatisfiable' {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, first = '', last = ''] = found ?? [];
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const from = Math.max(0, length - Number(last));
    return Number(last) === 0 || length === 0 ? 'unsatisfiable' : { from, to: length - 1 };
  }
  const from = Number(first);
  const to = last === '' ? length - 1 : Math.min(length - 1, Number(last));
  if (last !== '' && Number(last) < from) return 'whole';
  return from >= length ? 'unsatisfiable' : { from, to };
}

/** 416, with the length. */
export function rangeRefused(length: number): Answer {
  return page(416, 'Range not satisfiable', { 'content-range': `bytes */${length}` });
}

/** The bytes of a range out of chunks; those before it are made and dropped. */
export function* chunksWithin(chunks: Iterable<Buffer>, { from, to }: ByteRange): Generator<Buffer> {
  let before = 0;
  for (const chunk of chunks) {
    const begin = Math.max(0, from - before);
    const end = Math.min(chunk.length, to + 1 - before);
    before += chunk.length;
    if (end > begin) yield chunk.subarray(begin, end);
    if (before > to) return;
  }
}
