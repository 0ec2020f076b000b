import type { Mapping } from '../model/mapping.ts';
import { lakeMapping } from '../model/mapping.ts';
import { textField } from './draft-text.ts';
import { type FieldReader, fieldReader, type JsonKind, kindOfText, USUAL_KIND } from './field-values.ts';
import { stringValue } from './json-text.ts';
import { isPrivate, type PrivacyKey, type Protection, protectionOf } from './privacy.ts';
import { type QuickField, quickField } from './quick-fields.ts';
import { countAt, RecordFindings } from './record-findings.ts';
import { isNullText, type ReadRecord, type RecordFlaw, RecordReader } from './record-reader.ts';
import type { QuarantinedRow } from './row-walk.ts';
import { UnorderedDigest } from './unordered-digest.ts';
import { isUtcTimestamp } from './utc-timestamps.ts';

/** What tells how records become rows. */
export interface RecordRules {
  mapping: Mapping;
  /** Lake columns that every row needs, beside the window column. */
  key: readonly string[];
  privacyKey?: PrivacyKey | undefined;
}

/** Where a record stands. */
interface Place {
  part: number;
  /** From 1. */
  line: number;
}

interface RowColumn {
  source: string;
  isText: boolean;
  isKey: boolean;
  isRequired: boolean;
  usualKind: JsonKind | undefined;
  read: FieldReader;
  quick: QuickField;
  protect: Protection;
}

/**
 * Turns records into rows of a draft's text, or into rejects, and keeps account: what is new, missing, null or of another kind than
 * usual, and a digest of the rejects that does not depend on their order. Privacy is applied here: neither rows nor
 * rejects hold what may not be written.
 */
export class RecordRows {
  readonly findings: RecordFindings;
  /** Of the records that became no row. */
  readonly rejected = new UnorderedDigest();
  readonly #columns: readonly RowColumn[];
  readonly #reader: RecordReader;
  /** The fields of the row that is being made. */
  readonly #fields: string[] = [];
  readonly #window: number;
  readonly #nulls: ReadonlySet<string>;
  readonly #ignoresNew: boolean;
  readonly #withholds: boolean;

  constructor({ mapping, key, privacyKey }: RecordRules) {
    const lake = lakeMapping(mapping);
    this.findings = new RecordFindings(lake);
    this.#reader = new RecordReader(mapping);
    this.#window = lake.columns.findIndex(({ column }) => column === mapping.windowColumn);
    this.#nulls = new Set(mapping.nulls);
    this.#ignoresNew = mapping.newFields === 'ignore';
    this.#withholds = isPrivate(mapping);
    this.#columns = lake.columns.map((column) => ({
      source: column.source,
      isText: column.type === 'text',
      isKey: key.includes(column.column) || column.column === mapping.windowColumn,
      isRequired: column.required,
      usualKind: USUAL_KIND[column.type],
      read: fieldReader(column, mapping),
      quick: quickField(column, mapping),
      protect: protectionOf(column.privacy, privacyKey),
    }));
  }

  /** The record's row as a line of a draft's text, or what is to be quarantined of it. Throws `TimestampNotUtc`. */
  take(line: string, place: Place): string | QuarantinedRow {
    this.findings.records++;
    const record = this.#reader.read(line);
    if (typeof record === 'string') return this.#flawed(line, record, place);
    this.#requireUtc(record.texts[this.#window]);
    const row = this.#row(record);
    if (typeof row !== 'string') return this.#rejected(line, { ...row, record }, place);
    return `${place.part},${place.line},${row}\n`;
  }

  #row({ texts, unknown }: ReadRecord): string | { reason: string; column: string } {
    const { findings } = this;
    const fields = this.#fields;
    let complete = true;
    let problem: { reason: string; column: string } | undefined;
    for (let position = 0; position < this.#columns.length; position++) {
      const column = this.#columns[position];
      if (column === undefined) break;
      const text = texts[position];
      if (text === undefined) {
        countAt(findings.absent, position);
        fields[position] = '';
        if (column.isRequired) complete = false;
        if (column.isKey) problem ??= { reason: 'RequiredValueMissing', column: column.source };
      } else {
        const field = column.quick(text) ?? this.#field(column, position, text);
        fields[position] = field ?? '';
        if (field === undefined) problem ??= { reason: 'TypeMismatch', column: column.source };
        else if (field === '' && column.isKey)
          problem ??= { reason: 'RequiredValueMissing', column: column.source };
      }
    }
    if (complete) findings.complete++;
    const extra = unknown.size === 0 ? '' : this.#extra(unknown);
    fields[this.#columns.length] = extra === '' ? '' : textField(extra);
    return problem ?? fields.join(',');
  }

  /** A value as a field of the row: empty for null, undefined where it does not fit. */
  #field(column: RowColumn, position: number, text: string): string | undefined {
    const value = column.read(text);
    if (value === null) {
      countAt(this.findings.nulls, position);
      return '';
    }
    if (column.usualKind !== undefined && kindOfText(text) !== column.usualKind)
      countAt(this.findings.otherKind, position);
    if (value === undefined) return undefined;
    return column.isText ? textField(column.protect(value)) : value;
  }

  /** Unknown fields with a value as a JSON object, by path, their values as they were received. */
  #extra(unknown: ReadonlyMap<string, string>): string {
    for (const path of unknown.keys()) this.findings.countUnknown(path);
    if (this.#ignoresNew) return '';
    const members = [...unknown]
      .filter(([, text]) => !isNullText(text, this.#nulls))
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([path, text]) => `${JSON.stringify(path)}:${text}`);
    return members.length === 0 ? '' : `{${members.join(',')}}`;
  }

  #requireUtc(text: string | undefined): void {
    const column = this.#columns[this.#window];
    // What is seen to be a timestamp at a glance is one in UTC.
    if (text === undefined || column?.quick(text) !== undefined || kindOfText(text) !== 'string') return;
    isUtcTimestamp(stringValue(text, 0, text.length), column?.source ?? '');
  }

  #flawed(line: string, reason: RecordFlaw, place: Place): QuarantinedRow {
    this.rejected.add(line);
    const withheld = this.#withholds || reason === 'RecordTooLong';
    return { ...place, reason, ...(withheld ? {} : { text: line }) };
  }

  #rejected(
    line: string,
    { reason, column, record }: { reason: string; column: string; record: ReadRecord },
    place: Place,
  ): QuarantinedRow {
    this.rejected.add(line);
    const known = this.#columns.flatMap(({ source, protect }, position): [string, string][] => {
      const text = record.texts[position];
      if (text === undefined || text === 'null') return [];
      return [[source, protect(kindOfText(text) === 'string' ? stringValue(text, 0, text.length) : text)]];
    });
    const unknown = this.#ignoresNew ? [] : [...record.unknown];
    return { ...place, reason, column, row: Object.fromEntries([...known, ...unknown]) };
  }
}
