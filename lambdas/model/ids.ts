import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A tenant: one CXone business unit. Lower-case letters, digits and hyphens, 2 to 32 characters; part of S3 keys and of the ledger's keys. */
export const TenantId = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
    'must be 2 to 32 lower-case letters, digits or hyphens, starting with a letter',
  )
  .brand<'TenantId'>();
export type TenantId = z.infer<typeof TenantId>;

/** What lands as one table, `cdr` for instance. Lower-case letters, digits and underscores: it names the Glue table too. */
export const DatasetId = z
  .string()
  .regex(/^[a-z][a-z0-9_]{1,47}$/, 'must be 2 to 48 lower-case letters, digits or underscores')
  .brand<'DatasetId'>();
export type DatasetId = z.infer<typeof DatasetId>;

/** One execution of a pipeline: the ARN of the parent execution. */
export const RunArn = z
  .string()
  .regex(/^arn:[^:]+:states:[^:]+:\d{12}:execution:.+/, 'must be an execution ARN')
  .brand<'RunArn'>();
export type RunArn = z.infer<typeof RunArn>;

/** The immutable output of one window: the first 32 hex digits of a SHA-256 over all that determines its bytes. */
export const GenerationId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
  .brand<'GenerationId'>();
export type GenerationId = z.infer<typeof GenerationId>;

/** The id that CXone gave an export job (`requestId` of the data download API). */
export const JobId = z.string().min(1).max(200).brand<'JobId'>();
export type JobId = z.infer<typeof JobId>;

/** The id that CXone gave a data action. */
export const ActionId = z.string().min(1).max(200).brand<'ActionId'>();
export type ActionId = z.infer<typeof ActionId>;

/** The first 16 hex digits of an access token's SHA-256: names a token without being one. */
export const TokenFingerprint = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .brand<'TokenFingerprint'>();
export type TokenFingerprint = z.infer<typeof TokenFingerprint>;

/** The execution's own name: the last segment of a run's ARN, which names its record in S3. */
export function runName(run: RunArn): string {
  return run.slice(run.lastIndexOf(':') + 1);
}

/**
 * The dataset under which the ledger keeps the exports of ranges of so many days, each by its first day, so that an export
 * of several days meets neither a window nor an export of another length: `interactions_r90`.
 */
export function rangeDataset(dataset: DatasetId, days: number): DatasetId {
  return DatasetId.parse(`${dataset}_r${days}`);
}

/**
 * The dataset under which the ledger and the raw prefix keep what a run exports with other columns or filters: one of its
 * own, so that it meets no window of the lake. `cdr_adhoc_1a2b3c4d5e6f`.
 */
export function adhocDataset(dataset: DatasetId, run: RunArn): DatasetId {
  const digest = createHash('sha256').update(run).digest('hex').slice(0, 12);
  return DatasetId.parse(`${dataset.slice(0, 28)}_adhoc_${digest}`);
}
