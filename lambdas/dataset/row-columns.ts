import { lakeMapping, type Mapping } from '../model/mapping.ts';
import { textField } from './draft-text.ts';
import { type FieldReader, fieldReader, type JsonKind, kindOfText, USUAL_KIND } from './field-values.ts';
import { stringValue } from './json-text.ts';
import { type PrivacyKey, type Protection, protectionOf } from './privacy.ts';
import { isUtcTimestamp } from './utc-timestamps.ts';

/** What tells how records become rows. */
export interface RecordRules {
  mapping: Mapping;
  /** Lake columns that every row needs, beside the window column. */
  key: readonly string[];
  privacyKey?: PrivacyKey | undefined;
}

/** How values become fields of a column. */
export interface RowColumn {
  source: string;
  type: Mapping['columns'][number]['type'];
  nulls: readonly string[];
  isText: boolean;
  /** Whether texts are written as they are. */
  isPlain: boolean;
  isKey: boolean;
  isWindow: boolean;
  isRequired: boolean;
  usualKind: JsonKind | undefined;
  read: FieldReader;
  protect: Protection;
}

/** The lake's columns in their order. */
export function rowColumns({ mapping, key, privacyKey }: RecordRules): RowColumn[] {
  return lakeMapping(mapping).columns.map((column) => ({
    source: column.source,
    type: column.type,
    nulls: column.nulls ?? mapping.nulls,
    isText: column.type === 'text',
    isPlain: column.privacy === undefined || column.privacy === 'keep',
    isKey: key.includes(column.column) || column.column === mapping.windowColumn,
    isWindow: column.column === mapping.windowColumn,
    isRequired: column.required,
    usualKind: USUAL_KIND[column.type],
    read: fieldReader(column, mapping),
    protect: protectionOf(column.privacy, privacyKey),
  }));
}

/** What became of a value: its field, null for a spelling of null, undefined where it does not fit. */
export interface ReadField {
  field: string | null | undefined;
  /** Whether it came as another kind of JSON than is usual. */
  isOtherKind: boolean;
}

/** Reads the text of a JSON value. */
export function readField(column: RowColumn, text: string): ReadField {
  const value = column.read(text);
  if (value === null) return { field: null, isOtherKind: false };
  const isOtherKind = column.usualKind !== undefined && kindOfText(text) !== column.usualKind;
  if (value === undefined) return { field: undefined, isOtherKind };
  return { field: column.isText ? textField(column.protect(value)) : value, isOtherKind };
}

/** Throws `TimestampNotUtc` where the text of a JSON value is a timestamp in another zone, or in none. */
export function requireUtc({ source }: RowColumn, text: string): void {
  if (kindOfText(text) === 'string') isUtcTimestamp(stringValue(text, 0, text.length), source);
}
