import { z } from 'zod';
import { Arithmetic, Operation, ZoneName } from './date-updates.ts';

/** An update as the plan leaves it for the functions: validated, with its place in the run's list, and computed. */
export const PlannedUpdate = z.strictObject({
  index: z.int().min(0).describe('Its place in the list of the run, from 0'),
  action: z.string(),
  timestamp: z.string(),
  zone: ZoneName,
  operation: Operation,
  offsetMinutes: z.int().optional(),
  arithmetic: Arithmetic,
  precision: z.int().min(0).max(3),
  sourceField: z.string().optional(),
  targetField: z.string().optional(),
  assumeUtc: z.boolean(),
  sendLocalValue: z.boolean(),
  computedValue: z.string().describe('The instant in UTC'),
  localValue: z.string().describe('The zone’s local time with its true offset'),
  truncated: z.boolean().describe('Whether decimals of the source were cut off'),
});
export type PlannedUpdate = z.infer<typeof PlannedUpdate>;

/** A share of a run's updates: one child execution works it off. */
export const UpdateBatch = z.strictObject({
  batch: z.int().min(0),
  key: z.string().describe('Of the S3 object that lists its updates'),
  updates: z.int().min(1),
});
export type UpdateBatch = z.infer<typeof UpdateBatch>;
