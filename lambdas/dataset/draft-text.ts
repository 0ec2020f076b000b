import type { Mapping } from '../model/mapping.ts';
import type { LineFile } from './line-file.ts';
import { list, quoteName, quoteText, SQL_TYPES } from './sql.ts';

/*
 * How rows of records are handed to DuckDB: CSV of our own making, which its reader cannot misread. Texts are always quoted,
 * null is an empty field without quotes, and what its reader is known to stumble over (line ends and NUL in a text) is spelled
 * out by an escape character.
 */

const ESCAPE = '\u001b';
const SPELLED: Readonly<Record<string, string>> = { [ESCAPE]: 'e', '\0': '0', '\r': 'r', '\n': 'n' };
const SPECIAL = new RegExp(`[${Object.keys(SPELLED).join('')}"]`);
const EACH_SPECIAL = new RegExp(SPECIAL, 'g');

/** A text as a field. */
export function textField(text: string): string {
  if (!SPECIAL.test(text)) return `"${text}"`;
  const spelled = text.replaceAll(EACH_SPECIAL, (found) =>
    found === '"' ? '""' : `${ESCAPE}${SPELLED[found] ?? ''}`,
  );
  return `"${spelled}"`;
}

/** The SQL for what `textField` was given. The escape character itself is put back last. */
function unspelled(name: string): string {
  const escaping = `chr(${ESCAPE.charCodeAt(0)})`;
  const put = (expression: string, letter: string, character: string) =>
    `replace(${expression}, ${escaping} || '${letter}', chr(${character.charCodeAt(0)}))`;
  const lines = ['\n', '\r', '\0'].reduce(
    (expression, character) => put(expression, SPELLED[character] ?? '', character),
    name,
  );
  return `CASE WHEN contains(${name}, ${escaping}) THEN ${put(lines, SPELLED[ESCAPE] ?? '', ESCAPE)} ELSE ${name} END`;
}

/** Bytes that DuckDB's reader is given beyond those of the file, which it then has before it as a whole. */
const SPARE_BYTES = 65_536;

/**
 * The rows of a file with the columns `_part` and `_line`, the mapping's, and `extra_columns`, each of its type; and `_source`, a hash of all
 * values, and `_problem`, which is null, as a draft has them. `_content` is another hash of all values: the two together tell contents apart.
 */
export function selectDraft(
  { path, bytes, longest }: Pick<LineFile, 'path' | 'bytes' | 'longest'>,
  mapping: Mapping,
): string {
  const types = mapping.columns.map(({ type }, position) => `'c${position}': '${SQL_TYPES[type]}'`);
  const values = mapping.columns.map(({ type }, position) =>
    type === 'text' ? unspelled(`c${position}`) : `c${position}`,
  );
  const named = mapping.columns.map(({ column }, position) => `${values[position]} AS ${quoteName(column)}`);
  const source = mapping.columns.map((_, position) => `c${position}`);
  return `SELECT ${list(named)}, ${unspelled('extra')} AS extra_columns, hash(${list([...source, 'extra'])}) AS _source,
      hash(${list(['extra', ...source.toReversed()])}) AS _content,
      CAST(NULL AS SMALLINT) AS _problem, _part, _line
    FROM read_csv(${quoteText(path)}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', new_line = '\\n',
      columns = {'_part': 'INTEGER', '_line': 'BIGINT', ${list(types)}, 'extra': 'VARCHAR'}, strict_mode = true, parallel = false,
      nullstr = '', allow_quoted_nulls = false, max_line_size = ${longest + SPARE_BYTES}, buffer_size = ${bytes + 2 * SPARE_BYTES})`;
}
