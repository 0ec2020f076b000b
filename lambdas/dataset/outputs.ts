import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { GenerationId } from '../model/ids.ts';
import type { Mapping } from '../model/mapping.ts';
import type { OutputFormat } from '../model/pipelines.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { Database } from './database.ts';
import { exhaustion } from './exhaustion.ts';
import type { FinalRows } from './final-rows.ts';
import { gzipMembers } from './gzip.ts';
import type { OutputFile } from './manifest.ts';
import type { TransformRequest } from './request.ts';
import { isoText, list, quoteName, quoteText } from './sql.ts';

/** An output on the local disk, and the rows that were counted in it after it was written. */
export interface LocalOutput {
  format: OutputFormat;
  file: string;
  rows: number;
}

const READ_BYTES = 1024 * 1024;

/** Writes one of a window's outputs from its final rows. Parquet is the final rows themselves. */
export async function writeOutput(
  database: Database,
  final: FinalRows,
  format: OutputFormat,
  window: { mapping: Mapping; folder: string },
): Promise<LocalOutput> {
  switch (format) {
    case 'parquet':
      return { format, file: final.file, rows: final.rows };
    case 'csv':
    case 'jsonl': {
      const text = join(window.folder, `final.${format}`);
      const file = `${text}.gz`;
      await database.run(copyStatement(final.file, text, format, window.mapping));
      await pipeline(
        createReadStream(text, { highWaterMark: READ_BYTES }),
        // A pipeline gives its steps a second argument, which is no level.
        (bytes) => gzipMembers(bytes),
        createWriteStream(file),
      ).catch(exhaustion);
      await rm(text);
      const rows = format === 'csv' ? await csvRows(database, file, window.mapping) : await lineFeeds(file);
      return { format, file, rows };
    }
  }
}

function copyStatement(parquet: string, text: string, format: 'csv' | 'jsonl', mapping: Mapping): string {
  const columns = mapping.columns.map(({ column, type }) => {
    const name = quoteName(column);
    return type === 'timestamp' ? `${isoText(name)} AS ${name}` : name;
  });
  // What DuckDB does not take for JSON, half of a surrogate pair say, stays a text.
  const json = 'coalesce(TRY_CAST(extra_columns AS JSON), to_json(extra_columns)) AS extra_columns';
  const extra = format === 'jsonl' ? json : 'extra_columns';
  const select = `SELECT ${list([...columns, 'load_window', 'load_generation', extra])} FROM read_parquet(${quoteText(parquet)})`;
  return `COPY (${select}) TO ${quoteText(text)} (${format === 'csv' ? 'FORMAT csv, HEADER true' : 'FORMAT json'})`;
}

async function csvRows(database: Database, file: string, mapping: Mapping): Promise<number> {
  const names = [
    ...mapping.columns.map(({ column }) => column),
    'load_window',
    'load_generation',
    'extra_columns',
  ];
  const columns = names.map((name) => `${quoteName(name)}: 'VARCHAR'`);
  const [row] = await database.rows(
    `SELECT count(*) AS rows FROM read_csv(${quoteText(file)}, auto_detect = false, header = true, delim = ',',
       quote = '"', escape = '"', new_line = '\\n', strict_mode = true, compression = 'gzip', columns = {${list(columns)}})`,
  );
  return Number(row?.rows);
}

/** JSON has no line feed within a record: each is a row. */
async function lineFeeds(file: string): Promise<number> {
  let rows = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES }).pipe(
    createGunzip({ chunkSize: READ_BYTES }),
  )) {
    const bytes: Buffer = chunk;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) rows++;
  }
  return rows;
}

/** Puts an output where the generation's files lie. */
export async function uploadOutput(
  { format, file, rows }: LocalOutput,
  { prefixes, dataset, day }: Pick<TransformRequest, 'prefixes' | 'dataset' | 'day'>,
  generation: GenerationId,
  objects: ObjectStore,
): Promise<OutputFile> {
  const folder = `${format === 'parquet' ? prefixes.lake : prefixes.export}gen=${generation}/`;
  const key = `${folder}${dataset}-${day}.${format === 'parquet' ? 'parquet' : `${format}.gz`}`;
  const contentType = format === 'parquet' ? 'application/vnd.apache.parquet' : 'application/gzip';
  const written = await objects.writeStream(key, createReadStream(file), contentType);
  return { key, format, ...written, rows };
}
