import { z } from 'zod';
import { ArchiveSealing } from './archive-pipeline.ts';
import { Family, FamilyName } from './families.ts';
import { HashKeyVersion } from './hash-key.ts';
import { TenantId } from './ids.ts';
import { WebhookSettings } from './webhook.ts';

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);

/** Every variable that a function of ours may be given. A function's own environment is picked from these. */
const variables = z.object({
  TENANT: TenantId,
  /** Name of the lake: metrics of several lakes in one account differ in it. */
  LAKE_NAME: z.string().min(1),
  /** Name of the ledger's table. */
  LEDGER_TABLE: z.string().min(1),
  /** Name of the lake's bucket. */
  LAKE_BUCKET: z.string().min(1),
  /** ARN of the KMS key that seals tokens. */
  KEY_ARN: z.string().min(1),
  /** Name of the secret that holds the client credentials. */
  CREDENTIALS_SECRET: z.string().min(1),
  /** Name of the secret that holds the keys of columns that are hashed. Absent where none is. */
  HASH_KEY_SECRET: z.string().min(1).optional(),
  /** Version of the key that columns are hashed with. Absent where none is. */
  HASH_KEY_VERSION: HashKeyVersion.optional(),
  /** The family that the function calls, as JSON. */
  FAMILY: json(Family),
  /** All families that tokens are fetched for, by name, as JSON. */
  FAMILIES: json(z.partialRecord(FamilyName, Family)),
  /** Name of the tenant's Glue database. */
  GLUE_DATABASE: z.string().min(1),
  /** ARN of the KMS key that authenticates audit records. */
  AUDIT_KEY_ARN: z.string().min(1),
  /** Days for which audit objects are locked. Absent where the bucket has no Object Lock. */
  AUDIT_LOCK_DAYS: z.coerce.number().int().min(1).optional(),
  /** How archive objects are sealed, as JSON. */
  ARCHIVE_SEALING: json(ArchiveSealing),
  /** Days for which archive objects are locked. Absent where they are not. */
  ARCHIVE_LOCK_DAYS: z.coerce.number().int().min(1).optional(),
  /** The tenant's webhook, as JSON. */
  WEBHOOK: json(WebhookSettings),
  /** Address of the tenant's queue of dead letters. */
  DEAD_LETTER_QUEUE: z.string().min(1),
  /** ARN of the topic for notices of failure. */
  NOTICE_TOPIC: z.string().min(1),
  /** Address of the proxy for calls to CXone and to the webhook. */
  EGRESS_PROXY: z.string().optional(),
  /** Megabytes of the function's disk. */
  DISK_MEGABYTES: z.coerce.number().int().min(512),
  /** Megabytes of the function's memory. */
  MEMORY_MEGABYTES: z.coerce.number().int().min(128),
});

const base = { TENANT: true, LEDGER_TABLE: true } as const;
const transforms = {
  ...base,
  LAKE_BUCKET: true,
  DISK_MEGABYTES: true,
  MEMORY_MEGABYTES: true,
  HASH_KEY_SECRET: true,
} as const;
const calls = { ...base, KEY_ARN: true, FAMILY: true, EGRESS_PROXY: true } as const;

/** The environment of each function: its construct writes it, its handler parses it. */
export const ENVIRONMENTS = {
  plan: variables.pick({ ...base, LAKE_BUCKET: true }),
  claim: variables.pick(base),
  token: variables.pick({
    ...base,
    LAKE_NAME: true,
    KEY_ARN: true,
    CREDENTIALS_SECRET: true,
    FAMILIES: true,
    EGRESS_PROXY: true,
  }),
  submit: variables.pick(calls),
  poll: variables.pick({ ...calls, LAKE_BUCKET: true }),
  download: variables.pick({ ...calls, LAKE_BUCKET: true }),
  'read-report': variables.pick({ ...calls, LAKE_BUCKET: true }),
  transform: variables.pick(transforms),
  'transform-records': variables.pick(transforms),
  'list-ranges': variables.pick({ ...base, LAKE_BUCKET: true }),
  'submit-export': variables.pick(calls),
  'poll-export': variables.pick(calls),
  'fetch-export': variables.pick({ ...calls, LAKE_BUCKET: true }),
  commit: variables.pick(base),
  publish: variables.pick({ ...base, LAKE_BUCKET: true, GLUE_DATABASE: true }),
  audit: variables.pick({ ...base, LAKE_BUCKET: true, AUDIT_KEY_ARN: true, AUDIT_LOCK_DAYS: true }),
  deliver: variables.pick({
    ...base,
    LAKE_NAME: true,
    LAKE_BUCKET: true,
    WEBHOOK: true,
    DEAD_LETTER_QUEUE: true,
    EGRESS_PROXY: true,
  }),
  reconcile: variables.pick({ ...base, LAKE_BUCKET: true }),
  'plan-updates': variables.pick({ ...base, LAKE_BUCKET: true }),
  'list-actions': variables.pick({ ...calls, LAKE_BUCKET: true }),
  'update-actions': variables.pick({ ...calls, LAKE_BUCKET: true }),
  'audit-updates': variables.pick({ ...base, LAKE_BUCKET: true, AUDIT_KEY_ARN: true, AUDIT_LOCK_DAYS: true }),
  'reconcile-updates': variables.pick({ ...base, LAKE_BUCKET: true }),
  doctor: variables.pick({
    ...base,
    LAKE_BUCKET: true,
    KEY_ARN: true,
    CREDENTIALS_SECRET: true,
    HASH_KEY_SECRET: true,
    HASH_KEY_VERSION: true,
    FAMILIES: true,
    EGRESS_PROXY: true,
  }),
  operate: variables.pick({ ...base, LAKE_BUCKET: true, NOTICE_TOPIC: true }),
  'roll-back': variables.pick({ ...base, LAKE_BUCKET: true }),
  'plan-archive': variables.pick({ ...base, LAKE_BUCKET: true }),
  'list-interactions': variables.pick({ ...calls, LAKE_BUCKET: true }),
  'look-up-interactions': variables.pick({ ...calls, LAKE_BUCKET: true }),
  'list-archive-days': variables.pick({ ...base, LAKE_BUCKET: true }),
  'seal-archive-day': variables.pick({
    ...base,
    LAKE_NAME: true,
    LAKE_BUCKET: true,
    KEY_ARN: true,
    ARCHIVE_SEALING: true,
    ARCHIVE_LOCK_DAYS: true,
  }),
  'store-media': variables.pick({ ...calls, LAKE_BUCKET: true }),
  'mark-archive-day': variables.pick({ ...calls, LAKE_BUCKET: true }),
  'reconcile-archive': variables.pick({ ...base, LAKE_BUCKET: true }),
  record: variables.pick({ ...base, LAKE_NAME: true, LAKE_BUCKET: true, NOTICE_TOPIC: true }),
} as const;

/** Name of a function: of its handler's file, too. */
export type FunctionName = keyof typeof ENVIRONMENTS;

/** Names of the variables of a function: those that it cannot do without, and those that it takes where they are given. */
export function variablesOf(name: FunctionName): { required: string[]; optional: string[] } {
  const fields = Object.entries<z.ZodType>(ENVIRONMENTS[name].shape);
  const names = (optional: boolean) =>
    fields.filter(([, schema]) => schema instanceof z.ZodOptional === optional).map(([field]) => field);
  return { required: names(false), optional: names(true) };
}
