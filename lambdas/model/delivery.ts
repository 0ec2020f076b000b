import { z } from 'zod';
import { Day } from './days.ts';
import { DatasetId, GenerationId, RunArn } from './ids.ts';
import { PipelineName } from './pipelines.ts';

const instant = z.iso.datetime({ precision: 3 });
const count = z.int().min(0);

/** How a delivery stands: `dead` after its last try, `superseded` by a later commit of the same window. */
export const DeliveryState = z.enum(['open', 'delivered', 'dead', 'superseded']);
export type DeliveryState = z.infer<typeof DeliveryState>;

/** What a commit's deliveries say of it. */
export const CommitFacts = z.strictObject({
  type: z.enum(['records', 'committed']).describe('With the records, or the reference and counts alone'),
  pipeline: PipelineName,
  dataset: DatasetId,
  day: Day,
  commit: z.int().min(1).describe('The n-th of the day: a later one replaces what an earlier one delivered'),
  generation: GenerationId,
  replaces: GenerationId.nullable().describe('The generation that was current before'),
  committedAt: instant,
  rows: count,
  manifestKey: z.string(),
});
export type CommitFacts = z.infer<typeof CommitFacts>;

/** What the notice of a failure says. */
export const FailureFacts = z.strictObject({
  type: z.literal('failed'),
  pipeline: PipelineName,
  run: RunArn,
  outcome: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
  error: z.strictObject({ name: z.string(), meaning: z.string(), acts: z.string(), remedy: z.string() }),
  startedAt: instant,
  endedAt: instant,
  recordKey: z.string(),
});
export type FailureFacts = z.infer<typeof FailureFacts>;

/** What is said of a run of updates of data actions: with its records each update by itself, or the sums and where the results are. */
export const UpdatesFacts = z.strictObject({
  type: z.enum(['dataActionUpdated', 'dataActionsUpdated']),
  pipeline: PipelineName,
  run: RunArn,
  share: z.string().describe('Which updates of the run: one, by its place in the list, or all'),
  updates: z.record(z.string(), count).describe('How often each outcome came'),
  resultsKey: z.string(),
});
export type UpdatesFacts = z.infer<typeof UpdatesFacts>;

/** What is delivered: references, counts and names; of records, only where they are. */
export const DeliveryFacts = z.discriminatedUnion('type', [CommitFacts, FailureFacts, UpdatesFacts]);
export type DeliveryFacts = z.infer<typeof DeliveryFacts>;

/** Bounds of a batch. */
export const BatchLimits = z.object({
  records: z.int().min(1),
  bytes: z
    .int()
    .min(1)
    .describe('Of the records, the commas between them included. A single record may exceed it'),
});
export type BatchLimits = z.infer<typeof BatchLimits>;

/** What a window's item and a run's record keep of the delivery of the current commit. */
export const WindowDelivery = z.strictObject({
  commit: z.int().min(1),
  state: z.enum(['delivered', 'dead', 'superseded', 'withdrawn']),
  batches: count,
  records: count,
  reason: z.string().optional(),
});
export type WindowDelivery = z.infer<typeof WindowDelivery>;
