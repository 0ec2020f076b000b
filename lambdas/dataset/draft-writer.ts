import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogued } from '../model/errors.ts';
import type { Mapping } from '../model/mapping.ts';
import type { RejectReason } from '../model/run-record.ts';
import type { Database } from './database.ts';
import { selectDraft } from './draft-text.ts';
import type { TypedRows } from './drafts.ts';
import { LineFile } from './line-file.ts';
import type { Place } from './quick-rows.ts';
import type { RecordRows } from './record-rows.ts';
import { RejectTally } from './reject-tally.ts';
import { quoteText } from './sql.ts';

/** Bytes of text that make a draft: DuckDB reads one while the next is written. */
const DRAFT_BYTES = 8_000_000;

/** Rows of a draft that DuckDB compresses at once: what it holds grows with them. Nobody but DuckDB reads a draft. */
const DRAFT = 'FORMAT parquet, COMPRESSION lz4_raw, PARQUET_VERSION v2, ROW_GROUP_SIZE 10240';

/** What drafting needs. */
export interface Drafting {
  database: Database;
  /** The lake's mapping. */
  mapping: Mapping;
  folder: string;
}

/** A draft of records. */
export interface RecordDraft extends TypedRows {
  /** Bytes that its rows took as text: what they take in memory is a small multiple of it. */
  textBytes: number;
}

/** What was written. */
export interface DraftFiles {
  drafts: RecordDraft[];
  /** A local file with a line of JSON for each reject. */
  rejectsFile: string;
  rejects: number;
  reasons: RejectReason[];
}

/** Writes rows into drafts, and rejects into a file of their own. */
export class DraftWriter {
  readonly #drafting: Drafting;
  readonly #rejects: LineFile;
  readonly #tally = new RejectTally();
  readonly #drafts: RecordDraft[] = [];
  #rows: LineFile;
  /** Rejects before this draft. */
  #rejectsBefore = 0;
  /** DuckDB at the draft before. */
  #reading: Promise<void> = Promise.resolve();

  constructor(drafting: Drafting) {
    this.#drafting = drafting;
    this.#rejects = new LineFile(join(drafting.folder, 'rejects.jsonl'));
    this.#rows = this.#begin();
  }

  /** Takes the record in a line's bytes: as a row, or as a reject. */
  take(rows: RecordRows, bytes: Buffer, line: { from: number; to: number }, place: Place): void {
    const reject = rows.write(bytes, line, place, this.#rows);
    if (reject === undefined) return;
    this.#rejects.add(`${JSON.stringify(reject)}\n`);
    this.#tally.count(reject);
  }

  /** To be called every few thousand rows: bounds what is held. */
  async relieve(): Promise<void> {
    await this.#rows.relieve();
    await this.#rejects.relieve();
    if (this.#rows.bytes >= DRAFT_BYTES) await this.#hand();
  }

  /** Waits until all is written. */
  async end(): Promise<DraftFiles> {
    if (this.#rows.lines > 0 || this.#rejects.lines > this.#rejectsBefore) await this.#hand();
    await this.#rejects.close();
    await this.#reading;
    const { path: rejectsFile, lines: rejects } = this.#rejects;
    return { drafts: this.#drafts, rejectsFile, rejects, reasons: this.#tally.reasons() };
  }

  /** Lets go of files and of DuckDB after a failure. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.#reading, this.#rows.close(), this.#rejects.close()]);
  }

  #begin(): LineFile {
    return new LineFile(join(this.#drafting.folder, `rows-${this.#drafts.length + 1}.csv`));
  }

  /** Hands the rows so far to DuckDB, as a draft. */
  async #hand(): Promise<void> {
    const text = this.#rows;
    await text.close();
    await this.#reading;
    const number = this.#drafts.length + 1;
    const file = join(this.#drafting.folder, `draft-${String(number).padStart(5, '0')}.parquet`);
    const flawed = this.#rejects.lines - this.#rejectsBefore;
    this.#drafts.push({ part: { number }, file, rows: text.lines, flawed, textBytes: text.bytes });
    this.#rejectsBefore = this.#rejects.lines;
    this.#rows = this.#begin();
    this.#reading = this.#read(text, file);
    // Whoever waits for it next is told of its failure; until then nobody else is to be.
    this.#reading.catch(() => undefined);
  }

  async #read(text: LineFile, file: string): Promise<void> {
    const { database, mapping } = this.#drafting;
    await database.run(`COPY (${selectDraft(text, mapping)}) TO ${quoteText(file)} (${DRAFT})`);
    const [metadata] = await database.rows(`SELECT num_rows FROM parquet_file_metadata(${quoteText(file)})`);
    const rows = Number(metadata?.num_rows);
    if (rows !== text.lines)
      throw catalogued('SumsDisagree', 'DuckDB did not read the rows that were written for it.', {
        rows,
        written: text.lines,
      });
    await rm(text.path);
  }
}
