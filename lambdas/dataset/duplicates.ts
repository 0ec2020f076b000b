import type { Database } from './database.ts';
import { acceptedRows, positionsOf, type TypedRows } from './drafts.ts';
import { list, quoteName } from './sql.ts';

/**
 * What was found of rows with the same key. The rows themselves are in the table `dropped` (position, fate).
 */
export interface DuplicateCounts {
  duplicates: number;
  superseded: number;
}

/**
 * Fills the table `dropped` with the rows that must not reach the lake: of rows with the same key the last by
 * part and line wins; others equal to a later one in every source value are duplicates, the rest superseded.
 * Keys that occur twice are found first, by hash and hence in little memory; only their rows are compared.
 */
export async function findDuplicates(
  database: Database,
  drafts: readonly TypedRows[],
  key: readonly string[],
): Promise<DuplicateCounts> {
  const columns = key.map(quoteName);
  const keys = list(columns);
  const accepted = acceptedRows(drafts, [...columns, '_source']);
  await database.run('CREATE TEMP TABLE dropped (position BIGINT, fate VARCHAR)');
  if (drafts.length === 0) return { duplicates: 0, superseded: 0 };
  await database.run(
    `CREATE TEMP TABLE repeated AS SELECT hash(${keys}) AS digest FROM (${accepted})
     GROUP BY ALL HAVING count(*) > 1`,
  );
  await database.run(
    `CREATE TEMP TABLE suspects AS SELECT * FROM (${accepted})
     WHERE hash(${keys}) IN (SELECT digest FROM repeated)`,
  );
  await database.run(
    `INSERT INTO dropped
     WITH versions AS (SELECT ${keys}, _source, max(_position) AS latest FROM suspects GROUP BY ALL),
       winners AS (SELECT ${keys}, max(latest) AS winner FROM versions GROUP BY ALL)
     SELECT _position, CASE WHEN _position = latest THEN 'superseded' ELSE 'duplicate' END
     FROM suspects JOIN versions USING (${keys}, _source) JOIN winners USING (${keys})
     WHERE _position <> winner`,
  );
  await database.run('DROP TABLE suspects');
  await database.run('DROP TABLE repeated');
  const [counts] = await database.rows(
    `SELECT count_if(fate = 'duplicate') AS duplicates, count_if(fate = 'superseded') AS superseded FROM dropped`,
  );
  return { duplicates: Number(counts?.duplicates), superseded: Number(counts?.superseded) };
}

/** The condition on `_position` that leaves out dropped rows. */
export const NOT_DROPPED = '_position NOT IN (SELECT position FROM dropped)';

/** The same for the rows of one part. */
export function notDropped(part: number): string {
  const { from, to } = positionsOf(part);
  return `_position NOT IN (SELECT position FROM dropped WHERE position >= ${from} AND position < ${to})`;
}
