import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { catalogued } from '../model/errors.ts';

/** Bytes that one record may have at most. DuckDB's CSV reader has the same limit. */
export const RECORD_BYTES = 2_000_000;

export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;

const CHUNK_BYTES = 256 * 1024;

/** A record of a part's file, with its line end. */
export interface FileRecord {
  /** The line of the file on which the record begins, from 1. */
  line: number;
  bytes: Buffer;
}

/**
 * Where a record ends, just after its line end, and how many line feeds it has. Undefined where it goes on
 * beyond the bytes.
 */
type RecordEnd = (
  bytes: Buffer,
  from: number,
  last: boolean,
) => { end: number; lineFeeds: number } | undefined;

/**
 * The end of a CSV record: the first line feed outside quotes. A quote opens only at the beginning of a
 * field. At the file's end a record may lack its line end; open quotes there are `PartMalformed`.
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
 * All records of a file, header and blank lines included, in batches. Holds a chunk and the longest record.
 * Throws `PartMalformed` for a record above `RECORD_BYTES`.
 */
export async function* recordsOf(file: string, recordEnd: RecordEnd): AsyncGenerator<FileRecord[]> {
  await using handle = await open(file, 'r');
  let pending = Buffer.alloc(0);
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
      batch.push({ line, bytes: bytes.subarray(from, found.end) });
      line += found.lineFeeds;
      from = found.end;
    }
    pending = bytes.subarray(from);
    if (pending.length > RECORD_BYTES) throw recordTooLong();
    if (batch.length > 0) yield batch;
  }
}

/** The error for a record above `RECORD_BYTES`. */
export function recordTooLong() {
  return catalogued('PartMalformed', `A record is longer than ${RECORD_BYTES} bytes.`);
}

/** Whether the record is a blank line, which is no row where there are two columns or more. */
export function isBlank({ bytes }: FileRecord): boolean {
  return bytes.every((byte) => byte === LINE_FEED || byte === CARRIAGE_RETURN);
}

/** Why a CSV record is no row. */
export type RecordFlaw = 'BadEncoding' | 'BadQuoting' | 'WrongWidth';

/**
 * Why the CSV record is no row of that many columns, or undefined where it is one. Bad quoting is text after
 * a closing quote, a space before an opening one, or a carriage return outside quotes.
 */
export function flawOf({ bytes }: FileRecord, width: number): RecordFlaw | undefined {
  if (!isUtf8(bytes)) return 'BadEncoding';
  const { fields, wellQuoted } = splitFields(bytes.toString('utf8'));
  if (!wellQuoted) return 'BadQuoting';
  return fields.length === width ? undefined : 'WrongWidth';
}

/**
 * The fields of a CSV record's text, with or without its line end. A quote that does not begin a field is a
 * character like any other.
 */
export function fieldsOf(record: string): string[] {
  return splitFields(record).fields;
}

function splitFields(record: string): { fields: string[]; wellQuoted: boolean } {
  const text = record.replace(/\r?\n?$/, '');
  const fields: string[] = [];
  let wellQuoted = true;
  for (let at = 0; at <= text.length; ) {
    const closed = text[at] === '"' ? closingQuote(text, at) : at;
    const comma = text.indexOf(',', closed);
    const end = comma < 0 ? text.length : comma;
    const inQuotes = text.slice(at + 1, closed - 1).replaceAll('""', '"');
    fields.push(closed === at ? text.slice(at, end) : inQuotes + text.slice(closed, end));
    const isQuoted = closed !== at;
    if (isQuoted ? closed !== end : /\r|^ +"/.test(text.slice(at, end))) wellQuoted = false;
    at = end + 1;
  }
  return { fields, wellQuoted };
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
