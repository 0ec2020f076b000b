import { createHash } from 'node:crypto';
import { type Page, readPage } from '../dataset/page.ts';
import { isoInstant } from '../model/days.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { Family } from '../model/families.ts';
import type { ReportParameters } from '../model/reports.ts';
import { readBytes } from './answer.ts';
import type { AuthorizedCalls } from './authorized-calls.ts';
import { familyEndpoint } from './endpoint.ts';

/** A page of a report that is asked for. Instants are epoch milliseconds. */
export interface ReportPageRequest {
  reportId: string;
  from: number;
  /** Exclusive. */
  to: number;
  /** Filters, groupings, interval. */
  parameters: ReportParameters;
  pageSize: number;
  /** The cursor that the page before gave; absent for the first page. */
  cursor?: string | undefined;
}

/** A page as it was received. */
export interface ReportPage extends Page {
  /** SHA-256 of its body, lower-case hex. */
  sha256: string;
}

/** The reporting API (section 2 of the API notes). */
export interface Reporting {
  /**
   * One page, whole. The time zone is UTC, whatever the parameters say.
   *
   * @throws PageMalformed where the body is no page
   * @throws CursorRefused where CXone no longer knows the cursor
   */
  page(request: ReportPageRequest): Promise<ReportPage>;
}

/** Longest page that is read: 500 records of 128 KB. */
const PAGE_BYTES = 64 * 1_048_576;

/** Makes the client of the reporting API. */
export function createReporting(family: Family, calls: AuthorizedCalls): Reporting {
  return {
    async page(request) {
      const { body, requestId } = await opened(request);
      const bytes = await readBytes(body, PAGE_BYTES);
      if (bytes === undefined) {
        body.destroy();
        throw catalogued('PageMalformed', `A page of results is longer than ${PAGE_BYTES} bytes.`, {
          requestId,
        });
      }
      return { ...named(bytes, requestId), sha256: createHash('sha256').update(bytes).digest('hex') };
    },
  };

  async function opened(request: ReportPageRequest) {
    try {
      const answer = await calls.open({
        name: 'execute',
        method: 'POST',
        url: familyEndpoint(family, 'execute'),
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(bodyOf(request)),
      });
      if (answer.status < 300) return answer;
      answer.body.destroy();
      const { status, requestId } = answer;
      throw catalogued('CallbackRefused', 'CXone redirects a report, which none is documented to do.', {
        status,
        requestId,
      });
    } catch (error) {
      const refused = isError(error, 'RequestRefused') || isError(error, 'NotFound');
      if (!refused || request.cursor === undefined) throw error;
      throw catalogued('CursorRefused', 'CXone no longer knows the cursor of a report.', error.facts, error);
    }
  }
}

function bodyOf({ reportId, from, to, parameters, pageSize, cursor }: ReportPageRequest) {
  return {
    reportId,
    // Ours come last: a report in another zone has local timestamps, an hour of them twice a year.
    parameters: { ...parameters, startDate: isoInstant(from), endDate: isoInstant(to), timezone: 'UTC' },
    format: 'JSON',
    pageSize,
    nextPageToken: cursor ?? null,
  };
}

/** The page in the bytes, or an error by whose request id NICE can find the call. */
function named(bytes: Buffer, requestId: string | undefined): Page {
  try {
    return readPage(bytes);
  } catch (error) {
    if (!isError(error, 'PageMalformed')) throw error;
    throw catalogued('PageMalformed', error.message, { ...error.facts, requestId }, error);
  }
}
