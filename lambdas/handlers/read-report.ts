import { s3ObjectStore } from '../aws/s3-object-store.ts';
import { connectReporting } from '../cxone/connection.ts';
import { isoInstant } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { ReadReportPayload, ReadReportResult } from '../model/report-payloads.ts';
import { readReport } from '../reports/read-report.ts';
import { connectionOf } from './connection.ts';
import { lambdaHandler } from './handler.ts';

/** Kept for the page that is under way, and for storing what was received. */
const RESERVED_MILLISECONDS = 180_000;

/** Reads a report's day, page by page, for as long as there is time. */
export const handler = lambdaHandler(
  { name: 'read-report', payload: ReadReportPayload, result: ReadReportResult },
  async (payload, invocation) => {
    const question = payload.reports[payload.dataset];
    if (question === undefined)
      throw catalogued('SettingsRefused', `The machine knows no report of the dataset ${payload.dataset}.`);
    const ports = {
      ledger: invocation,
      objects: s3ObjectStore(invocation.clients.s3, invocation.environment.LAKE_BUCKET),
      reporting: connectReporting(connectionOf(invocation), payload),
      mayGoOn: () => invocation.remainingMilliseconds() > RESERVED_MILLISECONDS,
    };
    const read = await readReport(ports, payload, payload.task, question);
    return read.outcome === 'resting' ? { outcome: read.outcome, resumeAt: isoInstant(read.resumeAt) } : read;
  },
);
