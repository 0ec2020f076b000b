import { z } from 'zod';
import { Examination } from './doctor.ts';
import { RunArn } from './ids.ts';
import { ClaimedWindow } from './payloads.ts';
import { PipelineName } from './pipelines.ts';

/* What passes between the states after a window's Publish: audit and delivery. */

const instant = z.iso.datetime({ precision: 3 });
const count = z.int().min(0);

/** A window whose commit owes audit records. */
export const AuditPayload = z.strictObject({
  ...ClaimedWindow.shape,
  pipeline: PipelineName,
  delivers: z.boolean().default(false).describe('Whether a webhook is told of the commit afterwards'),
});
export const AuditResult = z.strictObject({ recorded: count });

/** What is to be delivered to the webhook: what a window owes, what the machine of deliveries was started with, or a test. */
export const DeliverPayload = z.union([
  z.strictObject({
    run: RunArn,
    examination: Examination.describe('To which what is found of the webhook is added'),
  }),
  z.strictObject({ ...ClaimedWindow.shape, pipeline: PipelineName }),
  z.strictObject({
    run: RunArn,
    unit: z.string().describe('For the run’s notes'),
    updates: z.string().describe('Which updates of data actions: one batch of a round, or all of the run'),
    key: z.string().optional().describe('Of the batch; absent for the run'),
  }),
  z.strictObject({
    run: RunArn,
    input: z.unknown().describe('A status change, or {} for what was given up'),
  }),
]);
export const DeliverResult = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('done'), delivered: count, dead: count }),
  z.strictObject({ outcome: z.literal('again'), at: instant }),
]);
/** What the function gives: how deliveries stand, or the examination. */
export const DeliverOutcome = z.union([DeliverResult, Examination]);
