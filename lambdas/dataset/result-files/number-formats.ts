import type { Readable } from 'node:stream';
import { readXml } from './xml-events.ts';

/** Formats of dates and times that every workbook has. Source: ECMA-376, part 1, 18.8.30. */
const BUILT_IN_DATES = [
  [14, 22],
  [27, 36],
  [45, 45],
  [47, 47],
  [50, 58],
] as const;

/** Which styles of a workbook show their number as a date or a time. */
export class NumberFormats {
  readonly #dates = new Set<number>();

  static async read(source: Readable): Promise<NumberFormats> {
    const formats = new NumberFormats();
    const codes = new Map<number, string>();
    let inStyles = false;
    let style = 0;
    const reader = {
      begin(name: string, attributes: Readonly<Record<string, string>>) {
        if (name === 'numFmt') codes.set(Number(attributes.numFmtId), attributes.formatCode ?? '');
        if (name === 'cellXfs') inStyles = true;
        if (name !== 'xf' || !inStyles) return;
        const format = Number(attributes.numFmtId ?? 0);
        if (isDateFormat(format, codes.get(format))) formats.#dates.add(style);
        style++;
      },
      text() {},
      end(name: string) {
        if (name === 'cellXfs') inStyles = false;
      },
    };
    for await (const _ of readXml(source, reader));
    return formats;
  }

  isDate(style: string | undefined): boolean {
    return style !== undefined && this.#dates.has(Number(style));
  }
}

/** An elapsed time, `[h]:mm`, is a number of days and no date. */
function isDateFormat(format: number, code: string | undefined): boolean {
  if (code === undefined) return BUILT_IN_DATES.some(([from, to]) => format >= from && format <= to);
  if (/\[(?:h+|m+|s+)\]/i.test(code)) return false;
  const letters = code.replaceAll(/"[^"]*"|\\.|_.|\[[^\]]*\]/g, '').split(';')[0] ?? '';
  return /[ymdhs]/i.test(letters) && !/general/i.test(letters);
}

const DAY_MILLISECONDS = 86_400_000;
/** Day 0 of both calendars of spreadsheets, in epoch milliseconds: 1899-12-30 and 1904-01-01. */
const EPOCH = { 1900: -2_209_161_600_000, 1904: -2_082_844_800_000 };
/** The calendar of 1900 has a 29 February that was none: days before it lie one later. */
const FALSE_LEAP_DAY = 60;

/** A serial number of days as an instant in UTC, to the millisecond; undefined beyond the calendar. */
export function serialInstant(serial: number, calendar: keyof typeof EPOCH): string | undefined {
  const days = calendar === 1900 && serial < FALSE_LEAP_DAY ? serial + 1 : serial;
  const instant = new Date(EPOCH[calendar] + Math.round(days * DAY_MILLISECONDS));
  return Number.isNaN(instant.getTime()) || serial < 0 ? undefined : instant.toISOString();
}
