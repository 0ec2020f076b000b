import { catalogued } from '../model/errors.ts';
import type { PartIntake } from './parts.ts';
import {
  CARRIAGE_RETURN,
  csvRecordEnd,
  fieldsOf,
  LINE_FEED,
  RECORD_BYTES,
  recordTooLong,
} from './records.ts';
import { partColumn } from './sql.ts';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Takes a CSV part in as a stream: reads its header, puts plain names in the header's place, and counts its
 * lines. The plain header matters: DuckDB tells the line ends of a file by the first that it meets, and where
 * that one is within a quoted name and of the other kind, it reads no rows at all and says nothing.
 */
export class CsvIntake implements PartIntake {
  columns: string[] | undefined;
  /** Lines that the header took in the part; in the copy it takes one. */
  headerLines = 1;
  lines = 0;
  #head: Buffer = Buffer.alloc(0);
  /** The last line, as long as it has no line end. */
  #open = Buffer.alloc(0);
  /** The last line that has one. */
  #ended = Buffer.alloc(0);
  #bareReturn = false;

  /**
   * DuckDB makes a row of a last record whose quotes are never closed, and two of a record with a carriage
   * return in it.
   */
  get plain(): boolean {
    return !this.#bareReturn && endsQuotes(this.#open.length > 0 ? this.#open : this.#ended);
  }

  take(chunk: Buffer): Buffer {
    if (this.columns !== undefined) return this.#counted(chunk);
    this.#head = withoutByteOrderMark(Buffer.concat([this.#head, chunk]));
    const header = csvRecordEnd(this.#head, 0, false);
    if (header === undefined && this.#head.length > RECORD_BYTES) throw recordTooLong();
    return header === undefined ? Buffer.alloc(0) : this.#begin(header);
  }

  end(): Buffer {
    const written =
      this.columns === undefined ? this.#begin(csvRecordEnd(this.#head, 0, true)) : Buffer.alloc(0);
    if (this.#open.length > 0) this.lines++;
    this.#noteReturns(this.#open, true);
    return written;
  }

  #begin(record: { end: number; lineFeeds: number } | undefined): Buffer {
    const header = new TextDecoder().decode(this.#head.subarray(0, record?.end ?? 0));
    const text = header.replace(/\r?\n$/, '');
    if (text === '') throw catalogued('PartMalformed', 'There is no header row.');
    if (text.replaceAll(/"(?:[^"]|"")*"/g, '').includes('\r'))
      throw catalogued('PartMalformed', 'Lines end in a carriage return without a line feed.');
    this.columns = fieldsOf(text);
    this.headerLines = Math.max(1, record?.lineFeeds ?? 1);
    const names = this.columns.map((_, position) => partColumn(position)).join(',');
    const rest = this.#counted(this.#head.subarray(record?.end));
    this.#head = Buffer.alloc(0);
    return Buffer.concat([Buffer.from(`${names}${header.endsWith('\r\n') ? '\r\n' : '\n'}`), rest]);
  }

  #counted(chunk: Buffer): Buffer {
    let next = 0;
    let lineStart = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, next)) {
      this.lines++;
      lineStart = next;
      next = at + 1;
    }
    if (next === 0) this.#open = Buffer.concat([this.#open, chunk]);
    else {
      const first = chunk.indexOf(LINE_FEED) + 1;
      const line = Buffer.concat([this.#open, chunk.subarray(0, first)]);
      this.#noteReturns(line, false);
      this.#noteReturns(chunk.subarray(first, next), false);
      // Copies: what is kept of a chunk would keep all of it.
      this.#ended = lineStart > 0 ? Buffer.from(chunk.subarray(lineStart, next)) : line;
      this.#open = Buffer.from(chunk.subarray(next));
    }
    if (this.#open.length > RECORD_BYTES) throw recordTooLong();
    return chunk;
  }

  /** Whether a carriage return lacks its line feed. `bytes` are whole lines, or the last one. */
  #noteReturns(bytes: Buffer, last: boolean): void {
    const end = last && bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
    for (
      let at = bytes.indexOf(CARRIAGE_RETURN);
      at >= 0 && at < end;
      at = bytes.indexOf(CARRIAGE_RETURN, at + 1)
    )
      if (bytes[at + 1] !== LINE_FEED) this.#bareReturn = true;
  }
}

/** Without the mark, as soon as it is there as a whole: a header's first name may be quoted, and its quote must come first. */
function withoutByteOrderMark(bytes: Buffer): Buffer {
  return BYTE_ORDER_MARK.equals(bytes.subarray(0, 3)) ? bytes.subarray(3) : bytes;
}

function endsQuotes(line: Buffer): boolean {
  try {
    return csvRecordEnd(line, 0, true) !== undefined;
  } catch {
    return false;
  }
}
