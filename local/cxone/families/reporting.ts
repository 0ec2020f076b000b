import type { Behaviour, ReportSettings } from '../behaviour.ts';
import {
  hourMilliseconds,
  type ReportQuery,
  type ReportRecord,
  reportRecords,
} from '../data/report-records.ts';
import { type Answer, type Exchange, json, type Route, refusal } from '../exchange.ts';
import type { Family, Surroundings } from './family.ts';
import { type ReportRequest, readReportRequest } from './report-request.ts';

/** Where a query stands: what a cursor names. */
interface Cursor {
  readonly client: string;
  /** The query as it was posted, but for cursor and page size. */
  readonly query: string;
  readonly offset: number;
  /** The record at which this run of the query loses its cursor; undefined for one that does not. */
  readonly lostAt: number | undefined;
}

/** Reporting (section 2 of the API): one call that gives a page, and a cursor to the next. */
export class Reporting implements Family {
  readonly routes: readonly Route[];
  readonly #surroundings: Surroundings;
  readonly #cursors = new Map<string, Cursor>();
  #numbered = 0;
  /** Queries that have lost their cursor since the scenario began. */
  #lost = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.routes = [
      {
        family: 'reporting',
        kind: 'report',
        method: 'POST',
        path: /^\/v2\/reports\/execute$/,
        scope: 'data:reporting:read',
        foreign: false,
        day: ({ body }) => /"startDate"\s*:\s*"(\d{4}-\d\d-\d\d)T/.exec(body)?.[1],
        admit: () => undefined,
        answer: (exchange) => this.#execute(exchange),
      },
    ];
  }

  scenarioChanged(): void {
    this.#lost = 0;
  }

  #execute(exchange: Exchange): Answer {
    const request = readReportRequest(exchange.body);
    if ('problems' in request)
      return refusal(400, 'INVALID_REQUEST', request.problems.join('; '), exchange.requestId);
    const { behaviour, seed } = this.#surroundings;
    const { report } = behaviour(new Date(request.from).toISOString().slice(0, 10));
    const query: ReportQuery = { seed, ...request };
    const records = reportRecords(query, report.data);
    const cursor = this.#cursorOf(exchange, request, records, report);
    if (cursor === undefined)
      return refusal(400, 'INVALID_CURSOR', 'nextPageToken is of no query that runs', exchange.requestId);
    const end = Math.min(cursor.offset + request.pageSize, records.length, cursor.lostAt ?? records.length);
    return json(200, {
      data: records.slice(cursor.offset, end),
      nextPageToken: end < (cursor.lostAt ?? records.length) ? this.#next(cursor, end) : null,
      ...totalOf(report, { records, cursor, end }),
      metadata: { reportId: request.reportId, timezone: request.timezone },
    });
  }

  #cursorOf(
    { client }: Exchange,
    request: ReportRequest,
    records: readonly ReportRecord[],
    report: ReportSettings,
  ): Cursor | undefined {
    const query = JSON.stringify([request.reportId, request.from, request.to, request.interval]);
    if (request.nextPageToken === null)
      return { client, query, offset: 0, lostAt: this.#lostAt(request, records.length, report) };
    const known = this.#cursors.get(request.nextPageToken);
    return known?.client === client && known.query === query ? known : undefined;
  }

  /** Cursors hold for as long as the simulator runs, and may be used again. */
  #next(cursor: Cursor, offset: number): string {
    this.#numbered += 1;
    const token = `page-${this.#numbered}-${offset}`;
    this.#cursors.set(token, { ...cursor, offset });
    return token;
  }

  #lostAt(request: ReportRequest, length: number, { truncation }: ReportSettings): number | undefined {
    const { times, after, longerThanHours, pagesAbove } = truncation;
    const hours = (request.to - request.from) / hourMilliseconds;
    if (after >= length || hours <= longerThanHours || request.pageSize <= pagesAbove) return undefined;
    if (this.#lost >= times) return undefined;
    this.#lost += 1;
    return after;
  }
}

interface Standing {
  records: readonly ReportRecord[];
  cursor: Cursor;
  end: number;
}

/** What a page says of the number of all records. */
function totalOf(
  { total }: Behaviour['report'],
  { records, cursor, end }: Standing,
): { totalRecords?: number } {
  const right = records.length;
  switch (total) {
    case 'first-page':
      return cursor.offset === 0 ? { totalRecords: right } : {};
    case 'missing':
      return {};
    case 'stale':
      return { totalRecords: Math.floor(right / 2) };
    case 'growing':
      // What has been counted by then: more with every page.
      return { totalRecords: Math.min(right, end + 1) };
    case 'too-high':
      return { totalRecords: right + 3 };
  }
}
