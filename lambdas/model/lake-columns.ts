import { type ColumnType, lakeMapping, type Mapping } from './mapping.ts';

/** A column as the Glue catalog knows it. */
export interface LakeColumn {
  name: string;
  /** The Glue (Hive) type. */
  type: string;
}

/**
 * The type of a column in Parquet, CSV and Athena. `timestamp` is UTC with microseconds. `duration` is
 * decimal seconds down to the microsecond: a source in decimal milliseconds loses nothing. `decimal` holds 29
 * digits before and 9 after the point; `double` is a binary floating-point number of 64 bits, as averages are written: a
 * number that has no such form to the digit is refused.
 */
export const GLUE_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'string',
  timestamp: 'timestamp',
  duration: 'decimal(18,6)',
  integer: 'bigint',
  decimal: 'decimal(38,9)',
  double: 'double',
  boolean: 'boolean',
};

/**
 * The columns that the load adds, after the mapping's: the window's day, the generation, and unknown columns
 * as a JSON object.
 */
const ADDED: readonly LakeColumn[] = [
  { name: 'load_window', type: 'date' },
  { name: 'load_generation', type: 'string' },
  { name: 'extra_columns', type: 'string' },
];

/** Every column of a dataset's files, in their order. The partition key `dt` is not in the files. */
export function lakeColumns(mapping: Mapping): LakeColumn[] {
  const mapped = lakeMapping(mapping).columns.map(({ column, type }) => ({
    name: column,
    type: GLUE_TYPES[type],
  }));
  return [...mapped, ...ADDED];
}
