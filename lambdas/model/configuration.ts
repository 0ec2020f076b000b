import { z } from 'zod';
import { AnalyticsPipeline } from './analytics-pipeline.ts';
import { ArchivePipeline } from './archive-pipeline.ts';
import { DataActionsPipeline } from './data-actions-pipeline.ts';
import { BaseUrl, FamilyName, FamilyOverrides } from './families.ts';
import { HashKeySettings } from './hash-key.ts';
import { TenantId } from './ids.ts';
import { CdrPipeline } from './pipelines.ts';
import { ReportsPipeline } from './reports.ts';
import { ResourceTags } from './resource-tags.ts';
import { unconditionalCheck } from './unconditional-check.ts';
import { WebhookSettings } from './webhook.ts';

/** Where alarms and failure notices go, and how long things are kept. */
const Retention = z.strictObject({
  rawDays: z.int().min(1).max(3_650).default(30).describe('Parts as received'),
  quarantineDays: z.int().min(1).max(3_650).default(90).describe('Rejects and superseded rows'),
  supersededGenerationDays: z
    .int()
    .min(1)
    .max(3_650)
    .default(90)
    .describe('Versions of objects that were replaced or deleted, of what does not expire by itself'),
  runRecordDays: z.int().min(30).max(3_650).default(400),
  logDays: z
    .union([
      z.literal(7),
      z.literal(14),
      z.literal(30),
      z.literal(60),
      z.literal(90),
      z.literal(180),
      z.literal(365),
    ])
    .default(90),
});

/** From when on somebody is to be told, by the alarm topic. */
export const AlarmSettings = z.strictObject({
  runWithinHours: z
    .int()
    .min(2)
    .max(160)
    .default(26)
    .describe('A pipeline that its schedule starts has to have been recorded within so many hours'),
  daysBehind: z
    .int()
    .min(1)
    .max(60)
    .default(2)
    .describe('More full days than this between last good day and run'),
  rejectsPercent: z.number().min(0).max(100).default(0.05).describe('More rows of a hundred are rejects'),
  integrityPercent: z
    .number()
    .min(0)
    .max(100)
    .default(99.5)
    .describe('Fewer records of a hundred have all that is required'),
  rowsLowPercent: z
    .number()
    .min(0)
    .max(100)
    .default(50)
    .describe('Fewer rows than this part of the weekday’s usual'),
  rowsHighPercent: z
    .number()
    .min(100)
    .max(10_000)
    .default(200)
    .describe('More rows than this part of the weekday’s usual'),
  secretAgeDays: z
    .int()
    .min(1)
    .max(3_650)
    .default(90)
    .describe(
      'A secret was last written more than so many days ago. The default is that of AWS Config’s rule secretsmanager-secret-periodic-rotation',
    ),
  unavailablePercent: z
    .number()
    .min(0)
    .max(100)
    .default(5)
    .describe(
      'CXone did not give more interactions of a hundred that the archive looked at: refused (403), not there (404), or not closed',
    ),
  throttledSeconds: z.int().min(1).default(3_600).describe('A run waited longer than this for CXone’s rates'),
});
export type AlarmSettings = z.infer<typeof AlarmSettings>;

/** Ids of resources that are there already, each once. */
function idsOf(form: RegExp, message: string, most: number) {
  return z
    .array(z.string().regex(form, message))
    .min(1)
    .max(most)
    .refine((ids) => new Set(ids).size === ids.length, 'must list nothing twice');
}

/** What all tenants share: bucket, ledger, key, topics. */
export const LakeSettings = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,22}[a-z0-9]$/, 'must be 3 to 24 lower-case letters, digits or hyphens')
    .default('cxone-export')
    .describe('Names the stacks: several environments in one account differ in it'),
  architecture: z
    .enum(['x86_64', 'arm64'])
    .default('x86_64')
    .describe('Of the functions. arm64 needs its DuckDB binding: npm run binding'),
  bucketName: z
    .string()
    .regex(
      /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      'must be the name of a bucket: 3 to 63 lower-case letters, digits, single dots and hyphens',
    )
    .optional()
    .describe('Name of an existing bucket to use; default: the stack makes one'),
  keyArn: z
    .string()
    .regex(/^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/, 'must be the ARN of a KMS key')
    .optional()
    .describe('An existing KMS key; default: the stack makes one'),
  auditKeyArn: z
    .string()
    .regex(/^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/, 'must be the ARN of a KMS key')
    .optional()
    .describe('An existing HMAC_256 key for audit records; default: the stack makes one'),
  auditLockDays: z
    .int()
    .min(1)
    .max(36_500)
    .optional()
    .describe(
      'Audit objects are locked for so many days: nobody, not even the account’s root, changes or removes them. To be chosen before the bucket is made',
    ),
  archiveLockDays: z
    .int()
    .min(1)
    .max(36_500)
    .optional()
    .describe(
      'Archive objects are locked for so many days from when they are sealed, as audit objects are. To be chosen before the bucket is made',
    ),
  permissionsBoundaryArn: z
    .string()
    .regex(/^arn:[^:]+:iam::(?:\d{12}|aws):policy\/.+$/, 'must be the ARN of an IAM policy')
    .optional(),
  vpc: z
    .strictObject({
      id: z.string().regex(/^vpc-[0-9a-f]+$/, 'must be the id of a VPC: vpc-…'),
      // At most as many as a function may have. Source: Lambda's API, VpcConfig.
      subnetIds: idsOf(/^subnet-[0-9a-f]+$/, 'must be the id of a subnet: subnet-…', 16),
      securityGroupIds: idsOf(/^sg-[0-9a-f]+$/, 'must be the id of a security group: sg-…', 5),
    })
    .optional()
    .describe('Functions run in these subnets; they need a way to CXone and to AWS'),
  proxy: z
    .url({ protocol: /^https?$/, error: 'must be the address of an http(s) proxy' })
    .max(256)
    .refine(
      (text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '',
      'must hold no user and no password, which everybody who reads the template or a function’s settings would see: let the proxy admit the functions by their addresses or security group',
    )
    .optional()
    .describe(
      'Calls to CXone go through it, and deliveries to a webhook at a public address. Without user and password',
    ),
  tags: ResourceTags.default({}).describe('Put on every resource'),
  queryScanLimitGigabytes: z
    .int()
    .min(1)
    .max(10_240)
    .default(20)
    .describe('Athena ends a query that reads more, in each tenant’s workgroup'),
  alarms: AlarmSettings.prefault({}),
  alarmEmail: z.email('must be an e-mail address').optional().describe('Subscribed to the alarm topic'),
  retention: Retention.prefault({}),
});
export type LakeSettings = z.infer<typeof LakeSettings>;

/** One CXone business unit: where it is, how to get in, what is exported. */
export const Tenant = z.strictObject({
  id: TenantId,
  secret: z
    .string()
    .regex(/^[\w/+=.@-]{1,512}$/, 'must be the name of a secret in Secrets Manager')
    .describe('Its value is {"clientId": "…", "clientSecret": "…"}'),
  baseUrl: BaseUrl.describe('Of every family that names no other'),
  families: z.partialRecord(FamilyName, FamilyOverrides).default({}),
  hashKey: HashKeySettings.optional().describe('Needed where a mapping has a column with the privacy hash'),
  webhook: WebhookSettings.optional().describe(
    'Told of commits and failures. Absent: nothing is deployed for it',
  ),
  nightNotice: z
    .strictObject({ hour: z.int().min(0).max(23).describe('Hour of UTC: after the nightly runs are over') })
    .optional()
    .describe(
      'A notice a day on the notices topic: that the night is complete, or what is missing. Absent: none is given',
    ),
  pipelines: z
    .strictObject({
      cdr: CdrPipeline.prefault({}),
      analytics: AnalyticsPipeline.optional().describe('Historical interactions. Absent: not deployed'),
      dataActions: DataActionsPipeline.optional().describe('Absent: not deployed'),
      reports: ReportsPipeline.optional().describe('Absent: no reports are read'),
      archive: ArchivePipeline.optional().describe(
        'The archive of closed interactions. Absent: not deployed',
      ),
    })
    .prefault({}),
});
export type Tenant = z.infer<typeof Tenant>;

const TenantIds = z.object({
  tenants: z.array(z.object({ id: z.string().optional().catch(undefined) }).catch({})),
});

/** The one file that says what is deployed and what runs locally. */
export const Configuration = z
  .strictObject({
    $schema: z.string().optional(),
    lake: LakeSettings.prefault({}),
    tenants: z.array(Tenant).min(1).max(100),
  })
  .check(
    unconditionalCheck(({ value, issues }) => {
      const ids = TenantIds.safeParse(value).data?.tenants.map(({ id }) => id) ?? [];
      ids.forEach((id, index) => {
        if (id !== undefined && ids.indexOf(id) !== index)
          issues.push({
            code: 'custom',
            input: id,
            path: ['tenants', index, 'id'],
            message: 'must be used by one tenant only',
          });
      });
    }),
  );
export type Configuration = z.infer<typeof Configuration>;
