import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBBlobValue, type DuckDBConnection, DuckDBInstance, type Json } from '@duckdb/node-api';
import { CataloguedError } from '../model/errors.ts';
import { exhaustion } from './exhaustion.ts';
import { quoteText } from './sql.ts';

/**
 * The share of the process's memory that DuckDB manages; the rest is Node, zlib and what DuckDB does not
 * count.
 */
const DUCKDB_SHARE = 0.5;

/** DuckDB for one window. */
export interface Database extends AsyncDisposable {
  /** Runs a statement for its effect. Bytes stand for its question marks: no message of DuckDB's quotes them. */
  run(sql: string, values?: readonly Uint8Array[]): Promise<void>;
  /** All rows of a small result. 64-bit integers and decimals come as text. */
  rows(sql: string): Promise<Record<string, Json>[]>;
  /** The rows of a result of any size, in batches of some 2,000. */
  stream(sql: string): AsyncIterable<Record<string, Json>[]>;
}

/**
 * Opens DuckDB in memory with one thread (the bytes of a Parquet file then are the same every time), a memory
 * limit, spill under the folder, and no way to any file outside it nor to the network. Running out of memory
 * or disk surfaces as `WindowTooLarge`.
 * @param says what is told of DuckDB's errors. Their text quotes values of rows: all of it is for whoever may read the rows, and for no log.
 */
export async function openDatabase(
  folder: string,
  memoryLimitMegabytes: number,
  says: 'kind' | 'everything' = 'kind',
): Promise<Database> {
  const spill = join(folder, 'spill');
  await mkdir(spill, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: `${Math.floor(Math.max(256, memoryLimitMegabytes) * DUCKDB_SHARE)}MB`,
    temp_directory: spill,
    // It keeps what was read of files, local ones too, as long as the memory limit lets it.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(`SET allowed_directories = [${quoteText(folder)}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  return databaseOf(instance, connection, says === 'kind' ? quiet : exhaustion);
}

/** Rethrows what DuckDB says by its kind alone, `Conversion Error` for instance: the rest quotes values of rows. */
function quiet(error: unknown): never {
  try {
    exhaustion(error);
  } catch (thrown) {
    if (thrown instanceof CataloguedError) throw thrown;
    const [, kind] =
      /^([A-Z][A-Za-z -]{0,40} Error)\b/.exec(thrown instanceof Error ? thrown.message : '') ?? [];
    throw new Error(kind ?? 'An error of DuckDB of no known kind');
  }
}

function databaseOf(
  instance: DuckDBInstance,
  connection: DuckDBConnection,
  rethrow: (error: unknown) => never,
): Database {
  return {
    async run(sql, values = []) {
      await connection
        .run(
          sql,
          values.map((bytes) => new DuckDBBlobValue(bytes)),
        )
        .catch(rethrow);
    },
    async rows(sql) {
      const reader = await connection.runAndReadAll(sql).catch(rethrow);
      return reader.getRowObjectsJson();
    },
    async *stream(sql) {
      try {
        const result = await connection.stream(sql);
        yield* result.yieldRowObjectJson();
      } catch (error) {
        rethrow(error);
      }
    },
    async [Symbol.asyncDispose]() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
