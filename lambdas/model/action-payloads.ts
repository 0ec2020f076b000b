import { z } from 'zod';
import { DataActionsSettings, MOST_INLINE_UPDATES } from './data-actions-pipeline.ts';
import { DateUpdate } from './date-updates.ts';
import { RunArn } from './ids.ts';

/*
 * What passes between the states and functions of `data-action-dates`. See payloads.ts for the other pipelines.
 */

const instant = z.iso.datetime({ precision: 3 });
const count = z.int().min(0);

/** What the run's states pass on: which run, and which round of it (the redrive under which its list was made). */
const runFacts = {
  run: RunArn,
  round: count,
  dryRun: z.boolean(),
};

const unit = z
  .string()
  .describe('Name of this share of the work, for the run’s notes; empty for a dry run, which leaves none');

/** How the machine stands with the token and the limiter: see the with-token fragment. */
const callFacts = {
  renewed: z.boolean().describe('The token was renewed for this very call: a second 401 is final'),
  throttles: count.describe('How often this call has been throttled in a row'),
};

export const PlanUpdatesPayload = z.strictObject({
  run: RunArn,
  startTime: z.iso.datetime(),
  input: z.unknown().describe('The input of the execution, as it was given'),
  settings: z.strictObject({
    ...DataActionsSettings.pick({ batchSize: true }).shape,
    updates: z.array(z.unknown()).max(MOST_INLINE_UPDATES).describe('The configured list, for {}'),
  }),
});

const listFacts = {
  updates: count,
  listKey: z.string().describe('Of the list of batches that the Map reads'),
  nameHint: z.string().describe('The name that is looked for where it is one alone, else empty'),
};

export const PlanUpdatesResult = z.strictObject({
  ...listFacts,
  dryRun: z.boolean(),
  paused: z.boolean().describe('The schedule’s start of a paused pipeline: nothing is done'),
  estimate: z
    .strictObject({ calls: count, minutes: count, costUsd: z.number().min(0) })
    .describe('What the list comes to: calls to CXone at the most, minutes that they take, USD on AWS'),
});

export const ListActionsPayload = z.strictObject({
  ...runFacts,
  unit,
  ...callFacts,
  nameHint: z.string(),
  pageSize: z.int().min(1),
});
export const ListActionsResult = z.strictObject({
  outcome: z.enum(['listed', 'more']),
  actions: count,
});

export const UpdateActionsPayload = z.strictObject({
  ...runFacts,
  unit,
  ...callFacts,
  batch: count,
  key: z.string(),
  startTime: z.iso
    .datetime()
    .optional()
    .describe('When the run was started; absent from runs that an earlier release has begun'),
});
export const UpdateActionsResult = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('done'), updates: count }),
  z.strictObject({ outcome: z.literal('again'), at: instant }),
]);
export type UpdateActionsResult = z.infer<typeof UpdateActionsResult>;

export const AuditUpdatesPayload = z.strictObject({ run: RunArn, unit, key: z.string() });
export const AuditUpdatesResult = z.strictObject({ recorded: count });

export const ReconcileUpdatesPayload = z.strictObject({
  ...runFacts,
  ...DataActionsSettings.pick({ batchSize: true }).shape,
  redrive: count.describe('The redrive that is under way, 0 for the first attempt'),
  tellsEach: z.boolean().default(false).describe('Whether the webhook is told of each update by itself'),
});

/** What a dry run shows of one update. */
export const ShownUpdate = z.strictObject({
  index: count,
  action: z.string(),
  outcome: z.enum(['wouldUpdate', 'inPlace', 'failed', 'notTried']),
  before: z.json().optional(),
  after: z.json().optional(),
  localValue: z.string(),
  error: z.string().optional(),
});
export type ShownUpdate = z.infer<typeof ShownUpdate>;

export const ReconcileUpdatesResult = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('complete'), updated: count, inPlace: count, resultsKey: z.string() }),
  z.strictObject({ outcome: z.literal('again'), ...listFacts }),
  z.strictObject({
    outcome: z.literal('shown'),
    shown: z.array(ShownUpdate).describe('As many as a state may hold'),
    updates: count,
    resultsKey: z.string().describe('Of the object that holds all'),
  }),
]);

/** What a run may be asked for. `{}` is the configured list. */
export const ActionsInput = z.strictObject({
  scheduledTime: z.iso
    .datetime({ error: 'must be an instant in UTC such as 2024-05-16T03:30:00Z' })
    .optional()
    .describe('The schedule’s own time'),
  updates: z.array(DateUpdate).min(1).max(MOST_INLINE_UPDATES).optional(),
  manifest: z.string().min(1).max(1_024).optional().describe('Key of an object of JSON lines in the lake'),
  dryRun: z.boolean().optional().describe('Show each configuration before and after, and write nothing'),
});
