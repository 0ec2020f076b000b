import { z } from 'zod';
import { Day } from './days.ts';
import { Examination } from './doctor.ts';
import { DatasetId, RunArn } from './ids.ts';
import { InteractionId } from './interactions.ts';
import { MediaSettings } from './media.ts';
import { ClaimedWindow } from './payloads.ts';

/*
 * What passes between the states and functions of the interaction archive. All are small: references, counts and facts. `day`
 * beside `run` names the note that an invocation leaves for the run's record: the archive day, or the run's own day where
 * the work is of no single one.
 */

const count = z.int().min(0);
const noted = { run: RunArn, dataset: DatasetId, day: Day };
const calls = {
  renewed: z.boolean().describe('The token was renewed for this very call: a second 401 is final'),
  throttles: count.describe('How often this call has been throttled in a row'),
};
const round = count.describe('The redrive in which the run began to list, 0 for the first attempt');
const field = z.string().min(1);

/** What planning takes from the pipeline's settings. */
export const ArchivePlanSettings = z.strictObject({
  startDate: Day.optional(),
  lookBackMinutes: z.int().min(1),
  catchUpDays: z.int().min(1),
});
export type ArchivePlanSettings = z.infer<typeof ArchivePlanSettings>;

export const ArchivePlanPayload = z.strictObject({
  run: RunArn,
  startTime: z.iso.datetime(),
  input: z.unknown().describe('The input of the execution, as it was given'),
  settings: ArchivePlanSettings,
});
export const ArchivePlanResult = z.strictObject({
  day: Day.describe('The UTC day of the run’s instant'),
  mode: z.enum(['range', 'ids', 'pending']),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
  leftOver: z.boolean().describe('The range ends before the run’s instant: later runs take the rest'),
  pendingDays: count.describe('Archive days with something that an earlier run left to do'),
  estimate: z
    .strictObject({ interactions: count, calls: count, costUsd: z.number().min(0), known: z.boolean() })
    .describe('By what earlier runs found; not known before the first'),
  dryRun: z.boolean(),
  paused: z.boolean().describe('The schedule’s start of a paused pipeline: nothing is done'),
});

export const ArchiveListPayload = z.strictObject({ ...noted, ...calls, round });
export const ArchiveListResult = z.strictObject({
  more: z.boolean(),
  listed: count.describe('Interactions that are to be looked up'),
  listKey: z.string().describe('JSON lines, by archive day and id'),
});

/** One line of the list of interactions. `at` is the updated time that the query gave. */
export const ListedInteraction = z.strictObject({
  n: count.describe('Its place in the list'),
  id: InteractionId,
  day: Day.optional().describe('Its archive day; absent where nothing is known of it yet'),
  at: z.iso.datetime().optional(),
  refused: z.literal(true).optional().describe('CXone refused it (403) when it was looked at last'),
  givenUp: z
    .literal(true)
    .optional()
    .describe('An operator has given it up: it is counted, and not looked at'),
});
export type ListedInteraction = z.infer<typeof ListedInteraction>;

/** Places of the list that follow each other: what is staged of a batch is taken for every place from its first to its last. */
const Batch = z
  .array(ListedInteraction)
  .min(1)
  .refine((items) => items.every(({ n }, index) => n === (items[0]?.n ?? 0) + index), {
    error: 'must follow each other in the list',
  });

export const ArchiveDetailsPayload = z.strictObject({ ...noted, ...calls, round, field, items: Batch });
export const ArchiveDetailsResult = z.strictObject({ more: z.boolean(), looked: count });

export const ArchiveDaysPayload = z.strictObject({ ...noted, round });
export const ArchiveDaysResult = z.strictObject({ days: count, listKey: z.string() });

export const ArchiveSealPayload = z.strictObject({ ...ClaimedWindow.shape, round, value: z.string().min(1) });
export const ArchiveSealResult = z.strictObject({ more: z.boolean(), objects: count });
/** What the function is asked: to seal, or to say whether it could. */
export const ArchiveSealRequest = z.union([
  z.strictObject({
    run: RunArn,
    examination: Examination.describe('To which what is found of the archive’s keys is added'),
  }),
  ArchiveSealPayload,
]);
/** What the function gives: how sealing stands, or the examination. */
export const ArchiveSealOutcome = z.union([ArchiveSealResult, Examination]);

export const ArchiveMarkPayload = z.strictObject({
  ...ClaimedWindow.shape,
  ...calls,
  round,
  field,
  value: z.string().min(1),
  after: z.string().describe('Marking goes on behind this interaction; empty: from the first'),
});
export const ArchiveMarkResult = z.strictObject({ more: z.boolean(), after: z.string().optional() });

export const ArchiveMediaPayload = z.strictObject({
  ...ClaimedWindow.shape,
  ...calls,
  round,
  ...MediaSettings.shape,
  after: z.int().min(-1).describe('Media of what stands behind this place of the list are stored'),
});
export const ArchiveMediaResult = z.strictObject({ more: z.boolean(), after: z.int().min(-1) });

export const ArchiveReconcilePayload = z.strictObject({
  ...noted,
  round,
  redrive: count.describe('The redrive that is under way, 0 for the first attempt'),
  startTime: z.iso.datetime(),
});
export const ArchiveReconcileResult = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('complete'), archived: count, elsewhere: count }),
  z.strictObject({ outcome: z.literal('again') }),
]);
