import { type CataloguedError, catalogued } from '../../model/errors.ts';
import type { ColumnType, Mapping } from '../../model/mapping.ts';
import { keysOf } from '../../model/source-path.ts';
import { csvRecordEnd, type FileRecord, fieldsOf, flawOf, isBlank, recordsOf } from '../records.ts';
import { workbookRows } from './workbook.ts';

/**
 * The records of a result file on the local disk, as JSON texts in batches: what the same export gives as JSON pages. The header's names are
 * paths. An empty cell is null. A cell is a number, a boolean or a text as its column's type has it; without a column, as it looks. A CSV
 * row that is none (bad quoting, another width) is given as a JSON text, of which no row can be made: it becomes a reject that shows it.
 * Throws `PartMalformed` for a file that is not of its format, or whose header is none, and for a CSV file that ends within a row:
 * no size is announced that would tell that it was cut short.
 */
export async function* resultRecords(
  file: string,
  format: 'csv' | 'xlsx',
  mapping: Mapping,
): AsyncGenerator<string[]> {
  let writer: RecordWriter | undefined;
  for await (const { header, rows } of format === 'csv' ? csvRows(file, mapping) : workbookRows(file)) {
    if (header !== undefined) writer = new RecordWriter(header, mapping);
    if (writer === undefined) throw noHeader();
    const records: string[] = [];
    for (const row of rows) records.push(typeof row === 'string' ? JSON.stringify(row) : writer.record(row));
    if (records.length > 0) yield records;
  }
  if (writer === undefined && format === 'csv') throw noHeader();
}

function noHeader(): CataloguedError {
  return catalogued('PartMalformed', 'There is no header row.');
}

const LINE_FEED = 0x0a;

interface CsvRows {
  header?: string[];
  rows: (string[] | string)[];
}

/** Rows of a CSV file, the first ones with the header; a text is a row that cannot be told apart into fields. */
async function* csvRows(file: string, mapping: Mapping): AsyncGenerator<CsvRows> {
  let width: number | undefined;
  let last: FileRecord | undefined;
  let header: string[] = [];
  for await (const batch of recordsOf(file, csvRecordEnd)) {
    const rows: (string[] | string)[] = [];
    const begins = width === undefined;
    for (const record of batch) {
      const text = record.bytes.toString('utf8');
      if (width === undefined) {
        header = fieldsOf(text.replace(/^\uFEFF/, ''));
        width = header.length;
      } else if (width === 1 || !isBlank(record))
        rows.push(flawOf(record, width) === undefined ? fieldsOf(text) : text.replace(/\r?\n$/, ''));
      last = record;
    }
    if (width !== undefined) yield begins ? { header, rows } : { rows };
  }
  if (last !== undefined && endsWithin(last, header, mapping))
    throw catalogued('PartMalformed', 'The file ends within a row: it was cut short.');
}

/** Whether a file ends within its last row. A line end may be missing there, but nothing before it. */
function endsWithin({ bytes, ...rest }: FileRecord, header: readonly string[], mapping: Mapping): boolean {
  if (bytes.at(-1) === LINE_FEED) return false;
  if (flawOf({ bytes, ...rest }, header.length) !== undefined) return true;
  // Of the header itself, how many names there are to be says nothing: what the mapping requires does.
  const isHeader = fieldsOf(bytes.toString('utf8').replace(/^\uFEFF/, '')).every(
    (name, at) => name === header[at],
  );
  return (
    isHeader &&
    !mapping.columns.every(
      ({ required, source, aliases }) =>
        !required || [source, ...aliases].some((name) => header.includes(name)),
    )
  );
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Writes rows as nested records, by the paths that a header names. */
class RecordWriter {
  /** What stands before each cell's value, and where its cell is. */
  readonly #cells: { before: string; column: number; type: ColumnType | undefined }[] = [];
  #after = '';

  constructor(header: readonly (string | undefined)[], mapping: Mapping) {
    const tree: Branch = new Map();
    header.forEach((name, column) => {
      if (name !== undefined && name !== '') place(tree, keysOf(name), column);
    });
    if (tree.size === 0) throw catalogued('PartMalformed', 'The header names no column.');
    const types = new Map<string, ColumnType>(
      mapping.columns.flatMap(({ source, aliases, type }) =>
        [source, ...aliases].map((name): [string, ColumnType] => [name, type]),
      ),
    );
    this.#after = this.#template(tree, '{', (column) => types.get(header[column] ?? ''));
  }

  record(row: readonly (string | undefined)[]): string {
    let text = '';
    for (const { before, column, type } of this.#cells) text += before + valueText(row[column] ?? '', type);
    return text + this.#after;
  }

  /** Lays the cells of a branch out; gives what follows the last one. */
  #template(branch: Branch, begun: string, typeOf: (column: number) => ColumnType | undefined): string {
    let before = begun;
    for (const [key, below] of branch) {
      before += `${JSON.stringify(key)}:`;
      if (typeof below === 'number') {
        this.#cells.push({ before, column: below, type: typeOf(below) });
        before = ',';
      } else before = `${this.#template(below, `${before}{`, typeOf)},`;
    }
    return `${before.slice(0, -1)}}`;
  }
}

/** Keys of a record: to a column of the file, or further down. */
type Branch = Map<string, Branch | number>;

function place(branch: Branch, [key = '', ...rest]: readonly string[], column: number): void {
  const known = branch.get(key);
  if (rest.length === 0 ? known !== undefined : typeof known === 'number')
    throw catalogued('PartMalformed', 'The header names a column twice, or one within another.', { column });
  if (rest.length === 0) branch.set(key, column);
  else {
    const below: Branch = known instanceof Map ? known : new Map();
    branch.set(key, below);
    place(below, rest, column);
  }
}

function valueText(cell: string, type: ColumnType | undefined): string {
  if (cell === '') return 'null';
  switch (type) {
    case 'text':
    case 'timestamp':
      return JSON.stringify(cell);
    case 'boolean':
      return /^(?:true|false)$/i.test(cell) ? cell.toLowerCase() : JSON.stringify(cell);
    case 'integer':
    case 'decimal':
    case 'double':
    case 'duration':
      return JSON_NUMBER.test(cell) ? cell : JSON.stringify(cell);
    case undefined:
      return looksLikeJson(cell) ? cell : JSON.stringify(cell);
  }
}

function looksLikeJson(cell: string): boolean {
  if (JSON_NUMBER.test(cell) || cell === 'true' || cell === 'false') return true;
  if (!/^[[{]/.test(cell) || /[\r\n]/.test(cell)) return false;
  try {
    JSON.parse(cell);
    return true;
  } catch {
    return false;
  }
}
