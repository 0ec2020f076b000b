import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { catalogued } from '../model/errors.ts';
import type { Mapping } from '../model/mapping.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { Database } from './database.ts';
import { positionIn, type TypedRows } from './drafts.ts';
import { gzipMembers } from './gzip.ts';
import { isoText, jsonObject, list, quoteName, quoteText } from './sql.ts';

const READ_BYTES = 256 * 1024;

/** Puts the file of rejects where it belongs. */
export async function quarantineFile(file: string, key: string, objects: ObjectStore): Promise<void> {
  const lines = createReadStream(file, { highWaterMark: READ_BYTES });
  await objects.writeStream(key, Readable.from(gzipMembers(lines)), 'application/gzip');
}

/**
 * Writes all superseded records, by part and line, as gzipped JSON lines, their values as text by the source's names: what the mapping
 * makes private is so here too. Throws `SumsDisagree` where they are not as many as expected.
 */
export async function quarantineSupersededRecords(
  database: Database,
  drafts: readonly TypedRows[],
  mapping: Mapping,
  target: { key: string; objects: ObjectStore; expected: number },
): Promise<void> {
  let written = 0;
  async function* lines() {
    for (const draft of drafts)
      for await (const batch of database.stream(supersededOf(draft, mapping))) {
        written += batch.length;
        yield Buffer.from(batch.map(({ line }) => `${String(line)}\n`).join(''));
      }
    if (written !== target.expected)
      throw catalogued('SumsDisagree', 'Superseded records were not all found in their drafts.', {
        expected: target.expected,
        written,
      });
  }
  await target.objects.writeStream(target.key, Readable.from(gzipMembers(lines())), 'application/gzip');
}

function supersededOf(draft: TypedRows, mapping: Mapping): string {
  const members = mapping.columns.map(({ source, column, type }) => {
    const name = quoteName(column);
    return { name: source, value: type === 'timestamp' ? isoText(name) : `CAST(${name} AS VARCHAR)` };
  });
  const row = jsonObject([...members, { name: 'extra_columns', value: 'extra_columns' }]);
  const where = `'{"part":' || _part || ',"line":' || _line || ',"reason":"Superseded","row":'`;
  return `SELECT ${list([`${where} || coalesce(${row}, '{}') || '}' AS line`])}
    FROM (SELECT *, ${positionIn(draft)} AS _position FROM read_parquet(${quoteText(draft.file)}, file_row_number = true))
    JOIN dropped ON _position = position AND fate = 'superseded' ORDER BY _position`;
}
