import { z } from 'zod';
import { Day } from '../model/days.ts';
import { WindowDelivery } from '../model/delivery.ts';
import { catalogued } from '../model/errors.ts';
import { GenerationId, JobId, RunArn } from '../model/ids.ts';
import { GenerationFacts } from '../model/payloads.ts';
import { PipelineName } from '../model/pipelines.ts';
import type { Item, ItemKey } from '../model/ports.ts';

const milliseconds = z.number();
const count = z.int().min(0);

/**
 * What became of the attempt's job: `intended` before the POST, `submitted` once its id is stored, then as CXone says;
 * `expired` when CXone no longer knows it.
 */
export const JobState = z.enum(['intended', 'submitted', 'completed', 'failed', 'expired']);
export type JobState = z.infer<typeof JobState>;

/** The item of one window, as this release writes it. Instants are epoch milliseconds. */
export const WindowState = z.object({
  day: Day,
  claimedBy: RunArn.optional().describe('The run that works on the window'),
  epoch: count.default(0).describe('Raised by every claim: writes under an older one fail'),
  leaseUntil: milliseconds
    .default(0)
    .describe('Another run may take over afterwards; every handler renews it'),

  attempt: count.default(0).describe('The n-th job of the window; 0 before the first'),
  raisedFor: RunArn.optional().describe(
    'The run that raised the attempt for a refresh or a restatement: once a run',
  ),
  foundBy: RunArn.optional().describe(
    'The run that asks again and has found a job under way: one that turns out to have ended before is not taken',
  ),
  jobKey: z.string().optional().describe('X-Request-Id of the attempt'),
  jobState: JobState.optional(),
  jobId: JobId.optional(),
  jobStatus: z.string().optional().describe('CXone’s own word for it, at the last poll'),
  intendedAt: milliseconds
    .optional()
    .describe('When the attempt was raised: its job may be of then, where the answer to a POST was lost'),
  submittedAt: milliseconds.optional(),
  waitedSince: milliseconds.optional().describe('A day later the run that polls gives up'),
  changedAt: milliseconds.optional().describe('When CXone’s word last changed'),
  nextPollAt: milliseconds.default(0).describe('No run asks for the status earlier'),
  polls: count.default(0),
  failures: count.default(0).describe('Jobs in a row that CXone ended as FAILED'),
  forgottenJobs: count.optional().describe('Jobs that CXone no longer knew, under one claim'),
  forgottenUnder: count.optional().describe('That claim’s epoch'),
  filesDigest: z.string().optional().describe('Of the complete list of files that CXone gave last'),
  filesSeenAt: milliseconds.optional().describe('When that list was first given'),
  partsKey: z.string().optional().describe('The stored list of parts: two equal answers confirmed it'),
  partCount: count.optional(),
  completedAt: milliseconds.optional().describe('When the list of parts was confirmed'),
  partsMissing: count.default(0).describe('Rounds of a part that was not there, under one claim'),
  missingUnder: count.optional().describe('That claim’s epoch'),
  readBy: RunArn.optional().describe('The run that has read the attempt’s pages to their end'),

  generation: GenerationId.optional().describe('The current generation: the window is committed'),
  facts: GenerationFacts.optional(),
  sourceAttempt: count.optional().describe('The attempt whose raw parts the current generation is made of'),
  committedAt: milliseconds.optional(),
  committedBy: RunArn.optional(),
  publishedBy: RunArn.optional().describe('The run that last saw the commit through'),
  replaced: GenerationId.optional().describe('The generation that was current before'),
  lateRowsSince: milliseconds
    .optional()
    .describe('When CXone was asked for what was committed last, where late rows were awaited beyond then'),
  registrants: z
    .set(z.string())
    .default(new Set())
    .describe('Committers that have begun the later steps and not ended them'),
  catalogGeneration: GenerationId.optional(),
  currentGeneration: GenerationId.optional(),
  commits: count.default(0).describe('The n-th commit of the window is the current one'),
  unaudited: z
    .set(z.string())
    .default(new Set())
    .describe('What has no audit record yet, each as JSON: see OwedEntry'),
  auditSequence: count.optional().describe('The latest audit record of the window'),
  auditPipeline: PipelineName.optional().describe('Whose chain that record is in'),
  deliverCommit: count.optional().describe('The latest commit that is to be delivered to the webhook'),
  deliveredCommit: count.optional().describe('The latest commit whose delivery is over, however it ended'),
  delivery: WindowDelivery.optional().describe('How it ended'),
  pinned: z.boolean().default(false),
});
export type WindowState = z.infer<typeof WindowState>;

/** The state of a window that the ledger has never seen. */
export function untouched(day: Day): WindowState {
  return WindowState.parse({ day });
}

/** Reads an item. Throws `LedgerUnreadable` where it is not of our form. */
export function windowStateOf(key: ItemKey, item: Item | undefined): WindowState {
  const parsed = WindowState.safeParse({ ...item, day: key.sk });
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw catalogued(
    'LedgerUnreadable',
    `The ledger's item ${key.pk} / ${key.sk} has unreadable fields: ${fields}.`,
  );
}

/** Whether the window has a current generation and nobody has left its commit half way: every step of it has been seen through. */
export function isSettled(state: WindowState): boolean {
  return state.generation !== undefined && state.registrants.size === 0 && !owesSteps(state);
}

/** Whether steps that come after the marks are still to be done, by whoever takes the window up. */
export function owesSteps(state: WindowState): boolean {
  return state.unaudited.size > 0 || (state.deliverCommit ?? 0) > (state.deliveredCommit ?? 0);
}
