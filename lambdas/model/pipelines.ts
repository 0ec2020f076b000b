import { z } from 'zod';
import { Day } from './days.ts';
import type { FamilyName } from './families.ts';
import { unconditionalCheck } from './unconditional-check.ts';

/** When a pipeline runs by itself: an EventBridge Scheduler cron expression and the zone it is meant in. */
export const Schedule = z.strictObject({
  cron: z
    .string()
    .regex(
      /^\S+ \S+ \S+ \S+ \S+ \S+$/,
      'must have the six fields of an EventBridge cron expression: minutes hours day month weekday year',
    )
    .default('30 3 * * ? *'),
  timezone: z.string().refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin').default('UTC'),
});

/** Whether the scheduler knows the zone: unlike JavaScript it takes neither offsets (`+01:00`) nor other capitals (`europe/berlin`). */
function isTimeZone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    const otherCapitals = timeZone !== name && timeZone.toLowerCase() === name.toLowerCase();
    return /^[A-Za-z]/.test(name) && !otherCapitals;
  } catch {
    return false;
  }
}

/** What the lake holds of a dataset. */
export const OutputFormat = z.enum(['parquet', 'csv', 'jsonl']);
export type OutputFormat = z.infer<typeof OutputFormat>;

/** Shares of a window's rows, 0 to 1, above which the window stops. */
export const Thresholds = z.strictObject({
  rejects: z.number().min(0).max(1).default(0.001),
  outsideWindow: z.number().min(0).max(1).default(0.01),
});
export type Thresholds = z.infer<typeof Thresholds>;

/** The share of a day's records, 0 to 1, that must have every field that the mapping requires: below it nothing is committed. */
export const Completeness = z.number().min(0).max(1).default(0.99);
export type Completeness = z.infer<typeof Completeness>;

/** Filters of the data download API. */
export const CdrFilters = z.strictObject({
  skillGroups: z.array(z.string().min(1).max(200)).min(1).max(500).optional(),
  segments: z.array(z.string().min(1).max(200)).min(1).max(500).optional(),
});
export type CdrFilters = z.infer<typeof CdrFilters>;

/** The columns that section 4 of the API notes lists. */
export const DEFAULT_CDR_COLUMNS = [
  'CallId',
  'StartTime',
  'EndTime',
  'Duration',
  'AgentName',
  'QueueName',
  'Disposition',
  'CallDirection',
  'CustomerNumber',
  'AgentNumber',
];

/** Which windows a run takes, in days of UTC. */
export const PLANNING_FIELDS = {
  startDate: Day.optional().describe('The first day that is exported. Default: the day before the first run'),
  settleMinutes: z
    .int()
    .min(0)
    .max(2_880)
    .default(120)
    .describe('How long after its end a day is fit to be exported'),
  catchUpDays: z
    .int()
    .min(2)
    .max(366)
    .default(14)
    .describe('At most so many windows a run when the input is {}'),
  restateDays: z
    .int()
    .min(0)
    .max(60)
    .default(0)
    .describe('So many days before the last are exported again, for late rows'),
};

/** Of the function that transforms a pipeline's windows. */
export const TRANSFORM_SIZES = {
  transformMemory: z
    .int()
    .min(1_024)
    .max(10_240)
    .default(3_008)
    .describe('Megabytes of the transform function'),
  transformDisk: z
    .int()
    .min(512)
    .max(10_240)
    .default(4_096)
    .describe('Megabytes of its disk: bounds the size of a window'),
};

/** Of the function that transforms records: analytics and reports share it, and the larger setting of the two counts. */
export const RECORD_TRANSFORM_SIZES = {
  transformMemory: TRANSFORM_SIZES.transformMemory.describe(
    'Megabytes of the function that transforms records; analytics and reports share it, the larger one counts',
  ),
  transformDisk: TRANSFORM_SIZES.transformDisk.describe(
    'Megabytes of its disk: bounds the size of a window; the larger one counts',
  ),
};

/** The settings of `CdrPipeline`, each for itself. */
export const CdrSettings = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether the schedule is on; the pipeline can be started on demand in any case'),
  schedule: Schedule.prefault({}),
  reportId: z.string().min(1).max(200).default('default'),
  columns: z.array(z.string().min(1).max(128)).min(1).max(150).default(DEFAULT_CDR_COLUMNS),
  filters: CdrFilters.optional(),
  format: z.enum(['csv', 'json']).default('csv').describe('Of the export; says nothing of the outputs'),
  key: z
    .array(z.string())
    .min(1)
    .max(8)
    .default(['call_id'])
    .describe('Lake columns that tell two records apart'),
  mapping: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be the name of a file in mappings/, without .json')
    .default('cdr.v1'),
  outputs: z.array(OutputFormat).min(1).max(3).default(['parquet']),
  thresholds: Thresholds.prefault({}),
  ...PLANNING_FIELDS,
  downloadsAtOnce: z.int().min(1).max(16).default(4).describe('Parts of one window fetched side by side'),
  windowsAtOnce: z.int().min(1).max(50).default(4).describe('Windows of one run exported side by side'),
  ...TRANSFORM_SIZES,
});

const list = z.array(z.unknown()).catch([]);

/** What checks across fields look at; a field of another form has its own problem and passes here. */
const Readable = z
  .object({
    columns: list,
    key: list,
    outputs: list,
    restateDays: z.number().catch(0),
    catchUpDays: z.number().catch(Number.POSITIVE_INFINITY),
  })
  .catch({ columns: [], key: [], outputs: [], restateDays: 0, catchUpDays: Number.POSITIVE_INFINITY });

/** Lists name nothing twice, and restatement leaves room in every run. */
export const agreeingFields = unconditionalCheck<unknown>(({ value, issues }) => {
  const found = Readable.parse(value);
  for (const field of ['columns', 'key', 'outputs'] as const)
    found[field].forEach((entry, index) => {
      if (found[field].indexOf(entry) !== index)
        issues.push({
          code: 'custom',
          input: entry,
          path: [field, index],
          message: 'must be listed once only',
        });
    });
  if (found.restateDays > found.catchUpDays - 2)
    issues.push({
      code: 'custom',
      input: found.restateDays,
      path: ['restateDays'],
      message:
        'must be at most catchUpDays less 2, so that every run has room for the last day and for a missed one',
    });
});

/** Daily call detail records by asynchronous data download. */
export const CdrPipeline = CdrSettings.check(agreeingFields);
export type CdrPipeline = z.infer<typeof CdrPipeline>;

/** Name of a pipeline: of its machine, its records and its command. */
export const PipelineName = z.enum([
  'cdr-export',
  'analytics-export',
  'report-sync',
  'interaction-archive',
  'data-action-dates',
]);
export type PipelineName = z.infer<typeof PipelineName>;

/** Name of a pipeline that loads windows of datasets; the others have plans of their own. */
export const WindowedPipelineName = PipelineName.exclude(['interaction-archive', 'data-action-dates']);
export type WindowedPipelineName = z.infer<typeof WindowedPipelineName>;

/** Name of the machine for what operators do by hand. */
export const OPERATIONS_MACHINE = 'operations';

/** The machine that takes up deliveries to the webhook, and tells it of failures. */
export const WEBHOOK_MACHINE = 'webhook';

/** Name of a machine of a tenant. */
export type MachineName = PipelineName | typeof OPERATIONS_MACHINE | typeof WEBHOOK_MACHINE;

/** The API that each pipeline calls. */
export const FAMILY_OF: Readonly<Record<PipelineName, FamilyName>> = {
  'cdr-export': 'dataDownload',
  'analytics-export': 'analytics',
  'data-action-dates': 'dataActions',
  'report-sync': 'reporting',
  'interaction-archive': 'interactions',
};
