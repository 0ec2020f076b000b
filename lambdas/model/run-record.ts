import { z } from 'zod';
import { Day } from './days.ts';
import { WindowDelivery } from './delivery.ts';
import { DatasetId, GenerationId, RunArn, TenantId } from './ids.ts';
import { PinnedWindow, RowCounts, WindowTask } from './payloads.ts';
import { PipelineName } from './pipelines.ts';

const count = z.int().min(0);
const instant = z.iso.datetime();

/** How a window was read that comes in pages of queries. */
export const ReadingRecord = z.strictObject({
  complete: z.boolean(),
  pages: count.describe('Pages received, those of queries that were cut short among them'),
  queries: count.describe(
    'Ranges of time that the window was read in: more than one where it had to be split',
  ),
  cuts: count.describe('Queries that CXone cut short; the ledger lists them'),
  rests: count.describe('Pauses of five minutes after a cut'),
  received: count.describe('Records of the queries that came whole'),
  announced: count
    .optional()
    .describe(
      'Their totalRecords: fewer than received where rows came meanwhile; absent where none was said',
    ),
});
export type ReadingRecord = z.infer<typeof ReadingRecord>;

const names = z.array(z.string());

/** How a window's source differs from its mapping: some names of each kind, the generation's manifest has all. */
export const WindowDrift = z.strictObject({
  new: names.describe('Fields that no mapping knows, by their names in the source'),
  missing: names.describe('Lake columns that nothing came for'),
  retyped: names.describe('Lake columns whose values came as another kind of JSON than their type’s'),
  empty: names.describe('Lake columns without a value in any row'),
});
export type WindowDrift = z.infer<typeof WindowDrift>;

/** Why rows of a window were rejected: how many for one reason, and where the first of them is. Names and counts, no value. */
export const RejectReason = z.strictObject({
  reason: z.string().describe('As quarantine has it'),
  column: z.string().optional().describe('The source’s name of the column that the reason is about'),
  rows: count,
  part: count.optional(),
  line: count.optional(),
});
export type RejectReason = z.infer<typeof RejectReason>;

/** What became of one window of a run. */
export const WindowRecord = z.strictObject({
  dataset: DatasetId,
  day: Day,
  task: WindowTask,
  outcome: z.enum(['committed', 'unchanged', 'alreadyRunning', 'pinned', 'failed', 'notTried']),
  error: z.string().optional(),
  sentence: z.string().optional(),
  generation: GenerationId.optional(),
  rows: RowCounts.optional(),
  parts: count.optional(),
  files: count.optional(),
  manifestKey: z.string().optional().describe('Lists the files'),
  bytesIn: count.optional(),
  bytesOut: count.optional(),
  driftColumns: count.optional().describe('New fields and missing columns'),
  drift: WindowDrift.optional().describe(
    'Absent where the source is as the mapping says, and no column is empty',
  ),
  rejected: z
    .array(RejectReason)
    .optional()
    .describe('Why rows were rejected, the most frequent reasons first; absent without rejects'),
  delivery: WindowDelivery.optional().describe('What became of its delivery to the webhook'),
  reading: ReadingRecord.optional(),
  /** Milliseconds of work by stage: waiting between them is not in it. */
  stages: z.record(z.string(), count),
  /** When each stage was first begun and last ended, in the order of beginning. What lies between is waiting, or other stages. */
  timeline: z
    .array(z.strictObject({ stage: z.string(), from: instant, to: instant, calls: count, failed: count }))
    .default([]),
  queueWaitMilliseconds: count,
});
export type WindowRecord = z.infer<typeof WindowRecord>;

/** How a dataset of a run stands after it. */
export const DatasetRecord = z.strictObject({
  dataset: DatasetId,
  loadedThrough: instant.optional(),
  maxEvent: instant.optional(),
  drift: z
    .strictObject({ raised: z.array(z.string()), open: count })
    .describe('Columns that no mapping knows: first seen by this run, and not acknowledged yet'),
});
export type DatasetRecord = z.infer<typeof DatasetRecord>;

/** The record of a run: one JSON document, free of personal data. */
export const RunRecord = z.strictObject({
  run: RunArn,
  name: z.string(),
  tenant: TenantId,
  pipeline: PipelineName,
  outcome: z.enum(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
  /** Name of the catalogue, what it means and what to do. */
  error: z
    .strictObject({ name: z.string(), sentence: z.string(), acts: z.string(), remedy: z.string() })
    .optional(),
  input: z.unknown(),
  startedAt: instant,
  endedAt: instant,
  milliseconds: count,
  redrives: count,
  windows: z.array(WindowRecord),
  alreadyCommitted: count,
  leftOver: count,
  pinned: z
    .array(PinnedWindow)
    .default([])
    .describe('Windows that were rolled back and pinned: the run left them as they are. The first 500'),
  paused: z.boolean().default(false).describe('The pipeline is paused: its schedule’s start did nothing'),
  totals: z.strictObject({
    rowsIn: count,
    rowsOut: count,
    rejects: count,
    duplicates: count,
    superseded: count,
    outsideWindow: count,
    files: count,
    bytesIn: count,
    bytesOut: count,
  }),
  /** Rows accounted for, of rows parsed: 1, or the run would have failed. Absent without rows. */
  integrity: z.number().optional(),
  answers: z.record(z.string(), count).describe('CXone’s answers by HTTP status; 0 is no answer'),
  drift: z
    .strictObject({ raised: z.array(z.string()), open: count })
    .describe('The drift of all its datasets together'),
  retries: count.describe('Invocations that failed and were tried again'),
  throttledSeconds: z.number(),
  loadedThrough: instant.optional().describe('Before it every day of all its datasets is there'),
  maxEvent: instant.optional().describe('The greatest event time of any of its datasets'),
  datasets: z.array(DatasetRecord).describe('How each dataset stands after the run'),
  report: z
    .record(z.string(), z.json())
    .optional()
    .describe('What the pipeline itself has to say of the run'),
  costUsd: z.number().describe('Estimate of the usage on AWS'),
});
export type RunRecord = z.infer<typeof RunRecord>;
