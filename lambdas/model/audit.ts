import { z } from 'zod';
import { Day } from './days.ts';
import { DatasetId, GenerationId, RunArn, TenantId } from './ids.ts';
import { GenerationFacts } from './payloads.ts';
import { PipelineName } from './pipelines.ts';

const instant = z.iso.datetime({ precision: 3 });

/** What an audit record is about. */
export const AuditKind = z.enum(['commit', 'rollback', 'replay', 'archive', 'dataAction']);
export type AuditKind = z.infer<typeof AuditKind>;

/** Longest facts of an event, as JSON: a record stays far below what DynamoDB holds in an item. */
export const AUDIT_FACTS_BYTES = 16 * 1024;

/** Something that happened and is to be recorded once. Free of personal data and of secrets. */
export const AuditEvent = z.strictObject({
  id: z.string().min(1).max(300).describe('Names the event: of one name one record is made'),
  kind: AuditKind,
  at: instant.describe('When it happened'),
  run: RunArn.optional(),
  facts: z
    .record(z.string(), z.json())
    .refine(
      (facts) => JSON.stringify(facts).length <= AUDIT_FACTS_BYTES,
      `must be at most ${AUDIT_FACTS_BYTES} characters of JSON`,
    ),
});
export type AuditEvent = z.infer<typeof AuditEvent>;

/** SHA-256, lower-case hex. */
const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex');

/** What the first record of a chain names as the one before it. */
export const NO_RECORD = '0'.repeat(64);

/** One link of a chain. Its digest is that of its text, so the order of its keys is fixed by whoever wrote it. */
export const AuditRecord = z.strictObject({
  version: z.literal(1),
  tenant: TenantId,
  pipeline: PipelineName,
  sequence: z.int().min(1),
  previous: Digest.describe('Digest of the record before, zeros for the first'),
  recordedAt: instant,
  event: AuditEvent,
});
export type AuditRecord = z.infer<typeof AuditRecord>;

/** A commit as its window's item keeps it until it is recorded. */
export const CommitEntry = z.strictObject({
  commit: z.int().min(1).describe('The n-th commit of the window'),
  kind: z.enum(['commit', 'rollback', 'replay']),
  at: instant,
  run: RunArn,
  dataset: DatasetId,
  day: Day,
  generation: GenerationId,
  replaced: GenerationId.optional(),
  latencyMilliseconds: z.int().min(0).optional().describe('From the submission of the job to the commit'),
  facts: GenerationFacts,
});
export type CommitEntry = z.infer<typeof CommitEntry>;

/** What was done to an archive day, as the day's item keeps it until it is recorded. */
export const ArchivalEntry = z.strictObject({
  kind: z.literal('archive'),
  step: z
    .enum(['object', 'sealing', 'media', 'marks', 'givenUp', 'takenUp'])
    .describe(
      'An object that is durable and known; a run’s sealing, media or marks of the day that are done; an operator’s word to give an interaction up, or to look at it again',
    ),
  name: z
    .string()
    .min(1)
    .describe('Of the step, among those of its kind and day: the same whoever repeats it'),
  at: instant,
  run: RunArn,
  dataset: DatasetId,
  day: Day,
  facts: z.record(z.string(), z.json()),
});
export type ArchivalEntry = z.infer<typeof ArchivalEntry>;

/** A record that a window owes the audit chain. */
export const OwedEntry = z.discriminatedUnion('kind', [CommitEntry, ArchivalEntry]);
export type OwedEntry = z.infer<typeof OwedEntry>;
