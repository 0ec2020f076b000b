import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Day } from '../model/days.ts';
import type { ErrorName } from '../model/error-catalogue.ts';
import { catalogued, isError } from '../model/errors.ts';
import type { Family } from '../model/families.ts';
import { JobId } from '../model/ids.ts';
import type { CdrFilters } from '../model/pipelines.ts';
import type { AuthorizedCalls } from './authorized-calls.ts';
import { familyEndpoint } from './endpoint.ts';
import { type JobFile, type JobStatus, JobStatusBody } from './job-status.ts';
import { openFile } from './open-file.ts';
import { offsetOf } from './part-range.ts';
import type { OpenAnswer, Transport } from './transport.ts';

/** An export of one UTC day of call detail records. */
export interface ExportRequest {
  reportId: string;
  day: Day;
  columns: readonly string[];
  filters?: CdrFilters | undefined;
  format: 'csv' | 'json';
}

/** A part as it comes in. Whoever does not read the body to its end must destroy it. */
export interface OpenedPart {
  body: Readable;
  /** First byte of the part that the body begins with: what was asked for, or 0 where the server knows no ranges. */
  offset: number;
  /** Bytes that the body announces, from `offset` on. */
  announcedBytes?: number;
  /** Names this very content where the server does: give it back with the next range. */
  validator?: string;
  requestId?: string;
}

/** The data download API (section 4 of the API notes). */
export interface DataDownload {
  /**
   * Submits an export. The same key names the same job, however often it is submitted.
   *
   * @param idempotencyKey from `requestUuid`
   */
  submit(request: ExportRequest, idempotencyKey: string): Promise<JobId>;
  /** How a job stands. Throws `JobExpired` where CXone knows it no longer. */
  status(job: JobId): Promise<JobStatus>;
  /**
   * Opens a part, from the byte `from` on where the server can.
   *
   * @throws PartNotReady where the part cannot be opened yet, or no longer under this address: ask for the status again
   * @throws PartIncomplete where the part ends before `from`
   * @throws CallbackRefused where the part lies, or is redirected to, where we may not call
   */
  openPart(file: JobFile, range?: { from: number; validator?: string | undefined }): Promise<OpenedPart>;
}

const Submitted = z.object({ requestId: JobId });

/** Makes the client of the data download API. */
export function createDataDownload(
  family: Family,
  { calls, transport }: { calls: AuthorizedCalls; transport: Transport },
): DataDownload {
  async function openPart(file: JobFile, headers: Record<string, string>): Promise<OpenAnswer> {
    try {
      return await openFile(
        family,
        { calls, transport },
        { call: 'part', what: 'a part', address: file.url, headers },
      );
    } catch (error) {
      if (isError(error, 'RequestRefused') && error.facts.status === 416)
        throw catalogued(
          'PartIncomplete',
          'The part is shorter than what was received of it.',
          error.facts,
          error,
        );
      throw renamed(error, 'PartNotReady', 'CXone has no such part, or not yet.');
    }
  }

  return {
    async submit(request, idempotencyKey) {
      const { requestId } = await calls.json(
        {
          name: 'submit',
          method: 'POST',
          url: familyEndpoint(family, 'submit'),
          headers: {
            'content-type': 'application/json',
            accept: 'application/json',
            'x-request-id': idempotencyKey,
          },
          body: JSON.stringify(submission(request)),
        },
        Submitted,
      );
      return requestId;
    },

    async status(job) {
      try {
        return await calls.json(
          {
            name: 'status',
            method: 'GET',
            url: familyEndpoint(family, 'status', job),
            headers: { accept: 'application/json' },
          },
          JobStatusBody,
        );
      } catch (error) {
        throw renamed(error, 'JobExpired', 'CXone no longer knows the job.');
      }
    },

    async openPart(file, range = { from: 0 }) {
      const answer = await openPart(file, {
        accept: 'application/octet-stream',
        'accept-encoding': 'identity',
        ...(range.from > 0 ? { range: `bytes=${range.from}-` } : {}),
        ...(range.from > 0 && range.validator !== undefined ? { 'if-range': range.validator } : {}),
      });
      try {
        const { requestId, body } = answer;
        return {
          body,
          ...offsetOf(answer, file, range.from),
          ...(requestId === undefined ? {} : { requestId }),
        };
      } catch (error) {
        answer.body.destroy();
        throw error;
      }
    },
  };
}

function submission({ reportId, day, format, columns, filters }: ExportRequest) {
  return {
    reportType: 'callDetailRecords',
    reportId,
    fromDate: `${day}T00:00:00.000Z`,
    toDate: `${day}T23:59:59.999Z`,
    format,
    columns,
    ...(filters === undefined ? {} : { filters }),
  };
}

function renamed(error: unknown, name: ErrorName, sentence: string): unknown {
  return isError(error, 'NotFound') ? catalogued(name, sentence, error.facts, error) : error;
}
