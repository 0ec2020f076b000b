import { join } from 'node:path';
import { CataloguedError, catalogued } from '../model/errors.ts';
import type { MappedColumn, Mapping } from '../model/mapping.ts';
import { type ColumnPlan, isRequired } from './columns.ts';
import type { Database } from './database.ts';
import { type LocalPart, namingPart } from './parts.ts';
import {
  jsonObject,
  list,
  partColumn,
  quoteName,
  quoteText,
  readCsv,
  readLines,
  typed,
  withoutNulls,
} from './sql.ts';

/*
 * A draft is a part as a local Parquet file: its rows in order and none left out, typed by the mapping, durations still in the source's unit.
 * Beside the mapping's columns it has `extra_columns`; `_source`, a hash of all values as the source gives them; and
 * `_problem`, the code of what makes the row a reject, or null. Everything after reads drafts: a part's text is parsed once.
 */

/** Why the reader could not make a row of a record. */
export type Unreadable = 'WrongWidth' | 'BadQuoting' | 'BadEncoding' | 'Unreadable';

/** A part that has been typed. */
export interface Draft {
  part: LocalPart;
  plan: ColumnPlan;
  file: string;
  /** Rows of the draft, rejects by type among them. */
  rows: number;
  /** Records that are not even rows, by their offset in the part. */
  unreadable: { offset: number; reason: Unreadable }[];
}

/** A row's problem: which column it is about, where it is about one. */
export interface RowProblem {
  reason: 'TypeMismatch' | 'RequiredValueMissing' | 'RepeatedHeader';
  column?: MappedColumn;
}

const REPEATED_HEADER = -1;

/** What a `_problem` code means. */
export function problemOf(code: number, mapping: Mapping): RowProblem {
  const column = mapping.columns[Math.floor(code / 2)];
  if (code === REPEATED_HEADER || column === undefined) return { reason: 'RepeatedHeader' };
  return { reason: code % 2 === 0 ? 'TypeMismatch' : 'RequiredValueMissing', column };
}

/** Types a part. Throws `PartMalformed` where the part is not the format that it should be. */
export async function draftPart(
  database: Database,
  plan: ColumnPlan,
  rules: { mapping: Mapping; key: readonly string[]; folder: string },
): Promise<Draft> {
  const { part } = plan;
  const file = join(rules.folder, `draft-${String(part.number).padStart(5, '0')}.parquet`);
  const rejects = `rejects_${part.number}`;
  const width = part.columns?.length ?? 0;
  const source = part.format === 'csv' ? readCsv(part.file, width, rejects) : readLines(part.file, width);
  const select = draftSelect(source, plan, rules);
  try {
    await database.run(`COPY (${select}) TO ${quoteText(file)} (FORMAT parquet, COMPRESSION lz4_raw)`);
    const [metadata] = await database.rows(`SELECT num_rows FROM parquet_file_metadata(${quoteText(file)})`);
    const unreadable = part.format === 'csv' ? await unreadableRecords(database, rejects) : [];
    return { part, plan, file, rows: Number(metadata?.num_rows), unreadable };
  } catch (error) {
    if (
      error instanceof CataloguedError ||
      !/^Invalid Input Error/.test(String(Reflect.get(Object(error), 'message')))
    )
      throw namingPart(error, part.number);
    throw catalogued(
      'PartMalformed',
      `Part ${part.number} cannot be read as ${part.format.toUpperCase()}: line ends may be mixed.`,
      { part: part.number },
      error,
    );
  }
}

/** Three layers, so that no value is computed twice: as given without nulls, typed, judged. */
function draftSelect(
  source: string,
  plan: ColumnPlan,
  { mapping, key }: { mapping: Mapping; key: readonly string[] },
): string {
  const given = (position: number) => withoutNulls(partColumn(position), mapping.nulls);
  const raw = mapping.columns.map((_, index) => {
    const position = plan.positions[index];
    return `${position === undefined ? 'CAST(NULL AS VARCHAR)' : given(position)} AS r${index}`;
  });
  const extra = jsonObject(plan.unknown.map(({ name, position }) => ({ name, value: given(position) })));
  const values = mapping.columns.map(({ type }, index) => `${typed(type, `r${index}`)} AS t${index}`);
  const lake = mapping.columns.map(({ column }, index) => `t${index} AS ${quoteName(column)}`);
  const problems = mapping.columns.flatMap((column, index) => [
    ...(column.type === 'text' ? [] : [`WHEN r${index} IS NOT NULL AND t${index} IS NULL THEN ${2 * index}`]),
    ...(isRequired(column, mapping, key) ? [`WHEN r${index} IS NULL THEN ${2 * index + 1}`] : []),
  ]);
  const sources = mapping.columns.map((_, index) => `r${index}`);
  return `SELECT ${list(lake)}, extra_columns, hash(${list([...sources, 'extra_columns'])}) AS _source,
      CAST(CASE WHEN repeated THEN ${REPEATED_HEADER} ${problems.join(' ')} END AS SMALLINT) AS _problem
    FROM (SELECT *, ${list(values)}
      FROM (SELECT ${list(raw)}, ${extra} AS extra_columns, ${repeatsHeader(plan.part)} AS repeated FROM ${source}))`;
}

/** Whether the row is the header again: no header row ever becomes data. A single column's name may well be a value. */
function repeatsHeader({ format, columns = [] }: LocalPart): string {
  if (format !== 'csv' || columns.length < 2) return 'false';
  return columns
    .map((name, position) => `coalesce(${partColumn(position)}, '') = ${quoteText(name)}`)
    .join(' AND ');
}

async function unreadableRecords(database: Database, table: string): Promise<Draft['unreadable']> {
  const found = await database.rows(
    `SELECT line_byte_position AS record_start, min(CAST(error_type AS VARCHAR)) AS error
     FROM ${quoteName(table)} GROUP BY record_start ORDER BY record_start`,
  );
  await database.run(`DROP TABLE ${quoteName(table)}`);
  return found.map(({ record_start, error }) => ({
    offset: Number(record_start),
    reason: reasonOf(String(error)),
  }));
}

function reasonOf(error: string): Unreadable {
  switch (error) {
    case 'MISSING COLUMNS':
    case 'TOO MANY COLUMNS':
      return 'WrongWidth';
    case 'UNQUOTED VALUE':
      return 'BadQuoting';
    case 'INVALID ENCODING':
      return 'BadEncoding';
    case 'LINE SIZE OVER MAXIMUM':
      throw catalogued('PartMalformed', 'A record is longer than the reader takes.');
    default:
      return 'Unreadable';
  }
}

/** Rows of all drafts that are not rejects, with `_position`: part and row in one number, ascending by part and line. */
export function acceptedRows(drafts: readonly Draft[], columns: readonly string[]): string {
  return drafts
    .map(
      (draft) => `SELECT ${list([...columns, `${positionIn(draft)} AS _position`])}
    FROM read_parquet(${quoteText(draft.file)}, file_row_number = true) WHERE _problem IS NULL`,
    )
    .join(' UNION ALL ');
}

/** Rows that a part may have at most, as a power of two: positions stay below 2^53. */
const PART_SHIFT = 2 ** 38;

/** The SQL for a row's position; its row in the part counts from 1. */
export function positionIn(draft: Draft): string {
  return `${draft.part.number * PART_SHIFT + 1} + file_row_number`;
}

/** The positions of a part, from (inclusive) and to (exclusive). */
export function positionsOf(part: number): { from: number; to: number } {
  return { from: part * PART_SHIFT, to: (part + 1) * PART_SHIFT };
}
