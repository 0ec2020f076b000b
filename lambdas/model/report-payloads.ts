import { z } from 'zod';
import { DatasetId } from './ids.ts';
import { CallFacts, ClaimedWindow, WindowTask } from './payloads.ts';
import { Report } from './reports.ts';

/** What is asked of a report. */
export const ReportQuestion = Report.pick({ reportId: true, parameters: true, intervalMinutes: true });
export type ReportQuestion = z.infer<typeof ReportQuestion>;

/** Reads a report's day, page by page, for as long as there is time. */
export const ReadReportPayload = z.strictObject({
  ...ClaimedWindow.shape,
  ...CallFacts.shape,
  task: WindowTask,
  reports: z.partialRecord(DatasetId, ReportQuestion).describe('Every report of the tenant, by its dataset'),
});
export const ReadReportResult = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('more') }),
  z.strictObject({ outcome: z.literal('resting'), resumeAt: z.iso.datetime({ precision: 3 }) }),
  z.strictObject({
    outcome: z.literal('read'),
    attempt: z.int().min(1),
    parts: z.int().min(0),
    records: z.int().min(0),
  }),
]);
