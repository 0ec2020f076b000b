import type { ColumnType, MappedColumn, Mapping } from '../model/mapping.ts';

/*
 * The values that nearly all records have, as fields of a draft's text without a detour: a text without escapes is a field as it stands,
 * with its quotes; a short number is its own digits. Whatever is not certain at a glance is left to `fieldReader`.
 */

/** The field for the text of a JSON value that is proven to be JSON; undefined where it takes a closer look. */
export type QuickField = (text: string) => string | undefined;

const QUOTE = 0x22;
const POINT = 0x2e;
const MINUS = 0x2d;
const NINE = 0x39;
const ZERO = 0x30;

/** What can be seen at a glance of a column's values. */
export function quickField(column: MappedColumn, mapping: Mapping): QuickField {
  const nulls = column.nulls ?? mapping.nulls;
  if (column.type === 'text')
    return column.privacy === undefined || column.privacy === 'keep' ? quickText(nulls) : never;
  return QUICK[column.type];
}

const never: QuickField = () => undefined;

function quickText(nulls: readonly string[]): QuickField {
  const longestNull = Math.max(0, ...nulls.map((spelling) => spelling.length)) + 2;
  return (text) =>
    text.charCodeAt(0) === QUOTE && text.length > longestNull && !text.includes('\\') ? text : undefined;
}

/** A number of so few digits, before and after the point, that it fits whatever it is; without an exponent. */
function quickNumber(most: number, decimals: number): QuickField {
  return (text) => {
    if (text.length > most) return undefined;
    let point = -1;
    for (let at = text.charCodeAt(0) === MINUS ? 1 : 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === POINT && point < 0) point = at;
      else if (code < ZERO || code > NINE) return undefined;
    }
    return point < 0 || text.length - 1 - point <= decimals ? text : undefined;
  };
}

const QUICK: Readonly<Record<Exclude<ColumnType, 'text'>, QuickField>> = {
  integer: quickNumber(15, -1),
  decimal: quickNumber(15, 9),
  double: quickNumber(15, 15),
  duration: quickNumber(12, 6),
  boolean: (text) => (text === 'true' || text === 'false' ? text : undefined),
  timestamp: quickTimestamp(),
};

/** `"2024-05-15T08:00:00.000Z"`, of a day that was seen before. */
function quickTimestamp(): QuickField {
  let day = '';
  return (text) => {
    if (text.length !== 26 || !text.endsWith('Z"') || text.charCodeAt(20) !== POINT) return undefined;
    if (!text.startsWith(day, 1) || day === '') {
      const given = text.slice(1, 11);
      const start = /^\d{4}-\d\d-\d\d$/.test(given) ? Date.parse(`${given}T00:00:00.000Z`) : Number.NaN;
      if (Number.isNaN(start) || !new Date(start).toISOString().startsWith(given)) return undefined;
      day = given;
    }
    return isTime(text) ? text.slice(1, -1) : undefined;
  };
}

/** Whether `T23:59:59.999` stands from the twelfth character on. */
function isTime(text: string): boolean {
  if (text.charAt(11) !== 'T' || text.charAt(14) !== ':' || text.charAt(17) !== ':') return false;
  const two = (at: number) => (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
  for (const at of DIGITS) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) return false;
  }
  return two(12) < 24 && two(15) < 60 && two(18) < 60;
}

const DIGITS = [12, 13, 15, 16, 18, 19, 21, 22, 23];
