import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { exhaustion } from './exhaustion.ts';
import type { LocalPart } from './parts.ts';
import { csvRecordEnd, flawOf, isBlank, lineEnd, recordsOf } from './records.ts';

/** A part without its flawed records. */
export interface CleanRecords {
  file: string;
  /** Records that are left. */
  records: number;
  /** Records that were taken out. */
  flawed: number;
}

/** The part's records, without its header; blank lines are records only where there is one column. */
export async function countRecords({ file, format, columns = [] }: LocalPart): Promise<number> {
  let records = format === 'csv' ? -1 : 0;
  for await (const batch of recordsOf(file, format === 'csv' ? csvRecordEnd : lineEnd))
    for (const record of batch) if (columns.length === 1 || !isBlank(record)) records++;
  return records;
}

/**
 * Writes a copy of the part that has only the records that are rows, each ended by a line feed. One flawed
 * quote makes DuckDB leave out good records after it, and line ends of both kinds make it give up: what is
 * read after this is what we say it is.
 */
export async function cleanRecords({ file, format, columns = [] }: LocalPart): Promise<CleanRecords> {
  const clean: CleanRecords = { file: `${file}.clean`, records: 0, flawed: 0 };
  let header = format === 'csv';
  async function* kept() {
    for await (const batch of recordsOf(file, format === 'csv' ? csvRecordEnd : lineEnd)) {
      const lines: string[] = [];
      for (const record of batch) {
        if (!header && columns.length !== 1 && isBlank(record)) continue;
        if (!header && format === 'csv' && flawOf(record, columns.length) !== undefined) clean.flawed++;
        else {
          lines.push(record.bytes.toString('utf8').replace(/\r?\n?$/, ''), '\n');
          if (!header) clean.records++;
        }
        header = false;
      }
      yield lines.join('');
    }
  }
  await pipeline(kept, createWriteStream(clean.file)).catch(exhaustion);
  return clean;
}
