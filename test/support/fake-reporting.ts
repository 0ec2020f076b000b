import { createHash } from 'node:crypto';
import type { Reporting, ReportPage, ReportPageRequest } from '../../lambdas/cxone/reporting.ts';
import { catalogued } from '../../lambdas/model/errors.ts';

/** A query as it begins: the n-th, from 0, and the rows that it has. */
export interface Query {
  number: number;
  request: ReportPageRequest;
  rows: readonly string[];
  /** Where its rows begin among all rows. */
  offset: number;
}

/** What the server does to queries. Default: nothing. */
export interface ServerFaults {
  /** Index of the row at which the query loses its cursor; undefined for one that does not. */
  cut?(query: Query): number | undefined;
  /** What a page says of the number of all rows, `given` of which have come with it. Default: the truth on the first page. */
  total?(query: Query, given: number): number | undefined;
}

interface Running extends Query {
  end: number;
}

/** The server of a report: rows by the instant of their interval, in order. */
export interface FakeReporting extends Reporting {
  rows: string[];
  readonly requests: ReportPageRequest[];
  /** Forgets all cursors: whoever has one is refused. */
  forgetCursors(): void;
}

/** The text of a row of an interval. */
export function reportRow(start: number, id: string | number): string {
  return `{"interval":{"startTime":"${new Date(start).toISOString()}"},"id":${JSON.stringify(id)}}`;
}

/** Makes a server of rows. Only rows whose interval begins in the range are of a query, unless they have none. */
export function fakeReporting(rows: string[], faults: ServerFaults = {}): FakeReporting {
  const requests: ReportPageRequest[] = [];
  let cursors = new Map<string, { query: Running; at: number }>();
  let queries = 0;

  function begin(server: FakeReporting, request: ReportPageRequest): Running {
    const within = ({ from, to }: ReportPageRequest, row: string) => {
      const start = Date.parse(/"startTime":"([^"]+)"/.exec(row)?.[1] ?? '');
      return Number.isNaN(start) || (start >= from && start < to);
    };
    const found = server.rows.filter((row) => within(request, row));
    const query = { number: queries, request, rows: found, offset: server.rows.indexOf(found[0] ?? '') };
    queries += 1;
    return { ...query, end: Math.min(found.length, faults.cut?.(query) ?? found.length) };
  }

  const server: FakeReporting = {
    rows,
    requests,
    forgetCursors() {
      cursors = new Map();
    },
    async page(request): Promise<ReportPage> {
      requests.push(request);
      const known = cursors.get(request.cursor ?? '');
      if (request.cursor !== undefined && known === undefined)
        throw catalogued('CursorRefused', 'CXone no longer knows the cursor of a report.');
      const { query, at } = known ?? { query: begin(server, request), at: 0 };
      const next = Math.min(at + request.pageSize, query.end);
      const records = query.rows.slice(at, next);
      const nextPageToken = next < query.end ? `${query.number}-${next}` : null;
      if (nextPageToken !== null) cursors.set(nextPageToken, { query, at: next });
      const total = faults.total ? faults.total(query, next) : at === 0 ? query.rows.length : undefined;
      return {
        records,
        nextPageToken,
        ...(total === undefined ? {} : { totalRecords: total }),
        sha256: createHash('sha256').update(records.join('\n')).digest('hex'),
      };
    },
  };
  return server;
}
