import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import { problemSentence, problemsOf } from '../model/refusal.ts';
import { keysOf } from '../model/source-path.ts';
import { BYTE, isSame } from './json-bytes.ts';
import { valueTextAt } from './json-text.ts';
import { JsonWalk } from './json-walk.ts';
import { isUtcTimestamp } from './utc-timestamps.ts';

/** One page of a cursor-paged answer. */
export interface Page {
  /**
   * The JSON text of each record as it was received, but for line breaks between its tokens, so that it fits on a line:
   * numbers keep all digits, escapes stay escapes.
   */
  records: string[];
  /** The cursor of the next page, null after the last. */
  nextPageToken: string | null;
  /** How many records there are over all pages, where the page says so. */
  totalRecords?: number;
}

/** The envelope of a page. What else stands in it is nobody's concern here. */
const Envelope = z.looseObject({
  data: z.array(z.unknown()),
  nextPageToken: z.string().nullish(),
  totalRecords: z.int().min(0).nullish(),
});

/** A page whose records are still where they were received. */
export interface PageInPlace extends Omit<Page, 'records'> {
  body: Buffer;
  records: number;
  /** Where each record stands in the body, in turn: begin and end. */
  bounds: readonly number[];
  /** For each record in turn the values of the wanted keys, in turn: begin and end, below zero where the record lacks it. */
  noted: readonly number[];
}

/**
 * Splits the body of one page, `{ "data": [ … ], "nextPageToken", "totalRecords"? }`, into the texts of its records. Values are
 * never turned into JavaScript's and back. Throws `PageMalformed` for a body of any other form: what is not UTF-8 or not
 * JSON, no `data`, `data` twice, a cursor that is no text. A record of any JSON value passes: whether it can be a row is found out when it is typed.
 */
export function readPage(body: Uint8Array | string): Page {
  const { bounds, body: bytes, records, bounds: _, noted: __, ...page } = pageInPlace(Buffer.from(body), []);
  const texts = Array.from({ length: records }, (_, index) =>
    onOneLine(bytes.toString('utf8', bounds[2 * index], bounds[2 * index + 1])),
  );
  return { ...page, records: texts };
}

/**
 * The same without making texts of the records.
 * @param wanted keys of which the values in each record are found in passing: of a key that comes twice the last one
 * @param rules whether a cursor that is absent or empty stands for the last page, or must be null there. Default: it does
 */
export function pageInPlace(
  body: Buffer,
  wanted: readonly string[],
  { cursor }: { cursor: 'optional' | 'required' } = { cursor: 'optional' },
): PageInPlace {
  if (!isUtf8(body)) throw malformed('it is not UTF-8');
  const walk = new JsonWalk(body, []);
  const found: Found = { bounds: [], noted: [], arrays: 0, others: new Map() };
  const begin = walk.afterSpace(isSame(body, 0, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0);
  const end =
    body[begin] === BYTE.openObject ? envelopeEnd(body, begin, walk, wanted, found) : walk.valueEnd(begin);
  if (end < 0 || walk.afterSpace(end) !== body.length) throw malformed('it is not JSON');
  const value = body[begin] === BYTE.openObject ? Object.fromEntries(found.others) : [];
  const envelope = Envelope.safeParse(value);
  if (!envelope.success) throw malformed(problemsOf(envelope.error, value).map(problemSentence).join('; '));
  if (found.arrays > 1) throw malformed('data: given more than once');
  const { nextPageToken, totalRecords } = envelope.data;
  if (cursor === 'required' && (nextPageToken === undefined || nextPageToken === ''))
    throw malformed('nextPageToken: found nothing, must be a cursor, or null after the last page');
  return {
    body,
    records: found.bounds.length / 2,
    bounds: found.bounds,
    noted: found.noted,
    nextPageToken: nextPageToken === undefined || nextPageToken === '' ? null : nextPageToken,
    ...(totalRecords === undefined || totalRecords === null ? {} : { totalRecords }),
  };
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

interface Found {
  bounds: number[];
  noted: number[];
  /** How often `data` was given. */
  arrays: number;
  /** What else the envelope has that is looked at; an empty array for the data. */
  others: Map<string, unknown>;
}

/** Walks through the envelope that begins at `from`, and gives the position after it, below zero where it is no JSON. */
function envelopeEnd(
  body: Buffer,
  from: number,
  walk: JsonWalk,
  wanted: readonly string[],
  found: Found,
): number {
  let at = walk.afterSpace(from + 1);
  if (body[at] === BYTE.closeObject) return at + 1;
  for (;;) {
    const member = walk.memberAt(at);
    if (member === undefined) return -1;
    const { key, value } = member;
    const isData = key === 'data' && body[value] === BYTE.openArray;
    const end = isData ? arrayEnd(body, value, new JsonWalk(body, wanted), found) : walk.valueEnd(value);
    if (end < 0) return -1;
    if (key === 'data') found.arrays++;
    if (isData) found.others.set(key, []);
    else if (ENVELOPE.has(key)) found.others.set(key, JSON.parse(body.toString('utf8', value, end)));
    at = walk.afterSpace(end);
    if (body[at] === BYTE.closeObject) return at + 1;
    if (body[at] !== BYTE.comma) return -1;
    at = walk.afterSpace(at + 1);
  }
}

const ENVELOPE: ReadonlySet<string> = new Set(Object.keys(Envelope.shape));

/** The position after the array of records that begins at `from`. */
function arrayEnd(body: Buffer, from: number, walk: JsonWalk, { bounds, noted }: Found): number {
  let at = walk.afterSpace(from + 1);
  if (body[at] === BYTE.closeArray) return at + 1;
  for (;;) {
    const end = walk.valueEnd(at);
    if (end < 0) return -1;
    bounds.push(at, end);
    for (const position of walk.noted) noted.push(position);
    at = walk.afterSpace(end);
    if (body[at] === BYTE.closeArray) return at + 1;
    if (body[at] !== BYTE.comma) return -1;
    at = walk.afterSpace(at + 1);
  }
}

/** Within a string a line break is always escaped: those that are found stand between tokens. */
function onOneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]+/g, ' ') : text;
}

function malformed(what: string) {
  return catalogued('PageMalformed', `A page of results is not of the promised form: ${what}.`);
}

/**
 * The instant, in epoch milliseconds, that a record bears at the path (`interval.startTime`): it says the record's day.
 * Undefined where there is no timestamp: such a record cannot become a row. Throws `TimestampNotUtc`.
 */
export function recordInstant(text: string, path: string): number | undefined {
  return valueInstant(valueTextAt(text, keysOf(path)), path);
}

/** The same of a value's text; undefined stands for a value that is not there. */
export function valueInstant(text: string | undefined, path: string): number | undefined {
  const value: unknown = JSON.parse(text ?? 'null');
  if (typeof value !== 'string' || !isUtcTimestamp(value, path)) return undefined;
  const instant = Date.parse(value);
  // A day that the calendar does not have becomes one of the next month, or none.
  const isReal = Number.isFinite(instant) && new Date(instant).toISOString().startsWith(value.slice(0, 10));
  return isReal ? instant : undefined;
}
