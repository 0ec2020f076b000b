import { z } from 'zod';
import { Day } from './days.ts';
import { DatasetId, GenerationId, RunArn } from './ids.ts';
import { InteractionId } from './interactions.ts';
import { PipelineName } from './pipelines.ts';
import { Deployed, TenantStatus } from './status.ts';

const window = { dataset: DatasetId, day: Day };

/** Interactions that one operation may be given: each gets an audit record of its own. */
const MOST_INTERACTIONS = 100;

const interactions = z
  .array(InteractionId)
  .min(1)
  .max(MOST_INTERACTIONS)
  .superRefine((ids, context) => {
    ids.forEach((id, index) => {
      if (ids.indexOf(id) !== index)
        context.addIssue({ code: 'custom', path: [index], message: 'must be listed once only' });
    });
  });
const REASON_LENGTH = 200;

/** What an operator may ask of the operations machine, each by its name; an input has exactly one of them. */
export const OPERATIONS = {
  rollback: z
    .strictObject({ ...window, to: GenerationId.optional() })
    .describe(
      'Make an earlier generation of a window current, by default the one that was replaced, and pin it',
    ),
  unpin: z.strictObject(window).describe('Let runs commit the window again'),
  pause: z
    .strictObject({ pipeline: PipelineName, reason: z.string().max(200).default('') })
    .describe('Let the schedule’s starts of a pipeline do nothing'),
  resume: z.strictObject({ pipeline: PipelineName }).describe('Let the schedule start the pipeline again'),
  giveUp: z
    .strictObject({ interactions, reason: z.string().trim().min(1).max(REASON_LENGTH) })
    .describe('Let runs of the archive count interactions as unavailable, and look them up no more'),
  takeUp: z
    .strictObject({ interactions, reason: z.string().trim().max(REASON_LENGTH).default('') })
    .describe('Let runs of the archive look up again what was given up'),
  nightNotice: z
    .strictObject({ scheduledTime: z.iso.datetime().optional().describe('The schedule’s own time') })
    .describe('Give notice of what the night has brought, and of what is missing'),
  status: z.strictObject({}).describe('Say how the tenant stands'),
  doctor: z.strictObject({}).describe('Look at everything that a run of the tenant needs'),
} as const;

/** An input of the operations machine, field by field. */
export const OperationInput = z.strictObject({
  rollback: OPERATIONS.rollback.optional(),
  unpin: OPERATIONS.unpin.optional(),
  pause: OPERATIONS.pause.optional(),
  resume: OPERATIONS.resume.optional(),
  giveUp: OPERATIONS.giveUp.optional(),
  takeUp: OPERATIONS.takeUp.optional(),
  nightNotice: OPERATIONS.nightNotice.optional(),
  status: OPERATIONS.status.optional(),
  doctor: OPERATIONS.doctor.optional(),
});
export type OperationInput = z.infer<typeof OperationInput>;

export const OperatePayload = z.strictObject({
  run: RunArn,
  input: z.unknown().describe('The input of the execution, as it was given'),
  deployed: Deployed,
});
/**
 * A rollback goes on, to a generation that has been looked at, and so do an examination, and a decision to its audit records; everything
 * else is done by now.
 */
export const OperateResult = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('rollback'), ...window, to: GenerationId }),
  z.strictObject({ operation: z.literal('done'), sentence: z.string() }),
  z.strictObject({
    operation: z.literal('decided'),
    sentence: z.string(),
    days: z.array(Day).describe('Archive days that owe audit records of it'),
  }),
  z.strictObject({ operation: z.literal('status'), status: TenantStatus }),
  z.strictObject({ operation: z.literal('doctor') }),
]);

export const RollBackPayload = z.strictObject({
  run: RunArn,
  ...window,
  to: GenerationId,
  deliver: z.boolean().default(false).describe('Whether the rollback is to be delivered to the webhook'),
});
export const RollBackResult = z.strictObject({
  epoch: z.int().min(1),
  generation: GenerationId,
  replaced: GenerationId.optional(),
});

/** What the operations machine answers to a rollback, when all steps of its commit are done. */
export const RolledBack = z.strictObject({
  operation: z.literal('rolledBack'),
  ...window,
  generation: GenerationId.describe('The current one now, and pinned'),
  replaced: GenerationId.optional().describe('The one before. Absent where it was this one already'),
});

export const DoctorPayload = z.strictObject({ run: RunArn });
