import { z } from 'zod';
import { Day } from './days.ts';
import { FamilyName } from './families.ts';
import { GenerationFacts } from './generation-facts.ts';
import { HashKeyVersion } from './hash-key.ts';
import { DatasetId, GenerationId, JobId, RunArn, TokenFingerprint } from './ids.ts';
import { Mapping } from './mapping.ts';
import {
  CdrFilters,
  CdrSettings,
  OutputFormat,
  PipelineName,
  Thresholds,
  WindowedPipelineName,
} from './pipelines.ts';
import { DayRange } from './ranges.ts';
import { Overrides, WindowTask } from './window-lists.ts';

/*
 * What passes between states and functions: one schema a payload and a result. Machines (lib/workflows) are written against
 * these types, handlers parse their input with these schemas. All are small: references, counts and facts.
 */

export { GenerationFacts, Integrity, RowCounts } from './generation-facts.ts';
export { ListedWindow, Overrides, PinnedWindow, PlannedWindow, WindowTask } from './window-lists.ts';

const instant = z.iso.datetime({ precision: 3 });
const count = z.int().min(0);

/** A window of a dataset and the claim under which a child works on it. Every child state passes it. */
export const ClaimedWindow = z.strictObject({
  run: RunArn,
  epoch: z.int().min(1).describe('Of the claim: writes of an older one are refused'),
  dataset: DatasetId,
  day: Day,
});
export type ClaimedWindow = z.infer<typeof ClaimedWindow>;

/** How the machine stands with a call to CXone: see the with-token fragment. */
export const CallFacts = z.strictObject({
  renewed: z.boolean().describe('The token was renewed for this very call: a second 401 is final'),
  throttles: count.describe('How often this call has been throttled in a row'),
});

/** A dataset that a pipeline loads, and the first day of it where the configuration names one. */
export const PlannedDataset = z.strictObject({ dataset: DatasetId, startDate: Day.optional() });
export type PlannedDataset = z.infer<typeof PlannedDataset>;

/** Which windows of a dataset a run takes. */
export const PlanningSettings = CdrSettings.pick({
  settleMinutes: true,
  catchUpDays: true,
  restateDays: true,
});
export type PlanningSettings = z.infer<typeof PlanningSettings>;

export const PlanSettings = z.strictObject({
  pipeline: WindowedPipelineName,
  datasets: z.array(PlannedDataset).min(1).max(200).describe('A run takes windows of each'),
  requiredColumns: z
    .array(z.string())
    .default([])
    .describe('Source names without which nothing can be transformed'),
  rangeDays: DayRange.shape.days.optional().describe('Days that are exported together; absent: each alone'),
  ...PlanningSettings.shape,
});
export type PlanSettings = z.infer<typeof PlanSettings>;

export const PlanPayload = z.strictObject({
  run: RunArn,
  startTime: z.iso.datetime(),
  input: z.unknown().describe('The input of the execution, as it was given'),
  settings: PlanSettings,
});

export const ClaimPayload = z.strictObject({ run: RunArn, dataset: DatasetId, day: Day, task: WindowTask });
export const ClaimResult = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('claimed'),
    epoch: z.int().min(1),
    task: WindowTask,
    attempt: z.int().min(1).optional().describe('For a replay: the attempt whose raw parts are transformed'),
  }),
  z.strictObject({ outcome: z.literal('alreadyCommitted'), generation: GenerationId }),
  z.strictObject({ outcome: z.literal('alreadyRunning'), owner: RunArn }),
  z.strictObject({ outcome: z.literal('pinned'), generation: GenerationId }),
]);

export const TokenPayload = z.strictObject({
  family: FamilyName,
  rejected: TokenFingerprint.optional().describe('The token that CXone answered 401 to'),
  run: RunArn.optional().describe('With dataset and day, or unit, whose record a failure is noted for'),
  dataset: DatasetId.optional(),
  day: Day.optional(),
  unit: z.string().optional(),
});
export const TokenResult = z.strictObject({ expiresAt: instant, fingerprint: TokenFingerprint });

export const SubmitSettings = CdrSettings.pick({
  reportId: true,
  columns: true,
  filters: true,
  format: true,
});
export type SubmitSettings = z.infer<typeof SubmitSettings>;

export const SubmitPayload = z.strictObject({
  ...ClaimedWindow.shape,
  ...CallFacts.shape,
  task: WindowTask,
  overrides: Overrides.pick({ columns: true }).extend({ filters: CdrFilters.optional() }),
  settings: z.strictObject({
    reportId: z.string(),
    columns: z.array(z.string()).min(1),
    filters: CdrFilters.optional(),
    format: z.enum(['csv', 'json']),
  }),
});
export const SubmitResult = z.strictObject({ attempt: z.int().min(1), jobId: JobId, pollAt: instant });

export const PollPayload = z.strictObject({
  ...ClaimedWindow.shape,
  ...CallFacts.shape,
  attempt: z.int().min(1),
  partsMissing: count.describe('How often a part was not there yet: the list is asked for again'),
  outputs: z.array(OutputFormat).min(1),
  transformDisk: z
    .int()
    .min(512)
    .describe('Megabytes: a window that needs more is stopped before its download'),
});
export const PollResult = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('pending'), pollAt: instant }),
  z.strictObject({ outcome: z.literal('waiting'), pollAt: instant }),
  z.strictObject({ outcome: z.literal('resubmit'), at: instant }),
  z.strictObject({
    outcome: z.literal('completed'),
    parts: z.array(z.int().min(1)).max(5_000),
    bytes: count,
  }),
]);

export const DownloadPayload = z.strictObject({
  ...ClaimedWindow.shape,
  ...CallFacts.shape,
  attempt: z.int().min(1),
  part: z.int().min(1),
  format: z.enum(['csv', 'json']),
  fetch: z.int().min(1).describe('A part that an earlier fetch stored is fetched again'),
  partsMissing: count,
});
export const DownloadResult = z.strictObject({ part: z.int().min(1), bytes: count, fetched: z.boolean() });

export const TransformSettings = z.strictObject({
  format: z.enum(['csv', 'json']),
  mapping: Mapping,
  key: z.array(z.string()).min(1),
  outputs: z.array(OutputFormat).min(1),
  thresholds: Thresholds,
  hashKey: HashKeyVersion.optional().describe('Where a column is hashed: with which of the tenant’s keys'),
});
export type TransformSettings = z.infer<typeof TransformSettings>;

export const TransformPayload = z.strictObject({
  ...ClaimedWindow.shape,
  task: WindowTask,
  attempt: z.int().min(1),
  fetch: z.int().min(1),
  settings: TransformSettings,
});

export const TransformResult = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('transformed'), facts: GenerationFacts }),
  z.strictObject({ outcome: z.literal('fetchAgain'), announced: count, received: count }),
]);

export const CommitPayload = z.strictObject({
  ...ClaimedWindow.shape,
  task: WindowTask,
  attempt: z.int().min(1),
  facts: GenerationFacts,
  submittedAt: z.iso
    .datetime()
    .nullish()
    .describe('When CXone was asked for what was committed, where the window’s own item does not say so'),
  deliver: z.boolean().default(false).describe('Whether the commit is to be delivered to the webhook'),
  ...PlanningSettings.pick({ restateDays: true, settleMinutes: true }).shape,
});
export const CommitResult = z.strictObject({
  generation: GenerationId,
  replaced: GenerationId.optional(),
  unchanged: z.boolean(),
});

export const PublishPayload = z.strictObject({
  ...ClaimedWindow.shape,
  startDates: z
    .partialRecord(DatasetId, Day)
    .describe('The first day of a dataset, where the configuration names one'),
});
export const PublishResult = z.strictObject({
  generation: GenerationId,
  loadedThrough: z.iso.datetime().optional(),
});

export const ReconcilePayload = z.strictObject({
  run: RunArn,
  pipeline: WindowedPipelineName,
  listKey: z.string(),
  round: count.describe('The redrive in which the Map ran last, 0 for the first attempt'),
  redrive: count.describe('The redrive that is under way, 0 for the first attempt'),
});
export const ReconcileResult = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('complete'), committed: count, alreadyRunning: count, pinned: count }),
  z.strictObject({ outcome: z.literal('again'), windows: count, listKey: z.string() }),
]);

/** What a machine's last state hands to the recorder. */
export const RecordPayload = z.strictObject({
  run: RunArn,
  pipeline: PipelineName,
  outcome: z.enum(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
});
export type RecordPayload = z.infer<typeof RecordPayload>;

/** The ending that an event of the execution-status rule tells of: it may be past by now, because a run that failed can be redriven. */
export interface ToldEnding extends RecordPayload {
  told: {
    /** Epoch milliseconds; undefined where the event does not say. */
    endedAt: number | undefined;
    /** How often the run had been redriven by then; undefined where the event does not say. */
    redrives: number | undefined;
  };
}

/** An event of the execution-status rule. It carries no cause: that is looked up. */
export const StatusChange = z
  .looseObject({
    source: z.literal('aws.states'),
    detail: z.looseObject({
      executionArn: RunArn,
      stateMachineArn: z.string(),
      status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
      stopDate: z.number().nullish(),
      redriveCount: z.int().nullish(),
    }),
  })
  .transform(({ detail }, context): ToldEnding => {
    const pipeline = PipelineName.options.find((name) => detail.stateMachineArn.endsWith(`-${name}`));
    if (pipeline === undefined) {
      context.addIssue({ code: 'custom', message: 'must be of a machine whose name ends with a pipeline’s' });
      return z.NEVER;
    }
    return {
      run: detail.executionArn,
      pipeline,
      outcome: detail.status,
      told: { endedAt: detail.stopDate ?? undefined, redrives: detail.redriveCount ?? undefined },
    };
  });

/** The dataset of the historical interactions. */
export const ANALYTICS_DATASET = DatasetId.parse('interactions');

/** The dataset of the daily call detail records. */
export const CDR_DATASET = DatasetId.parse('cdr');

/** What the recorder takes: a machine's payload, or the rule's event. */
export const RecordEvent = z.union([RecordPayload, StatusChange]);
export const RecordResult = z.strictObject({ recordKey: z.string() });
