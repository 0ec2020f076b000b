import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { AnalyticsRequest } from '../model/analytics-request.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { Family } from '../model/families.ts';
import { JobId } from '../model/ids.ts';
import { boundsOf, type DayRange } from '../model/ranges.ts';
import type { AuthorizedCalls } from './authorized-calls.ts';
import { familyEndpoint } from './endpoint.ts';
import { type JobStatus, JobStatusBody } from './job-status.ts';

/** An export that is asked for: what, of which days, in pages of how many records. */
export interface ExportOrder extends AnalyticsRequest {
  range: DayRange;
  pageSize: number;
}

/** A page, or the file of a csv or xlsx export, as it comes in. Whoever does not read the body to its end must destroy it. */
export interface OpenedResult {
  body: Readable;
  requestId?: string;
}

/** The analytics exports API (section 3 of the API notes). */
export interface Analytics {
  /**
   * Submits an export. There is no idempotency key: every submission that arrives is one more job, also when its reply is
   * lost.
   *
   * @throws ServerFault with `status` 504 where the range is too wide
   * @throws RequestRefused
   */
  submit(order: ExportOrder): Promise<JobId>;
  /** How an export stands. Throws `JobExpired` where CXone knows it no longer. */
  status(job: JobId): Promise<JobStatus>;
  /** Opens the page that a cursor names, the first one without. Throws `JobExpired`. */
  openPage(job: JobId, page: { cursor?: string | undefined; pageSize: number }): Promise<OpenedResult>;
  /** Opens the file of a csv or xlsx export. Throws `JobExpired`. */
  openFile(job: JobId): Promise<OpenedResult>;
}

const Submitted = z.object({ id: JobId });

/** Makes the client of the analytics exports API. */
export function createAnalytics(family: Family, calls: AuthorizedCalls): Analytics {
  const open = async (url: URL, accept: string): Promise<OpenedResult> => {
    try {
      const { status, body, requestId } = await calls.open({
        name: 'data',
        method: 'GET',
        url,
        headers: { accept },
      });
      if (status < 300) return { body, ...(requestId === undefined ? {} : { requestId }) };
      body.destroy();
      throw catalogued(
        'CallbackRefused',
        'CXone redirects a page of an export, which none is documented to do.',
        {
          status,
          requestId,
        },
      );
    } catch (error) {
      throw expired(error);
    }
  };
  return {
    async submit({ range, reportId, format, columns, filters, pageSize }) {
      const { id } = await calls.json(
        {
          name: 'submit',
          method: 'POST',
          url: familyEndpoint(family, 'submit'),
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({
            reportId,
            dateRange: boundsOf(range),
            format,
            columns,
            ...(filters === undefined ? {} : { filters }),
            pageSize,
          }),
        },
        Submitted,
      );
      return id;
    },

    async status(job) {
      try {
        const url = familyEndpoint(family, 'status', job);
        return await calls.json(
          { name: 'status', method: 'GET', url, headers: { accept: 'application/json' } },
          JobStatusBody,
        );
      } catch (error) {
        throw expired(error);
      }
    },

    openPage(job, { cursor, pageSize }) {
      const url = familyEndpoint(family, 'data', job);
      url.searchParams.set('pageSize', String(pageSize));
      if (cursor !== undefined) url.searchParams.set('nextPageToken', cursor);
      return open(url, 'application/json');
    },

    openFile: (job) => open(familyEndpoint(family, 'data', job), '*/*'),
  };
}

function expired(error: unknown): unknown {
  return isError(error, 'NotFound')
    ? catalogued('JobExpired', 'CXone no longer knows the export.', error.facts, error)
    : error;
}
