import { catalogued } from '../model/errors.ts';
import type { Draft } from './drafts.ts';
import type { LocalPart } from './parts.ts';
import { type FileRecord, fieldsOf, flawOf, isBlank, type RecordFlaw } from './records.ts';
import { partColumn } from './sql.ts';

/** A row that did not reach the lake, as it stands in quarantine: one line of JSON each. */
export interface QuarantinedRow {
  part: number;
  /** The line of the part on which the record begins, from 1. */
  line: number;
  reason: string;
  /** The source's name of the column that the reason is about. */
  column?: string;
  /** The values as the source gives them, by the source's names. */
  row?: Record<string, string>;
  /** Fields beyond the last column. */
  surplus?: string[];
  /** The record's text, where it cannot be told apart into fields. */
  text?: string;
}

/** A row of a draft that is to be quarantined, and why. */
export interface WantedRow {
  row: number;
  reason: string;
  column?: string | undefined;
}

/** Counts a part's records as the reader did, and picks the wanted ones. */
export class RowWalk {
  readonly #draft: Draft;
  readonly #withFlawed: boolean;
  readonly #width: number;
  /** Rows asked for, ascending; those before `#next` were found. */
  #wanted: WantedRow[] = [];
  #next = 0;
  #row = 0;
  #flawed = 0;
  #header: boolean;

  constructor(draft: Draft, withFlawed: boolean) {
    this.#draft = draft;
    this.#withFlawed = withFlawed;
    this.#width = draft.part.columns?.length ?? 0;
    this.#header = draft.part.format === 'csv';
  }

  /** Whether rows may be wanted among the next so many records that were not yet asked for. */
  wantsBefore(records: number): boolean {
    return (this.#wanted.at(-1)?.row ?? 0) < this.#row + records;
  }

  /** Asks for rows, after those asked for before. */
  want(rows: readonly WantedRow[]): void {
    this.#wanted = [...this.#wanted.slice(this.#next), ...rows];
    this.#next = 0;
  }

  /** The record as a quarantined row, or none. */
  next(record: FileRecord): QuarantinedRow[] {
    if (this.#header) {
      this.#header = false;
      return [];
    }
    if (this.#width !== 1 && isBlank(record)) return [];
    const { part, flawed } = this.#draft;
    // Where nothing was taken out, every record is a row.
    const flaw = flawed > 0 ? flawOf(record, this.#width) : undefined;
    if (flaw !== undefined) {
      this.#flawed++;
      return this.#withFlawed ? [flawedRow(part, record, flaw)] : [];
    }
    this.#row++;
    const wanted = this.#wanted[this.#next];
    if (wanted?.row !== this.#row) return [];
    this.#next++;
    return [quarantinedRow(part, record, wanted)];
  }

  /**
   * To be called after the last record. Throws `PartMalformed` where the records are not the reader's rows.
   */
  end(): void {
    const { part, rows, flawed } = this.#draft;
    if (this.#row !== rows || (flawed > 0 && this.#flawed !== flawed))
      throw catalogued(
        'PartMalformed',
        `Part ${part.number}: its records cannot be told apart for certain.`,
        {
          part: part.number,
          rows,
          found: this.#row,
        },
      );
  }
}

/** A record of a part's file as a quarantined row. */
export function quarantinedRow(
  part: LocalPart,
  record: FileRecord,
  { reason, column }: WantedRow,
): QuarantinedRow {
  const { line, row, surplus } = part.format === 'csv' ? csvValues(part, record) : jsonValues(part, record);
  return {
    part: part.number,
    line,
    reason,
    ...(column === undefined ? {} : { column }),
    row,
    ...(surplus === undefined ? {} : { surplus }),
  };
}

function flawedRow(part: LocalPart, record: FileRecord, reason: RecordFlaw): QuarantinedRow {
  const { line, row, surplus } = csvValues(part, record);
  const where = { part: part.number, line, reason };
  if (reason !== 'WrongWidth') return { ...where, text: record.bytes.toString('utf8') };
  return { ...where, row, ...(surplus === undefined ? {} : { surplus }) };
}

/** A record's values by the source's names. */
interface RecordValues {
  line: number;
  row: Record<string, string>;
  surplus?: string[];
}

function csvValues({ columns = [], headerLines }: LocalPart, { bytes, line }: FileRecord): RecordValues {
  const fields = fieldsOf(bytes.toString('utf8'));
  const named = columns.slice(0, fields.length).map((name, index) => [name, fields[index] ?? ''] as const);
  const surplus = fields.slice(columns.length);
  return {
    // The header of the local file has one line.
    line: line + headerLines - 1,
    row: Object.fromEntries(named),
    ...(surplus.length > 0 ? { surplus } : {}),
  };
}

function jsonValues({ columns = [] }: LocalPart, { bytes }: FileRecord): RecordValues {
  const members: Record<string, unknown> = JSON.parse(bytes.toString('utf8'));
  const named = columns.flatMap((name, position) => {
    const value = members[partColumn(position)];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return { line: Number(members.line), row: Object.fromEntries(named) };
}
