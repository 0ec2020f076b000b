import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { z } from 'zod';
import { quoteText } from '../../lambdas/dataset/sql.ts';
import type { StoredNight } from './night.ts';
import { storesOf } from './night-findings.ts';
import { ledgerItems, storedObjects } from './night-snapshot.ts';

/** Texts by where they were found. */
export type Traces = ReadonlyMap<string, string>;

/**
 * Everything that a night has left behind anywhere but under `raw/`, as text: all objects, decompressed and with the rows of Parquet files;
 * the ledger's items, the catalog's tables and partitions, the history of executions, and what functions logged, metrics among it.
 */
export async function tracesOf(night: StoredNight): Promise<Traces> {
  const traces = new Map<string, string>();
  for (const key of Object.keys(await storedObjects(night)))
    if (!key.startsWith('raw/')) traces.set(key, await textOf(night, key));
  for (const item of await ledgerItems(night)) traces.set(`ledger ${item.pk} ${item.sk}`, jsonOf(item));
  const folders = { history: 'engine', logs: 'logs', catalog: join('aws', 'glue') };
  for (const [name, folder] of Object.entries(folders))
    for (const [file, text] of filesUnder(join(night.folder, folder))) traces.set(`${name} ${file}`, text);
  return traces;
}

/** Objects under `raw/` of a dataset, as text. */
export async function rawTexts(night: StoredNight, dataset: string): Promise<string[]> {
  const keys = Object.keys(await storedObjects(night)).filter((key) => /^raw\//.test(key));
  const ofDataset = keys.filter((key) => key.split('/')[2] === dataset);
  return Promise.all(ofDataset.map((key) => textOf(night, key)));
}

/** Where a value is found, in whatever notation it may stand: as it is, in JSON, in JSON within JSON, in HTML. */
export function findingsOf(value: string, traces: Traces): string[] {
  const inJson = JSON.stringify(value).slice(1, -1);
  const notations = new Set([
    value,
    inJson,
    JSON.stringify(inJson).slice(1, -1),
    value.replaceAll('"', '""'),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
    value.replaceAll('&', '&amp;').replaceAll("'", '&#39;').replaceAll('"', '&#34;'),
  ]);
  return [...traces].flatMap(([place, text]) =>
    [...notations].some((notation) => text.includes(notation)) ? [place] : [],
  );
}

/** The distinct values of columns of CSV texts, by column. */
export async function csvValues(
  night: StoredNight,
  texts: readonly string[],
  columns: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const folder = scratch(night);
  const files = texts.map((text, index) => {
    const file = join(folder, `${index}.csv`);
    writeFileSync(file, text);
    return file;
  });
  const values = new Map(columns.map((column) => [column, new Set<string>()]));
  for (const file of files) {
    const source = `read_csv(${quoteText(file)}, header = true, all_varchar = true, null_padding = true, ignore_errors = true)`;
    for (const row of await rowsOf(`SELECT * FROM ${source}`))
      for (const [column, found] of values) {
        const value = row[column];
        if (typeof value === 'string' && value !== '') found.add(value);
      }
  }
  return values;
}

const Branch = z.record(z.string(), z.unknown());

/** The distinct values at paths of JSON Lines, by path; anything but text as JSON. */
export function jsonValues(
  texts: readonly string[],
  paths: readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map(paths.map((path) => [path, new Set<string>()]));
  for (const line of texts.flatMap((text) => text.split('\n').filter((found) => found !== '')))
    for (const [path, found] of values) {
      const value = path
        .split('.')
        .reduce<unknown>((at, key) => Branch.safeParse(at).data?.[key], JSON.parse(line));
      if (value !== undefined && value !== null)
        found.add(typeof value === 'string' ? value : JSON.stringify(value));
    }
  return values;
}

async function textOf(night: StoredNight, key: string): Promise<string> {
  const bytes = await buffer(await storesOf(night).objects.open(key));
  if (bytes.subarray(0, 4).toString('latin1') === 'PAR1')
    return `${bytes.toString('latin1')}\n${await parquetRows(night, bytes)}`;
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
}

async function parquetRows(night: StoredNight, bytes: Buffer): Promise<string> {
  const file = join(scratch(night), 'rows.parquet');
  writeFileSync(file, bytes);
  return JSON.stringify(await rowsOf(`SELECT * FROM read_parquet(${quoteText(file)})`));
}

async function rowsOf(sql: string): Promise<Record<string, Json>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function scratch(night: StoredNight): string {
  const parent = join(night.folder, 'read');
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, 'traces-'));
}

/** Every file under a folder, as text, by its path. */
export function filesUnder(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => [file.slice(folder.length + 1), readFileSync(file, 'utf8')]);
}

/** A value of the ledger as text: sets as lists, bytes as characters. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Set) return [...part];
    return part instanceof Uint8Array ? Buffer.from(part).toString('latin1') : part;
  });
}
