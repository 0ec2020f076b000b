import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import { problemSentence, problemsOf } from '../model/refusal.ts';
import { keysOf } from '../model/source-path.ts';
import { elementsOf, membersOf, valueTextAt } from './json-text.ts';
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

/**
 * Splits the body of one page, `{ "data": [ … ], "nextPageToken", "totalRecords"? }`, into the texts of its records. Values are
 * never turned into JavaScript's and back. Throws `PageMalformed` for a body of any other form: what is not UTF-8 or not
 * JSON, no `data`, `data` twice, a cursor that is no text. A record of any JSON value passes: whether it can be a row is found out when it is typed.
 */
export function readPage(body: Uint8Array | string): Page {
  const text = typeof body === 'string' ? body : decoded(body);
  const value = parsed(text);
  const envelope = Envelope.safeParse(value);
  if (!envelope.success) throw malformed(problemsOf(envelope.error, value).map(problemSentence).join('; '));
  const { data, nextPageToken, totalRecords } = envelope.data;
  const arrays = [...membersOf(text, text.indexOf('{'))].filter(({ key }) => key === 'data');
  const [array] = arrays;
  if (array === undefined || arrays.length > 1) throw malformed('data: given more than once');
  const records = Array.from(elementsOf(text, array.from), ({ from, to }) => onOneLine(text.slice(from, to)));
  if (records.length !== data.length) throw malformed('its records cannot be told apart');
  return {
    records,
    nextPageToken: nextPageToken === undefined || nextPageToken === '' ? null : nextPageToken,
    ...(totalRecords === undefined || totalRecords === null ? {} : { totalRecords }),
  };
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed('it is not UTF-8');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own sentence quotes the text.
    throw malformed('it is not JSON');
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
  const value: unknown = JSON.parse(valueTextAt(text, keysOf(path)) ?? 'null');
  if (typeof value !== 'string' || !isUtcTimestamp(value, path)) return undefined;
  const instant = Date.parse(value);
  // A day that the calendar does not have becomes one of the next month, or none.
  const isReal = Number.isFinite(instant) && new Date(instant).toISOString().startsWith(value.slice(0, 10));
  return isReal ? instant : undefined;
}
