import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../lambdas/dataset/database.ts';
import { quoteName, quoteText } from '../../lambdas/dataset/sql.ts';
import { LOADS_TABLE, quarantineTable } from '../../lib/operations/glue-tables.ts';
import { datasetQueries, loadQueries, type SavedQuery } from '../../lib/operations/saved-queries.ts';
import { committedWindows } from '../../local/command/committed-windows.ts';
import { copyOut } from '../../local/command/copy-out.ts';
import { loadsOf, viewsOf } from '../../local/command/query.ts';
import { type Night, prepareNights } from '../support/night.ts';
import { truthOf } from '../support/night-expectations.ts';
import { keysUnder, storesOf } from '../support/night-findings.ts';

const nights = await prepareNights({ cdr: { thresholds: { rejects: 0.5 } } });
const folder = await mkdtemp(join(tmpdir(), 'cxone-export-queries-'));

afterAll(async () => {
  await nights.close();
  await rm(folder, { recursive: true, force: true });
});

/** The lake of a night in DuckDB: the tables under the names that they have in Glue. */
async function lakeOf(night: Night): Promise<Database> {
  const { objects } = storesOf(night);
  const windows = [];
  for await (const window of committedWindows(objects)) {
    await copyOut(objects, window, folder);
    windows.push(window);
  }
  for (const key of await keysUnder(night, 'quarantine/')) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), await buffer(await objects.open(key)));
  }
  const database = await openDatabase(folder, 512);
  for (const [name, select] of [
    ...viewsOf(windows, folder),
    [LOADS_TABLE, loadsOf(windows, folder)] as const,
  ])
    await database.run(`CREATE VIEW ${quoteName(name)} AS ${select}`);
  await database.run(
    `CREATE VIEW ${quarantineTable('cdr')} AS SELECT part, line, reason, "column" AS source_column, filename AS "$path"
     FROM read_json(${quoteText(`${folder}/quarantine/acme/cdr/**/*.jsonl.gz`)}, format = 'newline_delimited', filename = true,
       columns = {part: 'BIGINT', line: 'BIGINT', reason: 'VARCHAR', "column": 'VARCHAR'})`,
  );
  return database;
}

function queryOf(name: string, queries: readonly SavedQuery[]): string {
  const found = queries.find((query) => query.name === name);
  if (found === undefined)
    throw new Error(`There is no query ${name}; there are ${queries.map((one) => one.name)}`);
  return found.sql;
}

describe('OPS-05 the saved queries, over a night as it was committed', async () => {
  const night = await nights.open({ scenarios: ['rejects:7', 'duplicates:3', 'superseded:2'] });
  await night.run();
  const truth = await truthOf(night, night.day());
  const database = await lakeOf(night);
  const mapping = night.configuration.tenants[0]?.cdr.mapping;
  const queries = [...loadQueries(), ...(mapping === undefined ? [] : datasetQueries('cdr', mapping))];
  const rowsOf = (name: string) => database.rows(queryOf(name, queries));
  const sum = (rows: readonly Record<string, unknown>[], column: string) =>
    rows.reduce((total, row) => total + Number(row[column]), 0);

  afterAll(() => database[Symbol.asyncDispose]());

  it('are offered for every column set that the mapping has', () => {
    const names = queries.map(({ name }) => name);

    expect(names).toEqual([
      'completeness by day',
      'cdr: calls by queue and hour',
      'cdr: abandon rate by day',
      'cdr: handle time by queue',
      'cdr: rejects by reason',
    ]);
  });

  it('say of each day how complete it is', async () => {
    const [row, ...more] = await rowsOf('completeness by day');

    const { parsed = 0, rowsOut, duplicates, superseded, rejects = 0 } = truth.counts;
    expect(more).toEqual([]);
    expect(row).toMatchObject({ dataset: 'cdr', day: truth.day });
    expect(
      [row?.rows_of_cxone, row?.rows_in_the_lake, row?.duplicates, row?.superseded, row?.rejects].map(Number),
    ).toEqual([parsed, rowsOut, duplicates, superseded, rejects]);
    expect(Number(row?.percent_complete)).toBeCloseTo((100 * (parsed - rejects)) / parsed, 2);
  });

  it('count every call once by queue and hour, and by queue', async () => {
    const byHour = await rowsOf('cdr: calls by queue and hour');
    const byQueue = await rowsOf('cdr: handle time by queue');

    expect(sum(byHour, 'calls')).toBe(truth.counts.rowsOut);
    expect(sum(byQueue, 'calls')).toBe(truth.counts.rowsOut);
  });

  it('give the share of inbound calls that were abandoned', async () => {
    const [row] = await rowsOf('cdr: abandon rate by day');
    const [counted] = await database.rows(
      "SELECT count(*) AS inbound, count_if(disposition = 'Abandoned') AS abandoned FROM cdr WHERE call_direction = 'Inbound'",
    );

    expect(Number(row?.inbound_calls)).toBe(Number(counted?.inbound));
    expect(Number(row?.abandoned)).toBe(Number(counted?.abandoned));
    expect(Number(row?.abandoned)).toBeGreaterThan(0);
  });

  it('list the rejects of the current generation by reason, and no superseded row', async () => {
    const rows = await rowsOf('cdr: rejects by reason');

    expect(sum(rows, 'records')).toBe(truth.counts.rejects);
    expect(rows.map(({ reason }) => reason)).not.toContain('Superseded');
  });

  it('read no table but those of the catalog', () => {
    const tables = queries.flatMap(({ sql }) =>
      [...sql.matchAll(/(?:FROM|JOIN) (\w+)/g)].map(([, name]) => name),
    );

    expect(new Set(tables)).toEqual(new Set([LOADS_TABLE, 'cdr', quarantineTable('cdr')]));
  });
});
