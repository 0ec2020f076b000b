import { createHash } from 'node:crypto';
import type { Database } from './database.ts';
import { positionIn, type TypedRows } from './drafts.ts';
import { quoteText } from './sql.ts';
import type { UnorderedDigest } from './unordered-digest.ts';

/**
 * A digest of a window's records in which their order makes no difference: the sums of two hashes over all rows, 64 bits of each row and
 * each hash, and the rejects' digest. The same record twice counts twice.
 */
export async function contentDigest(
  database: Database,
  drafts: readonly TypedRows[],
  rejects: UnorderedDigest,
): Promise<string> {
  const hash = createHash('sha256');
  const rows = drafts.map(({ file }) => `SELECT _source, _content FROM read_parquet(${quoteText(file)})`);
  const [sums] =
    drafts.length === 0
      ? []
      : await database.rows(
          `SELECT count(*) AS rows, sum(_source) AS source, sum(_content) AS content FROM (${rows.join(' UNION ALL ')})`,
        );
  hash.update(JSON.stringify([sums?.rows ?? '0', sums?.source ?? '0', sums?.content ?? '0']));
  hash.update(rejects.value());
  return hash.digest('hex');
}

/**
 * A digest of the rows that lost against another one with the same key, in an order of their own: records that came in
 * another order may have another winner. Rows equal to a winner make no difference, there being as many of them in any order.
 */
export async function droppedDigest(database: Database, drafts: readonly TypedRows[]): Promise<string> {
  const hash = createHash('sha256');
  const sources = drafts.map(
    (draft) => `SELECT _source, _content, ${positionIn(draft)} AS _position
      FROM read_parquet(${quoteText(draft.file)}, file_row_number = true)`,
  );
  const superseded = `SELECT _source || ' ' || _content AS source FROM (${sources.join(' UNION ALL ')})
    JOIN dropped ON _position = position AND fate = 'superseded' ORDER BY source`;
  if (drafts.length > 0)
    for await (const batch of database.stream(superseded))
      for (const { source } of batch) hash.update(`${String(source)}\n`);
  return hash.digest('hex');
}
