import type { ColumnType, MappedColumn, Mapping } from '../model/mapping.ts';
import { plainDecimal } from './decimal-text.ts';
import { stringValue } from './json-text.ts';

/*
 * Values of records: from the text of a JSON value to the text of a typed one, without a number in between. The rules are those of
 * the typed reading of CSV parts (`sql.ts`), and exponents, which JSON writers use, are written out.
 */

/** What a JSON value is. */
export type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

/** The kind of the JSON value that the text, without white space around it, is. */
export function kindOfText(text: string): JsonKind {
  switch (text.charCodeAt(0)) {
    case 0x22:
      return 'string';
    case 0x7b:
      return 'object';
    case 0x5b:
      return 'array';
    case 0x74:
    case 0x66:
      return 'boolean';
    case 0x6e:
      return 'null';
    default:
      return 'number';
  }
}

/** The kind of JSON value in which a type is expected: another is drift, even where its value fits. Text takes any. */
export const USUAL_KIND: Readonly<Record<ColumnType, JsonKind | undefined>> = {
  text: undefined,
  timestamp: 'string',
  duration: 'number',
  integer: 'number',
  decimal: 'number',
  double: 'number',
  boolean: 'boolean',
};

/** The value's text as the type has it, null for a spelling of null, undefined where it does not fit the type. */
export type FieldReader = (text: string) => string | null | undefined;

/** Reads the values of a column. */
export function fieldReader(column: MappedColumn, mapping: Mapping): FieldReader {
  const nulls = new Set(column.nulls ?? mapping.nulls);
  const typed = TYPED[column.type];
  return (text) => {
    switch (kindOfText(text)) {
      case 'null':
        return null;
      case 'string': {
        const value = stringValue(text, 0, text.length);
        return nulls.has(value) ? null : typed(value);
      }
      case 'object':
      case 'array':
        return column.type === 'text' ? compactJson(text) : undefined;
      case 'number':
      case 'boolean':
        return typed(text);
    }
  };
}

/** A JSON text without white space between its tokens. */
export function compactJson(text: string): string {
  return /\s/.test(text) ? text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1') : text;
}

/** The value as its type has it, or undefined where it does not fit. */
const TYPED: Readonly<Record<ColumnType, (value: string) => string | undefined>> = {
  text: (value) => (value.isWellFormed() ? value : undefined),
  timestamp: timestampText,
  duration: (value) => decimalWithin(value, 12, Number.POSITIVE_INFINITY),
  integer: integerText,
  decimal: (value) => decimalWithin(value, 29, 9),
  double: doubleText,
  boolean: booleanText,
};

const PLAIN_INTEGER = /^-?[1-9]\d{0,17}$|^0$/;
const LEAST_INTEGER = -(2n ** 63n);
const GREATEST_INTEGER = 2n ** 63n - 1n;

function integerText(value: string): string | undefined {
  if (PLAIN_INTEGER.test(value)) return value;
  const plain = plainDecimal(value);
  if (plain === undefined || plain.includes('.') || plain.length > 20) return undefined;
  const integer = BigInt(plain);
  return integer >= LEAST_INTEGER && integer <= GREATEST_INTEGER ? plain : undefined;
}

const PLAIN_DECIMAL = /^-?\d{1,12}(?:\.\d{1,6})?$/;

function decimalWithin(value: string, integerDigits: number, decimals: number): string | undefined {
  if (PLAIN_DECIMAL.test(value)) return value;
  const plain = plainDecimal(value);
  if (plain === undefined) return undefined;
  const [integer = '', fraction = ''] = plain.replace('-', '').split('.');
  return integer.length <= integerDigits && fraction.length <= decimals ? plain : undefined;
}

/** Fifteen digits come back from a 64-bit floating-point number for certain. */
const SHORT_NUMBER = /^-?\d{1,8}(?:\.\d{1,7})?$/;

/** A number that a 64-bit floating-point number is, to the digit, when it is written as short as it can be. */
function doubleText(value: string): string | undefined {
  if (SHORT_NUMBER.test(value)) return value;
  const plain = plainDecimal(value);
  if (plain === undefined) return undefined;
  const nearest = Number(plain);
  return Number.isFinite(nearest) && plainDecimal(String(nearest)) === plain ? String(nearest) : undefined;
}

function booleanText(value: string): string | undefined {
  switch (value.toLowerCase()) {
    case 'true':
    case 'yes':
    case '1':
      return 'true';
    case 'false':
    case 'no':
    case '0':
      return 'false';
    default:
      return undefined;
  }
}

const TIMESTAMP =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,6})0*)?(Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)$/;

/** An instant in UTC, to the microsecond, as `2024-05-15 08:30:00.000000`. */
function timestampText(value: string): string | undefined {
  const match = TIMESTAMP.exec(value);
  if (match === null) return undefined;
  const [, day = '', minute = '', second = ':00', fraction = '', zone = ''] = match;
  const micros = fraction.padEnd(6, '0');
  if (!isRealDay(day) || minute > '23:59' || minute.slice(3) > '59' || second > ':59') return undefined;
  if (zone === 'Z') return `${day} ${minute}${second}.${micros}`;
  const [, sign = '', hours = '', minutes = '00'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  const instant = new Date(Date.parse(`${day}T${minute}${second}.000Z`) - offset);
  return `${instant.toISOString().slice(0, 19).replace('T', ' ')}.${micros}`;
}

const days = new Map<string, boolean>();
/** Days that are remembered at most: a record set has few. */
const DAYS_REMEMBERED = 1_000;

function isRealDay(day: string): boolean {
  const known = days.get(day);
  if (known !== undefined) return known;
  const start = Date.parse(`${day}T00:00:00.000Z`);
  const real = Number.isFinite(start) && new Date(start).toISOString().startsWith(day);
  if (days.size >= DAYS_REMEMBERED) days.clear();
  days.set(day, real);
  return real;
}
