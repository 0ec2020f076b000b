import type { ColumnType } from '../model/mapping.ts';

/*
 * Every piece of SQL that holds something from outside is written here. Names and texts are quoted; a part's own names never
 * become identifiers: its columns are c0, c1, … by position.
 */

/** An identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal of any content: NUL, which would end the statement, is spelled out. */
export function quoteText(text: string): string {
  return `(${text
    .split('\0')
    .map((piece) => `'${piece.replaceAll("'", "''")}'`)
    .join(' || chr(0) || ')})`;
}

/** A list, separated by commas. */
export function list(expressions: readonly string[]): string {
  return expressions.join(', ');
}

/** Name of a part's column by its position. */
export function partColumn(position: number): string {
  return `c${position}`;
}

/** The value with every spelling of null made null. */
export function withoutNulls(value: string, spellings: readonly string[]): string {
  return spellings.reduce((expression, spelling) => `nullif(${expression}, ${quoteText(spelling)})`, value);
}

/** The DuckDB type of a column. A draft holds durations in their source's unit, in this same type. */
export const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  timestamp: 'TIMESTAMP',
  duration: 'DECIMAL(18, 6)',
  integer: 'BIGINT',
  decimal: 'DECIMAL(38, 9)',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
};

/** What CXone writes. Nothing else that matches is a time: the cast refuses it. */
const USUAL_TIMESTAMP = '2___-__-__T__:__:__.___Z';
const TIMESTAMP = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6}0*)?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)`;
const INTEGER = String.raw`[+-]?\d+(\.0*)?`;
const DECIMAL = String.raw`[+-]?(\d+(\.\d{0,9}0*)?|\.\d{1,9}0*|\d+(\.\d{1,9})?[eE]\+?\d{1,2})`;
const FRACTION = String.raw`[+-]?(\d+(\.\d*)?|\.\d+)`;
/** Seventeen digits say all that is in 64 bits: more would be lost. With sign and point. */
const DOUBLE_CHARACTERS = 19;
const NUMBER = String.raw`[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?`;
/**
 * The value as its type, or null where it does not fit. Timestamps need a zone and become UTC. Integers and
 * decimals must fit to the digit; durations are rounded to the microsecond. DuckDB's own casts are laxer
 * (they round, trim, and ignore offsets), so each is behind a check of the form. A time without seconds is
 * one that DuckDB does not read.
 */
export function typed(type: ColumnType, value: string): string {
  const matching = (pattern: string, expression: string) =>
    `CASE WHEN regexp_full_match(${value}, '${pattern}') THEN ${expression} END`;
  const withSeconds = `regexp_replace(${value}, '^(.{16})([Z+-])', '\\1:00\\2')`;
  const cast = `TRY_CAST(${value} AS ${SQL_TYPES[type]})`;
  switch (type) {
    case 'text':
      return value;
    case 'timestamp':
      return `CASE WHEN ${value} LIKE '${USUAL_TIMESTAMP}' AND NOT contains(${value}, ' ') THEN ${cast}
        ELSE ${matching(TIMESTAMP, `make_timestamp(epoch_us(TRY_CAST(${withSeconds} AS TIMESTAMPTZ)))`)} END`;
    case 'integer':
      return matching(INTEGER, cast);
    case 'decimal':
      return matching(DECIMAL, cast);
    case 'duration':
      return matching(NUMBER, cast);
    case 'double':
      return `CASE WHEN length(${value}) <= ${DOUBLE_CHARACTERS} THEN ${matching(FRACTION, cast)} END`;
    case 'boolean':
      return `CASE WHEN lower(${value}) IN ('true', 'yes', '1') THEN true
        WHEN lower(${value}) IN ('false', 'no', '0') THEN false END`;
  }
}

/** A JSON object text with the values that are there, by name in the given order; null where none is. */
export function jsonObject(members: readonly { name: string; value: string }[]): string {
  if (members.length === 0) return 'CAST(NULL AS VARCHAR)';
  const written = members.map(
    ({ name, value }) =>
      `CASE WHEN ${value} IS NOT NULL THEN ${quoteText(`${JSON.stringify(name)}:`)} || CAST(to_json(${value}) AS VARCHAR) END`,
  );
  return `'{' || nullif(concat_ws(',', ${list(written)}), '') || '}'`;
}

/** A timestamp as ISO 8601 in UTC: with milliseconds, and with microseconds only where it has them. */
export function isoText(timestamp: string): string {
  return `CASE WHEN epoch_us(${timestamp}) % 1000 = 0 THEN strftime(${timestamp}, '%Y-%m-%dT%H:%M:%S.%gZ')
    ELSE strftime(${timestamp}, '%Y-%m-%dT%H:%M:%S.%fZ') END`;
}

/**
 * What DuckDB takes for null: nothing that occurs. An empty field stays an empty text, so that null is left
 * for fields that are absent.
 */
const NO_NULL = '\u0001 no null \u0001';

/**
 * All columns of a CSV part, as text, and one column more. A record with too few fields has null in its last
 * column, one with a field too many has a text in the column beyond: DuckDB by itself passes a field too many
 * if it is empty, which is what an unquoted comma makes of a record that ends in an empty field. Records of
 * bad quoting or encoding, or wider still, are left out.
 */
export function readCsv(file: string, columns: number): string {
  const named = Array.from({ length: columns + 1 }, (_, position) => `'${partColumn(position)}': 'VARCHAR'`);
  return `read_csv(${quoteText(file)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
    columns = {${list(named)}}, strict_mode = true, ignore_errors = true, parallel = false,
    null_padding = true, nullstr = ${quoteText(NO_NULL)}, allow_quoted_nulls = false)`;
}

/** Whether a row that `readCsv` gave has fewer or more fields than columns. */
export function hasWrongWidth(columns: number): string {
  return `(${partColumn(columns - 1)} IS NULL OR ${partColumn(columns)} IS NOT NULL)`;
}

/** All columns of a JSON part that was split into lines, as text. */
export function readLines(file: string, columns: number): string {
  const named = Array.from({ length: columns }, (_, position) => `'${partColumn(position)}': 'VARCHAR'`);
  return `read_json(${quoteText(file)}, format = 'newline_delimited', columns = {${list(["'line': 'BIGINT'", ...named])}})`;
}
