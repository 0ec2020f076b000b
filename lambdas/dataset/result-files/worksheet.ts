import type { Readable } from 'node:stream';
import { catalogued } from '../../model/errors.ts';
import { plainDecimal } from '../decimal-text.ts';
import { type NumberFormats, serialInstant } from './number-formats.ts';
import { type SharedStrings, spelledOut, TextCollector } from './shared-strings.ts';
import { readXml, type XmlReader } from './xml-events.ts';

/** What cells are read with. */
export interface CellRules {
  strings: SharedStrings;
  formats: NumberFormats;
  calendar: 1900 | 1904;
}

/** Columns that a sheet can have. Source: Excel's specifications. */
const MOST_COLUMNS = 16_384;

/** Rows that a sheet can have. Source: Excel's specifications. */
export const MOST_ROWS = 1_048_576;

/** A row's cells by their columns, from 0; one that is not there is undefined. */
export type SheetRow = (string | undefined)[];

/** Rows of a sheet that follow each other. */
export interface SheetRows {
  rows: SheetRow[];
  /** The place of the last one of them in the sheet, from 1. */
  last: number;
}

/** The rows of a sheet that have a cell with something in it, in batches. Rows and cells that are left out are no rows, and undefined. */
export async function* rowsOf(source: Readable, rules: CellRules): AsyncGenerator<SheetRows> {
  const reader = new SheetReader(rules);
  for await (const _ of readXml(source, reader)) {
    const rows = reader.taken();
    if (rows.length > 0) yield { rows, last: reader.last };
  }
}

class SheetReader implements XmlReader {
  readonly #rules: CellRules;
  readonly #inline = new TextCollector('is');
  #rows: SheetRow[] = [];
  #row: SheetRow = [];
  #place = 0;
  #last = 0;
  #column = -1;
  #type = 'n';
  #style: string | undefined;
  #value = '';
  #inValue = false;

  constructor(rules: CellRules) {
    this.#rules = rules;
  }

  /** The place of the last row that has something in it, from 1; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  taken(): SheetRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  begin(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#inline.begin(name);
    if (name === 'row') {
      this.#row = [];
      this.#place = attributes.r === undefined ? this.#place + 1 : placeOf(attributes.r);
      this.#column = -1;
    } else if (name === 'c') {
      this.#column = attributes.r === undefined ? this.#column + 1 : columnOf(attributes.r);
      this.#type = attributes.t ?? 'n';
      this.#style = attributes.s;
      this.#value = '';
    } else if (name === 'v') this.#inValue = true;
  }

  text(text: string): void {
    this.#inline.text(text);
    if (this.#inValue) this.#value += text;
  }

  end(name: string): void {
    this.#inline.end(name);
    if (name === 'v') this.#inValue = false;
    if (name === 'c') {
      const text = this.#cell();
      if (text !== '') this.#row[this.#column] = text;
    }
    if (name !== 'row' || this.#row.length === 0) return;
    this.#rows.push(Array.from(this.#row));
    this.#last = this.#place;
  }

  #cell(): string {
    const [inline = ''] = this.#inline.taken();
    const value = this.#value;
    switch (this.#type) {
      case 's':
        return value === '' ? '' : this.#rules.strings.at(Number(value));
      case 'inlineStr':
        return inline;
      case 'b':
        return value === '1' || value === 'true' ? 'true' : value === '' ? '' : 'false';
      case 'n':
        return this.#number(value);
      case 'str':
        return spelledOut(value);
      default:
        // Errors (e) and dates in ISO 8601 (d) are texts.
        return value;
    }
  }

  #number(value: string): string {
    if (value === '') return '';
    const { formats, calendar } = this.#rules;
    if (formats.isDate(this.#style)) return serialInstant(Number(value), calendar) ?? value;
    return shortest(value);
  }
}

/** Spreadsheets write fractions with seventeen digits, and exponents: the number as it is written elsewhere. A whole number keeps its digits. */
function shortest(value: string): string {
  if (/^-?\d+$/.test(value)) return value;
  const plain = plainDecimal(value);
  if (plain === undefined || !plain.includes('.') || plain.replaceAll(/\D/g, '').length > 18)
    return plain ?? value;
  return plainDecimal(String(Number(plain))) ?? plain;
}

function placeOf(reference: string): number {
  const place = Number(reference);
  if (Number.isInteger(place) && place > 0) return place;
  throw catalogued('PartMalformed', 'A row of the workbook is at a place that no sheet has.');
}

function columnOf(reference: string): number {
  const letters = /^([A-Z]{1,3})\d+$/.exec(reference)?.[1] ?? '';
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  if (column === 0 || column > MOST_COLUMNS)
    throw catalogued('PartMalformed', 'A cell of the workbook is at a place that no sheet has.');
  return column - 1;
}
