import { type Day, endOf, startOf } from '../model/days.ts';
import type { Mapping } from '../model/mapping.ts';
import type { Database } from './database.ts';
import type { TypedRows } from './drafts.ts';
import { quoteName, quoteText } from './sql.ts';

/** Counts the rejects of all drafts, and the rows that start outside the day. */
export async function countRows(
  database: Database,
  drafts: readonly TypedRows[],
  mapping: Mapping,
  day: Day,
): Promise<{ rejects: number; outsideWindow: number }> {
  const counts = { rejects: 0, outsideWindow: 0 };
  const instant = `epoch_us(${quoteName(mapping.windowColumn)})`;
  for (const { file, flawed } of drafts) {
    const [row] = await database.rows(
      `SELECT count(_problem) AS rejects,
         count_if(_problem IS NULL AND (${instant} < ${startOf(day) * 1_000} OR ${instant} >= ${endOf(day) * 1_000})) AS outside
       FROM read_parquet(${quoteText(file)})`,
    );
    counts.rejects += Number(row?.rejects) + flawed;
    counts.outsideWindow += Number(row?.outside);
  }
  return counts;
}
