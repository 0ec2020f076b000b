import { Readable } from 'node:stream';
import { catalogued } from '../model/errors.ts';
import type { Mapping } from '../model/mapping.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { Database } from './database.ts';
import { type Draft, positionsOf, problemOf } from './drafts.ts';
import { gzipMembers } from './gzip.ts';
import type { LocalPart } from './parts.ts';
import {
  csvRecordEnd,
  type FileRecord,
  fieldsOf,
  flawOf,
  isBlank,
  lineEnd,
  type RecordFlaw,
  recordsOf,
} from './records.ts';
import { partColumn, quoteText } from './sql.ts';

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
interface Wanted {
  row: number;
  reason: string;
  column?: string | undefined;
}

/** Writes all rejects, by part and line, as gzipped JSON lines. `expected` is how many there must be. */
export async function quarantineRejects(
  database: Database,
  drafts: readonly Draft[],
  mapping: Mapping,
  target: { key: string; objects: ObjectStore; expected: number },
): Promise<void> {
  await writeRows(target, async function* () {
    for (const draft of drafts) {
      const found = await database.rows(
        `SELECT file_row_number + 1 AS row, _problem AS problem
         FROM read_parquet(${quoteText(draft.file)}, file_row_number = true) WHERE _problem IS NOT NULL`,
      );
      const wanted = found.map(({ row, problem }) => {
        const { reason, column } = problemOf(Number(problem), mapping);
        const position = column && draft.plan.positions[mapping.columns.indexOf(column)];
        return { row: Number(row), reason, column: draft.part.columns?.[position ?? -1] ?? column?.source };
      });
      yield* quarantined(draft, wanted, true);
    }
  });
}

/** Writes all superseded rows, by part and line, as gzipped JSON lines. `expected` is how many there must be. */
export async function quarantineSuperseded(
  database: Database,
  drafts: readonly Draft[],
  target: { key: string; objects: ObjectStore; expected: number },
): Promise<void> {
  await writeRows(target, async function* () {
    for (const draft of drafts) {
      const { from, to } = positionsOf(draft.part.number);
      const found = await database.rows(
        `SELECT position - ${from} AS row FROM dropped
         WHERE fate = 'superseded' AND position >= ${from} AND position < ${to} ORDER BY row`,
      );
      yield* quarantined(
        draft,
        found.map(({ row }) => ({ row: Number(row), reason: 'Superseded' })),
        false,
      );
    }
  });
}

async function writeRows(
  { key, objects, expected }: { key: string; objects: ObjectStore; expected: number },
  rows: () => AsyncGenerator<QuarantinedRow[]>,
): Promise<void> {
  let written = 0;
  async function* lines() {
    for await (const batch of rows()) {
      written += batch.length;
      yield Buffer.from(batch.map((row) => `${JSON.stringify(row)}\n`).join(''));
    }
    if (written !== expected)
      throw catalogued('SumsDisagree', 'Rows for quarantine were not all found in their parts.', {
        expected,
        written,
      });
  }
  await objects.writeStream(key, Readable.from(gzipMembers(lines())), 'application/gzip');
}

/**
 * Finds rows of a draft in the part's file, and the flawed records where they are wanted too. The file is only read where
 * there is something to find; its records must then be as many as the reader's: throws `PartMalformed` otherwise.
 */
async function* quarantined(
  draft: Draft,
  wanted: readonly Wanted[],
  withFlawed: boolean,
): AsyncGenerator<QuarantinedRow[]> {
  if (wanted.length === 0 && !(withFlawed && draft.flawed > 0)) return;
  const { part } = draft;
  const walk = new RowWalk(draft, wanted, withFlawed);
  for await (const records of recordsOf(part.file, part.format === 'csv' ? csvRecordEnd : lineEnd)) {
    const batch = records.flatMap((record) => walk.next(record));
    if (batch.length > 0) yield batch;
  }
  walk.end();
}

/** Counts a part's records as the reader did, and picks the wanted ones. */
class RowWalk {
  readonly #draft: Draft;
  readonly #wanted: readonly Wanted[];
  readonly #withFlawed: boolean;
  readonly #width: number;
  #row = 0;
  #found = 0;
  #flawed = 0;
  #header: boolean;

  constructor(draft: Draft, wanted: readonly Wanted[], withFlawed: boolean) {
    this.#draft = draft;
    this.#wanted = wanted;
    this.#withFlawed = withFlawed;
    this.#width = draft.part.columns?.length ?? 0;
    this.#header = draft.part.format === 'csv';
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
    const wanted = this.#wanted[this.#found];
    if (wanted?.row !== this.#row) return [];
    this.#found++;
    const { reason, column } = wanted;
    const { line, row, surplus } = part.format === 'csv' ? csvValues(part, record) : jsonValues(part, record);
    return [
      {
        part: part.number,
        line,
        reason,
        ...(column === undefined ? {} : { column }),
        row,
        ...(surplus === undefined ? {} : { surplus }),
      },
    ];
  }

  end(): void {
    const { part, rows, flawed } = this.#draft;
    if (this.#row !== rows || this.#flawed !== flawed)
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
