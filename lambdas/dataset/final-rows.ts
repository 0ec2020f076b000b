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

/** Level 1 of zstd is faster than the default 3 and, on call records, smaller too. */
const PARQUET = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1';

/**
 * Writes all rows that are neither rejects nor dropped: by part and line, or in the order of columns that together no two of them
 * have alike.
 */
export async function writeFinalRows(
  database: Database,
  drafts: readonly TypedRows[],
  units: PartUnits,
  window: { day: Day; generation: GenerationId; mapping: Mapping; folder: string },
  order: readonly string[] = [],
): Promise<FinalRows> {
  const file = join(window.folder, 'final.parquet');
  const { mapping } = window;
  const added = `CAST(${quoteText(window.day)} AS DATE) AS load_window, ${quoteText(window.generation)} AS load_generation`;
  const parts = drafts.map(
    (draft) => `SELECT ${list([...finalColumns(mapping, draft.part.number, units), added, 'extra_columns'])}
      FROM (SELECT *, ${positionIn(draft)} AS _position
        FROM read_parquet(${quoteText(draft.file)}, file_row_number = true) WHERE _problem IS NULL)
      WHERE ${notDropped(draft.part.number)}`,
  );
  const ordered = order.length === 0 ? '' : ` ORDER BY ${list(order.map(quoteName))}`;
  const select = `${[schemaOnly(mapping, added), ...parts].join(' UNION ALL ')}${ordered}`;
  await database.run(`COPY (${select}) TO ${quoteText(file)} (${PARQUET})`);
  return { file, ...(await factsOf(database, file, mapping)) };
}

/** No rows, with the columns of the mapping: a day without parts has a schema too. */
function schemaOnly(mapping: Mapping, added: string): string {
  const columns = mapping.columns.map(
    ({ column, type }) => `CAST(NULL AS ${SQL_TYPES[type]}) AS ${quoteName(column)}`,
  );
  return `SELECT ${list([...columns, added, 'CAST(NULL AS VARCHAR) AS extra_columns'])} WHERE false`;
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
