import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogued } from '../model/errors.ts';
import type { MappedColumn, Mapping } from '../model/mapping.ts';
import { cleanRecords, countRecords } from './clean-records.ts';
import { type ColumnPlan, isRequired } from './columns.ts';
import type { Database } from './database.ts';
import { type LocalPart, namingPart } from './parts.ts';
import { protectedText } from './protected-text.ts';
import {
  hasWrongWidth,
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
 * A draft is a part as a local Parquet file: its rows in order and none left out, typed by the mapping, durations still in
 * the source's unit. Beside the mapping's columns it has `extra_columns`; `_source`, a hash of all values as the source gives
 * them; and `_problem`, the code of what makes the row a reject, or null. Everything after reads drafts: a part's text is
 * parsed once.
 */

/** Typed rows in a local Parquet file. */
export interface TypedRows {
  /** Its place among the others: rows have their order by it. `announced` is how many rows were promised. */
  part: { number: number; announced?: number | undefined };
  file: string;
  /** Rows of the file, rejects by type among them. */
  rows: number;
  /** Records that are rejects already and not in the file. */
  flawed: number;
}

/** A part that has been typed. Its flawed records were taken out before it was read; none where it was read as it is. */
export interface Draft extends TypedRows {
  part: LocalPart;
  plan: ColumnPlan;
}

/** A row's problem: which column it is about, where it is about one. */
export interface RowProblem {
  reason: 'TypeMismatch' | 'RequiredValueMissing' | 'RepeatedHeader' | 'WrongWidth';
  column?: MappedColumn;
}

const REPEATED_HEADER = -1;
const WRONG_WIDTH = -2;

/** What a `_problem` code means. */
export function problemOf(code: number, mapping: Mapping): RowProblem {
  if (code === WRONG_WIDTH) return { reason: 'WrongWidth' };
  const column = mapping.columns[Math.floor(code / 2)];
  if (code === REPEATED_HEADER || column === undefined) return { reason: 'RepeatedHeader' };
  return { reason: code % 2 === 0 ? 'TypeMismatch' : 'RequiredValueMissing', column };
}

/**
 * Types a part. The part is read as it is; where the reader stumbles, or where its rows are not the part's
 * records, it is read again without the records that are flawed. No row is lost by a fault of the reader's:
 * every line became a row, or records are counted by rules of our own. Throws `PartMalformed` where reader
 * and rules do not agree.
 */
export async function draftPart(
  database: Database,
  plan: ColumnPlan,
  rules: { mapping: Mapping; key: readonly string[]; folder: string },
): Promise<Draft> {
  const { part } = plan;
  const file = join(rules.folder, `draft-${String(part.number).padStart(5, '0')}.parquet`);
  const draft = { part, plan, file };
  try {
    const rows = part.plain ? await writeDraft(database, part.file, draft, rules) : undefined;
    if (rows !== undefined && (rows === part.lines || rows === (await countRecords(part))))
      return { ...draft, rows, flawed: 0 };
    const clean = await cleanRecords(part);
    const cleanRows = await writeDraft(database, clean.file, draft, rules);
    await rm(clean.file);
    if (cleanRows === clean.records) return { ...draft, rows: cleanRows, flawed: clean.flawed };
    throw catalogued('PartMalformed', 'Its records cannot be told apart for certain.', {
      records: clean.records,
      rows: cleanRows ?? 0,
    });
  } catch (error) {
    throw namingPart(error, part.number);
  }
}

/** The newer encodings are faster to write and to read back; nobody but DuckDB reads a draft. */
const DRAFT = 'FORMAT parquet, COMPRESSION lz4_raw, PARQUET_VERSION v2';

/** Writes the draft and tells how many rows the file has; undefined where the reader gave up. */
async function writeDraft(
  database: Database,
  source: string,
  { plan, file }: Pick<Draft, 'plan' | 'file'>,
  rules: { mapping: Mapping; key: readonly string[] },
): Promise<number | undefined> {
  const width = plan.part.columns?.length ?? 0;
  const relation = plan.part.format === 'csv' ? readCsv(source, width) : readLines(source, width);
  const select = draftSelect(relation, plan, rules);
  try {
    await database.run(`COPY (${select}) TO ${quoteText(file)} (${DRAFT})`);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Invalid Input Error')) return undefined;
    throw error;
  }
  const [metadata] = await database.rows(`SELECT num_rows FROM parquet_file_metadata(${quoteText(file)})`);
  return Number(metadata?.num_rows);
}

/** Three layers, so that no value is computed twice: as given without nulls, typed, judged. */
function draftSelect(
  source: string,
  plan: ColumnPlan,
  { mapping, key }: { mapping: Mapping; key: readonly string[] },
): string {
  const given = (position: number, nulls = mapping.nulls) => withoutNulls(partColumn(position), nulls);
  const raw = mapping.columns.map(({ nulls }, index) => {
    const position = plan.positions[index];
    return `${position === undefined ? 'CAST(NULL AS VARCHAR)' : given(position, nulls)} AS r${index}`;
  });
  const extra = jsonObject(plan.unknown.map(({ name, position }) => ({ name, value: given(position) })));
  const values = mapping.columns.map(({ type }, index) => `${typed(type, `r${index}`)} AS t${index}`);
  const lake = mapping.columns.map(
    ({ column, privacy }, index) => `${protectedText(privacy, `t${index}`)} AS ${quoteName(column)}`,
  );
  const problems = mapping.columns.flatMap((column, index) => [
    ...(column.type === 'text' ? [] : [`WHEN r${index} IS NOT NULL AND t${index} IS NULL THEN ${2 * index}`]),
    ...(isRequired(column, mapping, key) ? [`WHEN r${index} IS NULL THEN ${2 * index + 1}`] : []),
  ]);
  const sources = mapping.columns.map((_, index) => `r${index}`);
  return `SELECT ${list(lake)}, extra_columns, hash(${list([...sources, 'extra_columns'])}) AS _source,
      CAST(CASE WHEN misshapen THEN ${WRONG_WIDTH} WHEN repeated THEN ${REPEATED_HEADER}
        ${problems.join(' ')} END AS SMALLINT) AS _problem
    FROM (SELECT *, ${list(values)}
      FROM (SELECT ${list(raw)}, ${extra} AS extra_columns,
          ${misshapen(plan.part)} AS misshapen, ${repeatsHeader(plan.part)} AS repeated
        FROM ${source}))`;
}

function misshapen({ format, columns = [] }: LocalPart): string {
  return format === 'csv' ? hasWrongWidth(columns.length) : 'false';
}

/**
 * Whether the row is the header again: no header row ever becomes data. A single column's name may well be a
 * value.
 */
function repeatsHeader({ format, columns = [] }: LocalPart): string {
  if (format !== 'csv' || columns.length < 2) return 'false';
  return columns.map((name, position) => `${partColumn(position)} = ${quoteText(name)}`).join(' AND ');
}

/**
 * Rows of drafts that are not rejects, with `_position`: part and row in one number, ascending by part and line. All files are read as
 * one relation: DuckDB cannot spill what it holds of a union of many. There is one draft at least.
 */
export function acceptedRows(drafts: readonly TypedRows[], columns: readonly string[]): string {
  const files = drafts.map(({ file }) => quoteText(file));
  const first = drafts.map(({ part }) => positionOf(part.number));
  const position = `[${list(first.map(String))}][CAST(file_index AS BIGINT) + 1] + file_row_number`;
  return `SELECT ${list([...columns, `${position} AS _position`])}
    FROM read_parquet([${list(files)}], file_row_number = true) WHERE _problem IS NULL`;
}

/** Rows that a part may have at most, as a power of two: positions stay below 2^53. */
const PART_SHIFT = 2 ** 38;

/** The SQL for a row's position; its row in the part counts from 1. */
export function positionIn(draft: TypedRows): string {
  return `${positionOf(draft.part.number)} + file_row_number`;
}

/** The position of a part's first row. */
function positionOf(part: number): number {
  return part * PART_SHIFT + 1;
}

/** The positions of a part, from (inclusive) and to (exclusive). */
export function positionsOf(part: number): { from: number; to: number } {
  return { from: part * PART_SHIFT, to: (part + 1) * PART_SHIFT };
}
