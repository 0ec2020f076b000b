import { Readable } from 'node:stream';
import { catalogued } from '../model/errors.ts';
import type { Mapping } from '../model/mapping.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { Database } from './database.ts';
import { type Draft, positionsOf, problemOf } from './drafts.ts';
import { gzipMembers } from './gzip.ts';
import { csvRecordEnd, type FileRecord, fieldsOf, lineEnd, recordsOf } from './records.ts';
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
      yield* quarantined(draft, wanted, draft.unreadable);
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
        undefined,
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
 * Finds rows of a draft, and unreadable records, in the part's file. `unreadable` undefined leaves the latter out. The file is only read where there is something to find, and
 * its records must then be as many as the reader's: throws `PartMalformed` otherwise.
 */
async function* quarantined(
  draft: Draft,
  wanted: readonly Wanted[],
  unreadable: Draft['unreadable'] | undefined,
): AsyncGenerator<QuarantinedRow[]> {
  if (wanted.length === 0 && (unreadable ?? []).length === 0) return;
  const { part } = draft;
  const walk = new RowWalk(draft, wanted, unreadable !== undefined);
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
  readonly #withUnreadable: boolean;
  #row = 0;
  #nextWanted = 0;
  #nextUnreadable = 0;
  #header: boolean;

  constructor(draft: Draft, wanted: readonly Wanted[], withUnreadable: boolean) {
    this.#draft = draft;
    this.#wanted = wanted;
    this.#withUnreadable = withUnreadable;
    this.#header = draft.part.format === 'csv';
  }

  /** The record as a quarantined row, or none. */
  next(record: FileRecord): QuarantinedRow[] {
    const { part, unreadable } = this.#draft;
    if (this.#header) {
      this.#header = false;
      return [];
    }
    const broken = unreadable[this.#nextUnreadable];
    if (broken?.offset === record.offset) {
      this.#nextUnreadable++;
      return this.#withUnreadable ? [unreadableRow(this.#draft, record, broken.reason)] : [];
    }
    if (isBlank(record) && part.columns?.length !== 1) return [];
    this.#row++;
    const wanted = this.#wanted[this.#nextWanted];
    if (wanted?.row !== this.#row) return [];
    this.#nextWanted++;
    const { line, values } =
      part.format === 'csv' ? csvValues(this.#draft, record) : jsonValues(this.#draft, record);
    const { reason, column } = wanted;
    return [{ part: part.number, line, reason, ...(column === undefined ? {} : { column }), ...values }];
  }

  end(): void {
    const { part, rows, unreadable } = this.#draft;
    if (this.#row !== rows || this.#nextUnreadable !== unreadable.length)
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

function isBlank({ bytes }: FileRecord): boolean {
  return bytes.length <= 2 && /^\r?\n?$/.test(bytes.toString('latin1'));
}

function unreadableRow(
  { part }: Draft,
  record: FileRecord,
  reason: Draft['unreadable'][number]['reason'],
): QuarantinedRow {
  const text = record.bytes.toString('utf8');
  const fields = reason === 'WrongWidth' ? valuesByName(part.columns ?? [], fieldsOf(text)) : { text };
  return { part: part.number, line: record.line, reason, ...fields };
}

function csvValues({ part }: Draft, record: FileRecord) {
  return {
    line: record.line,
    values: valuesByName(part.columns ?? [], fieldsOf(record.bytes.toString('utf8'))),
  };
}

function jsonValues({ part }: Draft, record: FileRecord) {
  const members: Record<string, unknown> = JSON.parse(record.bytes.toString('utf8'));
  const row = (part.columns ?? []).flatMap((name, position) => {
    const value = members[partColumn(position)];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return { line: Number(members.line), values: { row: Object.fromEntries(row) } };
}

function valuesByName(
  names: readonly string[],
  fields: readonly string[],
): Pick<QuarantinedRow, 'row' | 'surplus'> {
  const row = Object.fromEntries(
    names.slice(0, fields.length).map((name, index) => [name, fields[index] ?? '']),
  );
  const surplus = fields.slice(names.length);
  return surplus.length > 0 ? { row, surplus } : { row };
}
