import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import cdrMapping from '../../config/mappings/cdr.v1.json' with { type: 'json' };
import {
  type TransformRequest,
  type TransformResult,
  transformWindow,
} from '../../lambdas/dataset/transform.ts';
import { Day } from '../../lambdas/model/days.ts';
import { DatasetId, TenantId } from '../../lambdas/model/ids.ts';
import { Mapping } from '../../lambdas/model/mapping.ts';
import { type MemoryObjectStore, memoryObjectStore } from './memory-object-store.ts';

export const CDR = Mapping.parse(cdrMapping);
export const DAY = Day.parse('2024-05-15');

/** The names of an export's columns, in the order of the API notes. */
export const CDR_HEADER =
  'CallId,StartTime,EndTime,Duration,AgentName,QueueName,Disposition,CallDirection,CustomerNumber,AgentNumber';

/** A mapping of text columns only, beside the timestamp that every mapping has. */
export const TEXTS = Mapping.parse({
  name: 'texts',
  version: 1,
  windowColumn: 'at',
  columns: [
    { source: 'Id', column: 'id', type: 'text', required: true },
    { source: 'At', column: 'at', type: 'timestamp', required: true },
    { source: 'Note', column: 'note', type: 'text' },
  ],
});

/** What a transform left behind, whatever it was told. */
export type Outcome = Pick<Transformed, 'store' | 'result'>;

/** A transform that ran, and what it left behind. */
export interface Transformed {
  store: MemoryObjectStore;
  request: TransformRequest;
  result: TransformResult;
}

/**
 * A request of small parts, whose texts are in the store, numbered from 1. Thresholds let everything pass
 * unless they are given.
 */
export async function requestFor(
  store: MemoryObjectStore,
  texts: readonly (string | Buffer)[],
  overrides: Partial<TransformRequest> = {},
): Promise<TransformRequest> {
  const format = overrides.format ?? 'csv';
  const parts = texts.map((text, index) => {
    const bytes = Buffer.from(text);
    const key = `raw/acme/cdr/dt=${DAY}/a1/part-${String(index + 1).padStart(5, '0')}.${format}`;
    store.objects.set(key, bytes);
    return { number: index + 1, key, bytes: bytes.length, sha256: sha256(bytes) };
  });
  return {
    tenant: TenantId.parse('acme'),
    dataset: DatasetId.parse('cdr'),
    day: DAY,
    format,
    parts,
    mapping: CDR,
    key: ['call_id'],
    outputs: ['parquet'],
    thresholds: { rejects: 1, outsideWindow: 1 },
    prefixes: {
      lake: `lake/acme/cdr/dt=${DAY}/`,
      export: `export/acme/cdr/dt=${DAY}/`,
      quarantine: `quarantine/acme/cdr/dt=${DAY}/`,
    },
    workFolder: await mkdtemp(join(tmpdir(), 'transform-')),
    memoryLimitMegabytes: 512,
    diskLimitMegabytes: 512,
    ...overrides,
  };
}

/** Transforms parts given as text, out of a store that hands out chunks of 7 bytes. */
export async function transform(
  texts: readonly (string | Buffer)[],
  overrides: Partial<TransformRequest> = {},
): Promise<Transformed> {
  const store = memoryObjectStore(7);
  const request = await requestFor(store, texts, overrides);
  const result = await transformWindow(request, { objects: store, clock: stoppedClock });
  return { store, request, result };
}

/** A clock that does not move. */
export const stoppedClock = { now: () => 0, sleep: async () => {} };

/** Bytes of the transform's one output of a format. */
export function outputBytes({ store, result }: Outcome, format: string): Buffer {
  const file = result.files.find((candidate) => candidate.format === format);
  const bytes = file && store.objects.get(file.key);
  if (bytes === undefined) throw new Error(`There is no ${format} output.`);
  return bytes;
}

/** Rows of the transform's Parquet file, or of a query over it as `lake`. */
export async function lakeRows(
  transformed: Outcome,
  sql = 'SELECT * FROM lake',
): Promise<Record<string, Json>[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lake-'));
  const file = join(folder, 'lake.parquet');
  await writeFile(file, outputBytes(transformed, 'parquet'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(`CREATE VIEW lake AS SELECT * FROM read_parquet('${file}')`);
  const reader = await connection.runAndReadAll(sql);
  const rows = reader.getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  await rm(folder, { recursive: true });
  return rows;
}

/** Values of one column of the Parquet file, in the file's order. */
export async function lakeColumn(transformed: Outcome, column: string): Promise<Json[]> {
  return (await lakeRows(transformed)).map((row) => row[column] ?? null);
}

/** The rows of a quarantine object; none where it was not written. */
export function quarantine(store: MemoryObjectStore, name: 'rejects' | 'superseded'): Record<string, Json>[] {
  const key = [...store.objects.keys()].find((candidate) => candidate.endsWith(`/${name}.jsonl.gz`));
  const bytes = key === undefined ? undefined : store.objects.get(key);
  if (bytes === undefined) return [];
  return gunzipSync(bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, Json> => JSON.parse(line));
}

/** SHA-256, lower-case hex. */
export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
