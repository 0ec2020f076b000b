import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '@duckdb/node-api';
import { type Database, openDatabase } from '../../lambdas/dataset/database.ts';
import { quoteName, quoteText } from '../../lambdas/dataset/sql.ts';
import type { TenantId } from '../../lambdas/model/ids.ts';
import { LOADS_TABLE } from '../../lib/operations/glue-tables.ts';
import { type CommittedWindow, committedWindows } from './committed-windows.ts';
import { copyOut, pathOf } from './copy-out.ts';
import { copiesFolder, openLake, requireTenant } from './data-folder.ts';
import { CommandRefused, EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { textTable } from './text-table.ts';
import { amount } from './wording.ts';

/** What `query` is asked for. */
export interface QueryRequest {
  data: string;
  sql: string;
  tenant?: TenantId;
  /** One JSON array, of any length, instead of a table. */
  json: boolean;
}

type Row = Record<string, Json>;

/** Rows that a table shows: it is held in memory whole. */
const TABLE_ROWS = 1_000;
/** Bytes of one `current.json`: it holds the manifest, with a line a part and file. */
const CURRENT_BYTES = 64 * 1024 * 1024;
/** Megabytes that a query may take; beyond, DuckDB spills to disk. */
const QUERY_MEMORY = 2_048;

/**
 * Runs SQL over the committed Parquet: one view a dataset, named as the dataset; where there are several tenants also one
 * each, `<tenant>_<dataset>`. Throws `CommandRefused` for SQL that DuckDB refuses.
 */
export async function runQuery(request: QueryRequest, outputs: Outputs): Promise<ExitCode> {
  const folder = copiesFolder(request.data);
  const windows = await copiedWindows(request, folder);
  const views = viewsOf(windows, folder);
  if (windows.length > 0) views.set(LOADS_TABLE, loadsOf(windows, folder));
  await mkdir(folder, { recursive: true });
  try {
    await using database = await openDatabase(folder, QUERY_MEMORY, 'everything');
    for (const [name, select] of views) await database.run(`CREATE VIEW ${quoteName(name)} AS ${select}`);
    const rows = answered(database, request.sql, [...views.keys()]);
    if (request.json) await printJson(rows, outputs);
    else await printTable(rows, outputs);
  } finally {
    await rm(join(folder, 'spill'), { recursive: true, force: true });
  }
  return EXIT.done;
}

/** The committed windows, after their Parquet files have been copied to where DuckDB can read them. */
async function copiedWindows(request: QueryRequest, folder: string): Promise<CommittedWindow[]> {
  await using lake = await openLake(request.data);
  requireTenant(lake, request.tenant);
  const windows: CommittedWindow[] = [];
  for await (const window of committedWindows(lake.objects, request.tenant)) {
    await copyOut(lake.objects, window, folder, ({ format }) => format === 'parquet');
    windows.push(window);
  }
  return windows;
}

/** The views by name, each with its SELECT. The partition's `dt` is a column, as in Glue; `tenant` is one where there are several. */
export function viewsOf(windows: readonly CommittedWindow[], folder: string): Map<string, string> {
  const tenants = [...new Set(windows.map(({ tenant }) => tenant))];
  const datasets = [...new Set(windows.map(({ dataset }) => dataset))];
  const views = new Map<string, string>();
  for (const dataset of datasets) {
    const selects = tenants.flatMap((tenant) => {
      const own = windows.filter((window) => window.tenant === tenant && window.dataset === dataset);
      const select = selectOf(own, folder);
      if (select === undefined) return [];
      if (tenants.length > 1) views.set(`${tenant}_${dataset}`.replaceAll('-', '_'), select);
      return [tenants.length > 1 ? `SELECT *, ${quoteText(tenant)} AS tenant FROM (${select})` : select];
    });
    if (selects.length > 0) views.set(dataset, selects.join(' UNION ALL BY NAME '));
  }
  return views;
}

/** The SELECT of the view `loads`: what is loaded, as Glue's table of that name has it, and whose. */
export function loadsOf(windows: readonly CommittedWindow[], folder: string): string {
  const files = windows.map(({ currentKey }) => quoteText(pathOf(folder, currentKey)));
  const text = ['dataset', 'day', 'generation', 'replaced', 'committedAt', 'maxEvent'].map(
    (field) => `${field}: 'VARCHAR'`,
  );
  const counts = 'parsed BIGINT, rowsOut BIGINT, duplicates BIGINT, superseded BIGINT, rejects BIGINT';
  return `SELECT dataset, day, generation, replaced, committedAt AS committed_at, maxEvent AS max_event,
    "rows" AS counts, files, bytes, parse_path(filename)[-3] AS tenant
    FROM read_json([${files.join(', ')}], format = 'newline_delimited', filename = true, maximum_object_size = ${CURRENT_BYTES},
      columns = {${text.join(', ')}, rows: 'STRUCT(${counts}, outsideWindow BIGINT)', files: 'BIGINT', bytes: 'BIGINT'})`;
}

function selectOf(windows: readonly CommittedWindow[], folder: string): string | undefined {
  const files = windows.flatMap(({ files }) => files.filter(({ format }) => format === 'parquet'));
  if (files.length === 0) return undefined;
  const paths = files.map(({ key }) => quoteText(pathOf(folder, key)));
  return `SELECT * EXCLUDE (gen) FROM read_parquet([${paths.join(', ')}], union_by_name = true,
    hive_partitioning = true, hive_types = {'dt': VARCHAR, 'gen': VARCHAR})`;
}

async function* answered(database: Database, sql: string, views: readonly string[]): AsyncGenerator<Row[]> {
  try {
    yield* database.stream(sql);
  } catch (error) {
    const known = views.length === 0 ? 'Nothing is committed yet.' : `The views are ${views.join(', ')}.`;
    throw new CommandRefused([error instanceof Error ? error.message : 'DuckDB gave no reason.'], known);
  }
}

async function printTable(batches: AsyncIterable<Row[]>, { out, err }: Outputs): Promise<void> {
  const rows: Row[] = [];
  let total = 0;
  for await (const batch of batches) {
    total += batch.length;
    rows.push(...batch.slice(0, Math.max(0, TABLE_ROWS - rows.length)));
  }
  const names = Object.keys(rows[0] ?? {});
  const columns = names.map((heading) => ({ heading, numbers: rows.every((row) => isNumber(row[heading])) }));
  const cells = rows.map((row) => names.map((name) => cellOf(row[name])));
  if (total === 0) err.line('No rows.');
  else for (const line of textTable(columns, cells)) out.line(line);
  if (total > rows.length)
    err.line(`${amount(rows.length)} of ${amount(total)} rows are shown; --json gives all of them.`);
}

/** Decimals and 64-bit integers come as text. */
function isNumber(value: Json | undefined): boolean {
  if (value === null || typeof value === 'number') return true;
  return typeof value === 'string' && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(value);
}

function cellOf(value: Json | undefined): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

async function printJson(batches: AsyncIterable<Row[]>, { out }: Outputs): Promise<void> {
  let separator = '[\n';
  for await (const batch of batches)
    for (const row of batch) {
      if (!out.write(`${separator}${JSON.stringify(row)}`)) return;
      separator = ',\n';
    }
  out.write(separator === '[\n' ? '[]\n' : '\n]\n');
}
