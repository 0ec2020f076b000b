import { statSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { type BaselineMeasure, BaselineOrder } from './baselines.ts';
import { peakResidentBytes } from './resident-memory.ts';

/*
 * Bare DuckDB: the same parts, typed on the way, to one Parquet file. One thread, as the transform has. It looks for no
 * duplicate, rejects nothing, counts and hashes nothing: nobody can be faster with it.
 */

const { files, target } = BaselineOrder.parse(JSON.parse(process.argv[2] ?? '{}'));
const types = {
  CallId: 'VARCHAR',
  StartTime: 'TIMESTAMPTZ',
  EndTime: 'TIMESTAMPTZ',
  Duration: 'DOUBLE',
  AgentName: 'VARCHAR',
  QueueName: 'VARCHAR',
  Disposition: 'VARCHAR',
  CallDirection: 'VARCHAR',
  CustomerNumber: 'VARCHAR',
  AgentNumber: 'VARCHAR',
};

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
const columns = Object.entries(types).map(([name, type]) => `${text(name)}: ${text(type)}`);

const begun = performance.now();
const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await instance.connect();
await connection.run("SET TimeZone = 'UTC'");
const done = await connection.run(
  `COPY (SELECT * FROM read_csv([${files.map(text).join(', ')}], header = true, auto_detect = false, columns = {${columns.join(', ')}}))
   TO ${text(target)} (FORMAT parquet, COMPRESSION zstd)`,
);
const milliseconds = performance.now() - begun;

const { user, system } = process.cpuUsage();
const measure: BaselineMeasure = {
  milliseconds,
  processorMilliseconds: (user + system) / 1000,
  residentPeak: peakResidentBytes(),
  rows: done.rowsChanged,
  bytesOut: statSync(target).size,
};
console.log(JSON.stringify(measure));
