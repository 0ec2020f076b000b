import { createHash } from 'node:crypto';
import type { Database } from './database.ts';
import { positionIn, type TypedRows } from './drafts.ts';
import { quoteText } from './sql.ts';

/**
 * A digest of the rows that lost against another one with the same key, in an order of their own: records that came in
 * another order may have another winner. Rows equal to a winner make no difference, there being as many of them in any order.
 */
export async function droppedDigest(database: Database, drafts: readonly TypedRows[]): Promise<string> {
  const hash = createHash('sha256');
  const sources = drafts.map(
    (draft) => `SELECT _source, ${positionIn(draft)} AS _position
      FROM read_parquet(${quoteText(draft.file)}, file_row_number = true)`,
  );
  const superseded = `SELECT CAST(_source AS VARCHAR) AS source FROM (${sources.join(' UNION ALL ')})
    JOIN dropped ON _position = position AND fate = 'superseded' ORDER BY source`;
  if (drafts.length > 0)
    for await (const batch of database.stream(superseded))
      for (const { source } of batch) hash.update(`${String(source)}\n`);
  return hash.digest('hex');
}
