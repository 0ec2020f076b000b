import { z } from 'zod';
import { AnalyticsColumn, AnalyticsFilter, AnalyticsFormat, AnalyticsRequest } from './analytics-request.ts';
import { DatasetId, JobId, RunArn } from './ids.ts';
import { Mapping } from './mapping.ts';
import { CallFacts, ClaimedWindow, ListedWindow, Overrides, PlannedWindow, WindowTask } from './payloads.ts';
import { PipelineName } from './pipelines.ts';
import { DayRange } from './ranges.ts';

/*
 * What passes between states and functions where one export holds the records of a range of days: see payloads.ts.
 */

const instant = z.iso.datetime({ precision: 3 });
const count = z.int().min(0);

/** A range of days and the claim under which a child works on it: a window of `rangeDataset`, by its first day. */
export const ClaimedRange = z.strictObject({
  ...ClaimedWindow.shape,
  of: DatasetId.describe('The dataset that the range’s days are windows of'),
  days: DayRange.shape.days,
});
export type ClaimedRange = z.infer<typeof ClaimedRange>;

/** One entry of the list of ranges that the Map reads from S3, as its child is given it. */
export const ListedRange = z.strictObject({
  dataset: DatasetId.describe('Of the windows'),
  day: DayRange.shape.from,
  days: DayRange.shape.days,
  task: WindowTask,
  load: z.boolean().describe('False where commits are to be finished alone'),
  overrides: Overrides,
  windows: z
    .array(PlannedWindow.pick({ day: true, task: true }))
    .min(1)
    .max(90),
});
export type ListedRange = z.infer<typeof ListedRange>;

export const ListRangesPayload = z.strictObject({
  run: RunArn,
  pipeline: PipelineName,
  listKey: z.string().describe('The list of windows'),
  round: count.describe('The redrive that the list is of'),
  lists: count.describe('Lists of ranges that were made of it before: their ranges are not listed again'),
});
export const ListRangesResult = z.strictObject({
  ranges: count,
  rangesKey: z.string(),
  lists: z.int().min(1),
});

/** What is asked for unless a run says otherwise. */
export const ExportSettings = z.strictObject({
  ...AnalyticsRequest.shape,
  columns: z.array(AnalyticsColumn).min(1),
  pageSize: z.int().min(1),
});
export type ExportSettings = z.infer<typeof ExportSettings>;

export const SubmitExportPayload = z.strictObject({
  ...ClaimedRange.shape,
  ...CallFacts.shape,
  task: WindowTask,
  overrides: z.strictObject({ ...Overrides.shape, filters: AnalyticsFilter.optional() }),
  settings: ExportSettings,
  rawDays: z
    .int()
    .min(1)
    .describe('How long raw parts are kept: an export loaded longer ago is asked for again'),
});
export const SubmitExportResult = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('submitted'),
    attempt: z.int().min(1),
    jobId: JobId,
    pollAt: instant,
    submittedAt: instant,
  }),
  z.strictObject({ outcome: z.literal('loaded'), attempt: z.int().min(1), submittedAt: instant }),
  z.strictObject({ outcome: z.literal('halved') }),
]);

export const PollExportPayload = z.strictObject({
  ...ClaimedRange.shape,
  ...CallFacts.shape,
  attempt: z.int().min(1),
});
export const PollExportResult = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('pending'), pollAt: instant }),
  z.strictObject({ outcome: z.literal('waiting'), pollAt: instant }),
  z.strictObject({ outcome: z.literal('resubmit'), at: instant }),
  z.strictObject({ outcome: z.literal('completed') }),
]);

export const FetchExportPayload = z.strictObject({
  ...ClaimedRange.shape,
  ...CallFacts.shape,
  attempt: z.int().min(1),
  format: AnalyticsFormat,
  pageSize: z.int().min(1),
  mapping: Mapping.describe('Says where a record tells its day, and how the cells of a file are read'),
});
export const FetchExportResult = z.strictObject({
  more: z.boolean().describe('Not all is stored: call again'),
  pages: count,
  records: count,
});

/** A list of windows as it lies in S3. */
export const WindowList = z.array(ListedWindow);
