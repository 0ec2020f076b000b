import { z } from 'zod';
import { PlannedWindow } from './payloads.ts';

const count = z.int().min(0);

/** What a plan came to: also what a dry run shows. */
export const PlanResult = z.strictObject({
  windows: count,
  listKey: z.string(),
  alreadyCommitted: count,
  leftOver: count.describe('Due, but more than catchUpDays: later runs take them'),
  holes: count.describe('Uncommitted days before the last committed one, before this run'),
  pinned: count.describe('Rolled back and pinned: left as they are'),
  paused: z.boolean().describe('The schedule’s start of a paused pipeline: nothing is done'),
  estimate: z
    .strictObject({
      calls: count,
      costUsd: z.number().min(0),
      fromRuns: count.describe('Earlier runs that it follows from; 0: an ordinary run’s'),
    })
    .describe('What the list comes to: calls to CXone, USD on AWS'),
  dryRun: z.boolean(),
  preview: z.array(PlannedWindow).max(31).describe('The first windows of the list, for people'),
  ranges: z
    .strictObject({
      exports: count,
      preview: z.array(PlannedWindow.extend({ days: count }).omit({ task: true })).max(31),
    })
    .optional()
    .describe('Where days are exported together: how many exports that takes, and the first of them'),
});
