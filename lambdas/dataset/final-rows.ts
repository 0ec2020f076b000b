import { join } from 'node:path';
import type { Day } from '../model/days.ts';
import { isoInstant } from '../model/days.ts';
import type { GenerationId } from '../model/ids.ts';
import type { Mapping } from '../model/mapping.ts';
import type { Database } from './database.ts';
import { positionIn, type TypedRows } from './drafts.ts';
import { notDropped } from './duplicates.ts';
import { finalColumns, type PartUnits } from './durations.ts';
import { list, quoteName, quoteText, SQL_TYPES } from './sql.ts';

/** The window's rows as the lake has them, in a local Parquet file, and what the file itself says of them. */
export interface FinalRows {
  file: string;
  rows: number;
  /** The greatest value of the window column. */
  maxEvent: string | undefined;
  /** Lake columns without a value in any row; none are named where there are no rows. */
  allNullColumns: string[];
}

/** What final rows are of, and the folder that their file is written to. */
export interface FinalWindow {
  day: Day;
  generation: GenerationId;
  mapping: Mapping;
  folder: string;
}

/** Level 1 of zstd is faster than the default 3 and, on call records, smaller too. */
const PARQUET = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1';

/** DuckDB's own default: rows of calls are narrow. */
const CALL_ROW_GROUP = 122_880;

/** Writes all rows that are neither rejects nor dropped, by part and line. */
export async function writeFinalRows(
  database: Database,
  drafts: readonly TypedRows[],
  units: PartUnits,
  window: FinalWindow,
): Promise<FinalRows> {
  const added = addedColumns(window);
  const parts = drafts.map(
    (
      draft,
    ) => `SELECT ${list([...finalColumns(window.mapping, units.get(draft.part.number)), ...added, 'extra_columns'])}
      FROM (SELECT *, ${positionIn(draft)} AS _position
        FROM read_parquet(${quoteText(draft.file)}, file_row_number = true) WHERE _problem IS NULL)
      WHERE ${notDropped(draft.part.number)}`,
  );
  return await copyFinalRows(
    database,
    [noRows(window), ...parts].join(' UNION ALL '),
    window,
    CALL_ROW_GROUP,
  );
}

/**
 * Writes the rows of a query, which are final and have all columns, to the file that the lake gets.
 * @param rowGroup rows of a row group: DuckDB holds one of them in memory
 */
export async function copyFinalRows(
  database: Database,
  select: string,
  { mapping, folder }: FinalWindow,
  rowGroup: number,
): Promise<FinalRows> {
  const file = join(folder, 'final.parquet');
  await database.run(`COPY (${select}) TO ${quoteText(file)} (${PARQUET}, ROW_GROUP_SIZE ${rowGroup})`);
  return { file, ...(await factsOf(database, file, mapping)) };
}

/** The columns that say which load a row is of. */
export function addedColumns({ day, generation }: FinalWindow): string[] {
  return [`CAST(${quoteText(day)} AS DATE) AS load_window`, `${quoteText(generation)} AS load_generation`];
}

/** No rows, with the columns of the mapping: a day without parts has a schema too. */
export function noRows(window: FinalWindow): string {
  const columns = window.mapping.columns.map(
    ({ column, type }) => `CAST(NULL AS ${SQL_TYPES[type]}) AS ${quoteName(column)}`,
  );
  return `SELECT ${list([...columns, ...addedColumns(window), 'CAST(NULL AS VARCHAR) AS extra_columns'])} WHERE false`;
}

async function factsOf(database: Database, file: string, mapping: Mapping): Promise<Omit<FinalRows, 'file'>> {
  const [metadata] = await database.rows(`SELECT num_rows FROM parquet_file_metadata(${quoteText(file)})`);
  const counts = mapping.columns.map(({ column }, index) => `count(${quoteName(column)}) AS n${index}`);
  const [facts] = await database.rows(
    `SELECT max(epoch_us(${quoteName(mapping.windowColumn)})) AS latest, ${list(counts)} FROM read_parquet(${quoteText(file)})`,
  );
  const rows = Number(metadata?.num_rows);
  const latest = facts?.latest ?? undefined;
  const allNull = mapping.columns.filter((_, index) => rows > 0 && Number(facts?.[`n${index}`]) === 0);
  return {
    rows,
    maxEvent: latest === undefined ? undefined : isoInstant(Math.floor(Number(latest) / 1_000)),
    allNullColumns: allNull.map(({ column }) => column),
  };
}
