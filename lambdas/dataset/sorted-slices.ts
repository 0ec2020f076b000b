import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sum } from './checks.ts';
import type { Database } from './database.ts';
import type { RecordDraft } from './draft-writer.ts';
import { acceptedRows, type TypedRows } from './drafts.ts';
import { NOT_DROPPED } from './duplicates.ts';
import { finalColumns, type PartUnits } from './durations.ts';
import { addedColumns, copyFinalRows, type FinalRows, type FinalWindow, noRows } from './final-rows.ts';
import { list, quoteName, quoteText } from './sql.ts';

/*
 * A day's rows in their order, in memory that does not grow with the day: they are sorted a slice at a time, a slice being the rows between
 * two places in the order, each into a local file, and the files are copied one after another. The file that the lake gets is byte for byte
 * the one that a single sort writes, whatever the slices.
 */

/** Text of rows that is sorted at once; sorting takes about three times as much. */
const SLICE_BYTES = 16_000_000;

/**
 * Slices at most. For each of them DuckDB reads those parts of the drafts that may have rows of it: few where records came by time, all where they
 * came in no order. Above this slices grow with the day, and what exceeds the memory limit is spilled.
 */
const MOST_SLICES = 64;

/** Rows drawn for each slice to find where it begins: most slices then are within a fifth of their size. */
const ROWS_DRAWN = 200;

/**
 * Rows that DuckDB hands on at once. It begins a row group where so many are through that one is full, so only slices of whole batches lead to
 * the row groups of a single sort.
 */
const BATCH_ROWS = 2_048;

/** Records are wide: a third of DuckDB's default takes a third of its memory, and is still enough to read a column at a time. */
const RECORD_ROW_GROUP = 20 * BATCH_ROWS;

/** Nobody but DuckDB reads a slice; a row group is whole batches. */
const SLICE = `FORMAT parquet, COMPRESSION lz4_raw, PARQUET_VERSION v2, ROW_GROUP_SIZE ${5 * BATCH_ROWS}`;

/** What is sorted. */
export interface SortedWindow extends FinalWindow {
  /** Columns that together no two rows have alike, the window column first. */
  order: readonly string[];
}

/** A place in the order: a row's. */
interface Place {
  /** DuckDB's binary form of the values, which compares as they do, in hexadecimal. */
  key: string;
  /** The window column's value in microseconds: by this DuckDB knows which row groups it need not read. Undefined for null. */
  instant: string | undefined;
}

/** Where a slice begins and ends: undefined is the beginning, or the end, of all rows. */
interface Span {
  /** The first place that belongs to it. */
  lower: Place | undefined;
  /** The first place that does not any more. */
  upper: Place | undefined;
}

/** A slice's sorted rows in a local file, and how many of them, from the first, the next slice does not have. */
interface SliceFile {
  file: string;
  kept: number;
}

/**
 * Writes all rows of drafts that are neither rejects nor dropped in the window's order. Where there are several slices, the drafts' files are gone
 * afterwards: their room is the final file's.
 */
export async function writeSortedRows(
  database: Database,
  drafts: readonly RecordDraft[],
  units: PartUnits,
  window: SortedWindow,
  sliceBytes = SLICE_BYTES,
): Promise<FinalRows> {
  const slices = Math.min(MOST_SLICES, Math.ceil(sum(drafts.map(({ textBytes }) => textBytes)) / sliceBytes));
  const splits = slices > 1 ? await splitPlaces(database, drafts, window, slices) : [];
  if (splits.length === 0) return await sortAtOnce(database, drafts, units, window);
  const files = await writeSlices(database, finalRowsOf(drafts, units, window), splits, window);
  for (const { file } of drafts) await rm(file);
  const final = await copyFinalRows(database, rowsOfSlices(files, window), window, RECORD_ROW_GROUP);
  for (const { file } of files) await rm(file);
  return final;
}

/** One sort of all rows. */
async function sortAtOnce(
  database: Database,
  drafts: readonly TypedRows[],
  units: PartUnits,
  window: SortedWindow,
): Promise<FinalRows> {
  const { mapping, order } = window;
  const columns = list([...mapping.columns.map(({ column }) => quoteName(column)), ...addedColumns(window)]);
  const rows =
    drafts.length === 0
      ? ''
      : `UNION ALL SELECT ${columns}, extra_columns FROM (${finalRowsOf(drafts, units, window)})`;
  return await copyFinalRows(
    database,
    `${noRows(window)} ${rows} ORDER BY ${orderOf(order)}`,
    window,
    RECORD_ROW_GROUP,
  );
}

/** The drafts' rows that the lake gets, with the mapping's columns and `extra_columns`: a relation for each unit that durations came in. */
function finalRowsOf(drafts: readonly TypedRows[], units: PartUnits, { mapping }: SortedWindow): string {
  const columns = [...mapping.columns.map(({ column }) => quoteName(column)), 'extra_columns'];
  return [...Map.groupBy(drafts, ({ part }) => units.get(part.number))]
    .map(
      ([unit, alike]) => `SELECT ${list([...finalColumns(mapping, unit), 'extra_columns'])}
      FROM (${acceptedRows(alike, columns)}) WHERE ${NOT_DROPPED}`,
    )
    .join(' UNION ALL ');
}

/** Where slices but the first begin: the rows are drawn by a hash of the values in the order's columns, so that no way of sending them has a hand in it. */
async function splitPlaces(
  database: Database,
  drafts: readonly TypedRows[],
  { order }: SortedWindow,
  slices: number,
): Promise<Place[]> {
  const columns = order.map(quoteName);
  const step = Math.max(1, Math.floor(sum(drafts.map(({ rows }) => rows)) / (slices * ROWS_DRAWN)));
  return placesIn(
    await database.rows(
      `SELECT hex(min(place)) AS key, arg_min(instant, place) AS instant
       FROM (SELECT place, instant, ntile(${slices}) OVER (ORDER BY place) AS slice
         FROM (SELECT ${sortKey(order)} AS place, ${instantOf(order)} AS instant
           FROM (${acceptedRows(drafts, columns)}) WHERE hash(${list(columns)}) % ${step} = 0))
       GROUP BY slice HAVING slice > 1 ORDER BY key`,
    ),
  );
}

/** Sorts slice after slice. What is left over of a slice's whole batches begins the next one. */
async function writeSlices(
  database: Database,
  rows: string,
  splits: readonly Place[],
  { order, folder }: SortedWindow,
): Promise<SliceFile[]> {
  const files: SliceFile[] = [];
  let lower: Place | undefined;
  for (const upper of [...splits, undefined]) {
    const file = join(folder, `slice-${String(files.length + 1).padStart(5, '0')}.parquet`);
    const within = `SELECT * FROM (${rows}) WHERE ${inSpan({ lower, upper }, order)} ORDER BY ${orderOf(order)}`;
    await database.run(`COPY (${within}) TO ${quoteText(file)} (${SLICE})`);
    const [metadata] = await database.rows(`SELECT num_rows FROM parquet_file_metadata(${quoteText(file)})`);
    const written = Number(metadata?.num_rows);
    const kept = upper === undefined ? written : written - (written % BATCH_ROWS);
    files.push({ file, kept });
    lower = kept < written ? await placeAt(database, file, kept, order) : upper;
  }
  return files;
}

/** The place of a slice's row, counted from 0. */
async function placeAt(
  database: Database,
  file: string,
  row: number,
  order: readonly string[],
): Promise<Place | undefined> {
  const places = await database.rows(
    `SELECT hex(${sortKey(order)}) AS key, ${instantOf(order)} AS instant
     FROM read_parquet(${quoteText(file)}, file_row_number = true) WHERE file_row_number = ${row}`,
  );
  return placesIn(places)[0];
}

/** What is kept of the slices, one after another, as final rows. */
function rowsOfSlices(slices: readonly SliceFile[], window: SortedWindow): string {
  const columns = window.mapping.columns.map(({ column }) => quoteName(column));
  const files = slices.map(({ file }) => quoteText(file));
  const kept = `[${list(slices.map((slice) => String(slice.kept)))}][CAST(file_index AS BIGINT) + 1]`;
  return `SELECT ${list([...columns, ...addedColumns(window), 'extra_columns'])}
    FROM read_parquet([${list(files)}], file_row_number = true) WHERE file_row_number < ${kept}`;
}

/** The condition for a row to be in a span. Nulls come last in the order. */
function inSpan({ lower, upper }: Span, order: readonly string[]): string {
  const at = quoteName(order[0] ?? '');
  const key = sortKey(order);
  const conditions = ['true'];
  if (lower !== undefined) conditions.push(`${key} >= from_hex('${lower.key}')`);
  if (lower?.instant !== undefined)
    conditions.push(`(${at} >= make_timestamp(${lower.instant}) OR ${at} IS NULL)`);
  if (upper !== undefined) conditions.push(`${key} < from_hex('${upper.key}')`);
  if (upper?.instant !== undefined) conditions.push(`${at} <= make_timestamp(${upper.instant})`);
  return conditions.join(' AND ');
}

function orderOf(order: readonly string[]): string {
  return list(order.map((column) => `${quoteName(column)} ASC NULLS LAST`));
}

function sortKey(order: readonly string[]): string {
  return `create_sort_key(${list(order.map((column) => `${quoteName(column)}, 'ASC NULLS LAST'`))})`;
}

function instantOf(order: readonly string[]): string {
  return `epoch_us(${quoteName(order[0] ?? '')})`;
}

function placesIn(rows: readonly Record<string, unknown>[]): Place[] {
  return rows.map(({ key, instant }) => ({
    key: String(key),
    instant: instant === null ? undefined : String(instant),
  }));
}
