import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../lambdas/dataset/database.ts';
import type { RecordDraft } from '../../lambdas/dataset/draft-writer.ts';
import { findDuplicates } from '../../lambdas/dataset/duplicates.ts';
import { writeSortedRows } from '../../lambdas/dataset/sorted-slices.ts';
import { GenerationId } from '../../lambdas/model/ids.ts';
import { type DurationUnit, Mapping } from '../../lambdas/model/mapping.ts';
import { DAY, sha256 } from './window-transform.ts';

/** Bytes of a row's text, as drafts of these rows say. */
export const ROW_BYTES = 100;

const MAPPING = Mapping.parse({
  name: 'sorted',
  version: 1,
  windowColumn: 'at',
  durationColumn: 'talk',
  endColumn: 'ended',
  columns: [
    { source: 'at', column: 'at', type: 'timestamp' },
    { source: 'ended', column: 'ended', type: 'timestamp' },
    { source: 'weight', column: 'weight', type: 'double' },
    { source: 'id', column: 'id', type: 'text' },
    { source: 'talk', column: 'talk', type: 'duration', unit: 'seconds' },
    { source: 'note', column: 'note', type: 'text' },
  ],
});
const ORDER = ['at', 'weight', 'id'];

/** Rows by number, the same ones whatever drafts they are in. */
export interface RowKind {
  rows: number;
  /** SQL for the microseconds of row `i`'s instant since the day began. */
  instant: string;
  /** Of how many rows one is there twice, is a reject, has null for an instant; 0 for none. */
  twice: number;
  reject: number;
  nullInstant: number;
}

/** How rows are spread over drafts. */
export interface Layout {
  drafts: number;
  /** SQL for the draft of row `i`, from 0; beyond the last it begins anew. */
  draft: string;
  /** SQL that orders the rows of a draft. */
  order: string;
  /** Drafts whose durations came in milliseconds: each so many-th, 0 for none. */
  milliseconds: number;
}

/** What became of the rows: a digest of the Parquet file, the rows of its row groups, and how many slices were sorted for it. */
export interface Sorted {
  digest: string;
  rowGroups: number[];
  slices: number;
  rows: number;
}

/** Sorts rows with slices of so many bytes. */
export async function sorted(kind: RowKind, layout: Layout, sliceBytes: number): Promise<Sorted> {
  const folder = await mkdtemp(join(tmpdir(), 'sorted-rows-'));
  const database = await openDatabase(folder, 1_024);
  try {
    const drafts = await writeDrafts(database, folder, kind, layout);
    await findDuplicates(database, drafts, ORDER);
    const units = new Map(drafts.map(({ part }, index) => [part.number, unitOf(index, layout)]));
    const slices = { written: 0 };
    const counting: Database = {
      ...database,
      run: async (sql, values) => {
        if (/TO \('[^']*slice-\d+\.parquet'\)/.test(sql)) slices.written++;
        await database.run(sql, values);
      },
    };
    const generation = GenerationId.parse('0123456789abcdef0123456789abcdef');
    const window = { day: DAY, generation, mapping: MAPPING, folder, order: ORDER };
    const { file, rows } = await writeSortedRows(counting, drafts, units, window, sliceBytes);
    const groups = await database.rows(
      `SELECT row_group_num_rows AS rows FROM parquet_metadata('${file}') WHERE column_id = 0 ORDER BY row_group_id`,
    );
    const rowGroups = groups.map((group) => Number(group.rows));
    return { digest: sha256(await readFile(file)), rowGroups, slices: slices.written, rows };
  } finally {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }
}

async function writeDrafts(
  database: Database,
  folder: string,
  { rows, instant, twice, reject, nullInstant }: RowKind,
  layout: Layout,
): Promise<RecordDraft[]> {
  const each = (share: number, seed: number) => (share === 0 ? 'false' : `hash(i, ${seed}) % ${share} = 0`);
  // What is there twice has no null in its key: rows with the same key are dropped before they are sorted.
  const isNull = `${each(nullInstant, 11)} AND NOT ${each(twice, 12)}`;
  const numbers = `SELECT i FROM range(${rows}) AS numbers(i) UNION ALL SELECT i FROM range(${rows}) AS again(i) WHERE ${each(twice, 12)}`;
  const drafts: RecordDraft[] = [];
  for (let index = 0; index < layout.drafts; index++) {
    const file = join(folder, `draft-${index + 1}.parquet`);
    const factor = unitOf(index, layout) === 'milliseconds' ? 1_000 : 1;
    await database.run(
      `COPY (SELECT CASE WHEN ${isNull} THEN NULL ELSE TIMESTAMP '2024-05-15' + to_microseconds(CAST(${instant} AS BIGINT)) END AS at,
         TIMESTAMP '2024-05-16' AS ended, CAST(hash(i, 2) % 5 AS DOUBLE) - 2.5 AS weight, 'row-' || hash(i, 3) AS id,
         CAST((hash(i, 4) % 900) * ${factor} AS DECIMAL(18, 6)) AS talk, CASE WHEN i % 3 > 0 THEN 'note ' || hash(i, 5) % 90 END AS note,
         CASE WHEN i % 7 = 0 THEN '{"new":' || i || '}' END AS extra_columns, hash(i) AS _source,
         CASE WHEN ${each(reject, 13)} THEN CAST(0 AS SMALLINT) END AS _problem
       FROM (${numbers}) WHERE (${layout.draft}) % ${layout.drafts} = ${index} ORDER BY ${layout.order}) TO '${file}' (FORMAT parquet)`,
    );
    const [count] = await database.rows(`SELECT count(*) AS rows FROM read_parquet('${file}')`);
    const inDraft = Number(count?.rows);
    drafts.push({
      part: { number: index + 1 },
      file,
      rows: inDraft,
      flawed: 0,
      textBytes: inDraft * ROW_BYTES,
    });
  }
  return drafts;
}

function unitOf(index: number, { milliseconds }: Layout): DurationUnit {
  return milliseconds > 0 && index % milliseconds === 0 ? 'milliseconds' : 'seconds';
}
