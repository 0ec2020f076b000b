import { lakeMapping } from '../model/mapping.ts';
import { textField } from './draft-text.ts';
import { ExtraFields } from './extra-fields.ts';
import { kindOfText } from './field-values.ts';
import { stringValue } from './json-text.ts';
import type { LineFile } from './line-file.ts';
import { isPrivate } from './privacy.ts';
import { type Place, QuickRows } from './quick-rows.ts';
import { countAt, RecordFindings } from './record-findings.ts';
import { type ReadRecord, type RecordFlaw, RecordReader } from './record-reader.ts';
import { type RecordRules, type RowColumn, readField, requireUtc, rowColumns } from './row-columns.ts';
import type { QuarantinedRow } from './row-walk.ts';
import { UnorderedDigest } from './unordered-digest.ts';

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
  readonly #extra: ExtraFields;
  readonly #quick: QuickRows;
  /** The fields of the row that is being made. */
  readonly #fields: string[] = [];
  readonly #withholds: boolean;

  constructor(rules: RecordRules) {
    const { mapping } = rules;
    this.findings = new RecordFindings(lakeMapping(mapping));
    this.#reader = new RecordReader(mapping);
    this.#columns = rowColumns(rules);
    this.#extra = new ExtraFields(mapping, this.findings);
    this.#quick = new QuickRows(this.#columns, this.findings, this.#extra);
    this.#withholds = isPrivate(mapping);
  }

  /**
   * Writes the row of the record in a line's bytes, which are UTF-8, or gives what is to be quarantined of it. Throws `TimestampNotUtc`.
   * @param to where the line ends, its line feed or the end of all bytes
   */
  write(
    bytes: Buffer,
    { from, to }: { from: number; to: number },
    place: Place,
    rows: LineFile,
  ): QuarantinedRow | undefined {
    const shape = this.#reader.match(bytes, from, to);
    if (shape !== undefined && this.#quick.write(shape, bytes, to - from, place)) {
      rows.addBytes(this.#quick.row, this.#quick.length);
      return undefined;
    }
    const row = this.take(bytes.toString('utf8', from, to), place);
    if (typeof row !== 'string') return row;
    rows.add(row);
    return undefined;
  }

  /** The record's row as a line of a draft's text, or what is to be quarantined of it. Throws `TimestampNotUtc`. */
  take(line: string, place: Place): string | QuarantinedRow {
    this.findings.records++;
    const record = this.#reader.walk(line);
    if (typeof record === 'string') return this.#flawed(line, record, place);
    this.#columns.forEach((column, position) => {
      const text = record.texts[position];
      if (column.isWindow && text !== undefined) requireUtc(column, text);
    });
    const row = this.#row(record);
    if (typeof row !== 'string') return this.#rejected(line, { ...row, record }, place);
    return `${place.part},${place.line},${row}\n`;
  }

  #row({ texts, unknown }: ReadRecord): string | { reason: string; column: string } {
    const { findings } = this;
    let complete = true;
    let problem: { reason: string; column: string } | undefined;
    this.#columns.forEach((column, position) => {
      const text = texts[position];
      const { field, isOtherKind } = text === undefined ? ABSENT : readField(column, text);
      if (text === undefined) countAt(findings.absent, position);
      else if (field === null) countAt(findings.nulls, position);
      if (isOtherKind) countAt(findings.otherKind, position);
      if (text === undefined && column.isRequired) complete = false;
      if (field === undefined) problem ??= { reason: 'TypeMismatch', column: column.source };
      else if (field === null && column.isKey)
        problem ??= { reason: 'RequiredValueMissing', column: column.source };
      this.#fields[position] = field ?? '';
    });
    if (complete) findings.complete++;
    const extra = unknown.size === 0 ? '' : this.#extra.text(unknown);
    this.#fields[this.#columns.length] = extra === '' ? '' : textField(extra);
    return problem ?? this.#fields.join(',');
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
    const unknown = this.#extra.isIgnored ? [] : [...record.unknown];
    return { ...place, reason, column, row: Object.fromEntries([...known, ...unknown]) };
  }
}

/** What becomes of a value that is not there. */
const ABSENT = { field: null, isOtherKind: false } as const;
