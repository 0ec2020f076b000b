import { open } from 'node:fs/promises';
import { catalogued } from '../model/errors.ts';

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const CHUNK_BYTES = 1024 * 1024;

/** Bytes that one record may have at most. DuckDB's CSV reader has the same limit. */
export const RECORD_BYTES = 2_000_000;

/** A record of a part's file, with its line end. */
export interface FileRecord {
  /** Where the record begins in the file, in bytes. */
  offset: number;
  /** The line on which the record begins, from 1. */
  line: number;
  bytes: Buffer;
}

/** Where a record ends, just after its line end, and how many line feeds it has. Undefined where it goes on beyond the bytes. */
type RecordEnd = (
  bytes: Buffer,
  from: number,
  last: boolean,
) => { end: number; lineFeeds: number } | undefined;

/**
 * The end of a CSV record: the first line feed outside quotes. A quote opens only at the beginning of a field. At the file's end
 * a record may lack its line end; open quotes there are `PartMalformed`.
 */
export const csvRecordEnd: RecordEnd = (bytes, from, last) => {
  let quoted = false;
  let fieldStart = true;
  let lineFeeds = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === LINE_FEED) lineFeeds++;
      if (byte !== QUOTE) continue;
      if (bytes[at + 1] === QUOTE) at++;
      else if (at + 1 < bytes.length || last) quoted = false;
      else return undefined;
    } else if (byte === LINE_FEED) return { end: at + 1, lineFeeds: lineFeeds + 1 };
    else if (byte === QUOTE && fieldStart) quoted = true;
    fieldStart = byte === COMMA;
  }
  if (!last) return undefined;
  if (quoted) throw catalogued('PartMalformed', 'A quote is opened that is never closed.');
  return { end: bytes.length, lineFeeds };
};

/** The end of a line. */
export const lineEnd: RecordEnd = (bytes, from, last) => {
  const at = bytes.indexOf(LINE_FEED, from);
  if (at >= 0) return { end: at + 1, lineFeeds: 1 };
  return last ? { end: bytes.length, lineFeeds: 0 } : undefined;
};

/**
 * All records of a file, header and blank lines included, in batches that are good until the next one is asked for. Holds a chunk and the longest record.
 * Throws `PartMalformed` for a record above `RECORD_BYTES`.
 */
export async function* recordsOf(file: string, recordEnd: RecordEnd): AsyncGenerator<FileRecord[]> {
  await using handle = await open(file, 'r');
  let pending = Buffer.alloc(0);
  let offset = 0;
  let line = 1;
  for (let last = false; !last; ) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES);
    last = bytesRead === 0;
    const bytes = Buffer.concat([pending, buffer.subarray(0, bytesRead)]);
    const batch: FileRecord[] = [];
    let from = 0;
    while (from < bytes.length) {
      const found = recordEnd(bytes, from, last);
      if (found === undefined) break;
      batch.push({ offset: offset + from, line, bytes: bytes.subarray(from, found.end) });
      line += found.lineFeeds;
      from = found.end;
    }
    pending = bytes.subarray(from);
    offset += from;
    if (pending.length > RECORD_BYTES)
      throw catalogued('PartMalformed', `A record is longer than ${RECORD_BYTES} bytes.`, { line });
    if (batch.length > 0) yield batch;
  }
}

/** The fields of a CSV record's text, with or without its line end. A quote that does not begin a field is a character like any other. */
export function fieldsOf(record: string): string[] {
  const text = record.replace(/\r?\n$/, '');
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const quoted = text[at] === '"' ? closingQuote(text, at) : undefined;
    const comma = text.indexOf(',', quoted ?? at);
    const end = comma < 0 ? text.length : comma;
    fields.push(
      quoted === undefined
        ? text.slice(at, end)
        : text.slice(at + 1, quoted - 1).replaceAll('""', '"') + text.slice(quoted, end),
    );
    at = end + 1;
  }
  return fields;
}

/** The position just after the quote that closes the one at `from`. */
function closingQuote(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length) {
    if (text[at] !== '"') at++;
    else if (text[at + 1] === '"') at += 2;
    else return at + 1;
  }
  return text.length + 1;
}

/**
 * The names in a CSV file's header row, byte-order mark removed. Throws `PartMalformed` where there is no header, or
 * where lines end in a carriage return alone.
 */
export async function headerOf(file: string): Promise<string[]> {
  for await (const [first] of recordsOf(file, csvRecordEnd)) {
    const text = new TextDecoder().decode(first?.bytes).replace(/\r?\n$/, '');
    if (text === '') break;
    if (text.replaceAll(/"(?:[^"]|"")*"/g, '').includes('\r'))
      throw catalogued('PartMalformed', 'Lines end in a carriage return without a line feed.');
    return fieldsOf(text);
  }
  throw catalogued('PartMalformed', 'There is no header row.');
}
