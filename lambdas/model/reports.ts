import { z } from 'zod';
import { Day } from './days.ts';
import { DatasetId } from './ids.ts';
import {
  CdrSettings,
  Completeness,
  OutputFormat,
  RECORD_TRANSFORM_SIZES,
  Schedule,
  Thresholds,
} from './pipelines.ts';
import { unconditionalCheck } from './unconditional-check.ts';

/** What the pipeline itself says in every query. */
const OWN_PARAMETERS = ['startDate', 'endDate', 'timezone'] as const;

/** Further parameters of a report's query, as its API takes them: filters, groupings, interval. */
export const ReportParameters = z
  .record(z.string().min(1).max(100), z.json())
  .refine(
    (parameters) => JSON.stringify(parameters).length <= 4_096,
    'must be at most 4096 characters of JSON',
  )
  .refine(
    (parameters) => OWN_PARAMETERS.every((name) => parameters[name] === undefined),
    `must not name ${OWN_PARAMETERS.join(', ')}: the pipeline does, and always in UTC`,
  );
export type ReportParameters = z.infer<typeof ReportParameters>;

/** Minutes of an interval that a report has a row for: a query is never split within one. */
export const ReportInterval = z.union([z.literal(15), z.literal(30), z.literal(60), z.literal(1_440)]);

/** One report: what is asked for, and the table that it becomes. */
export const Report = z.strictObject({
  dataset: DatasetId.describe('Names the table, the windows and the report in inputs'),
  reportId: z.string().min(1).max(200),
  parameters: ReportParameters.default({}).describe(
    'Beside range and time zone: filters, groupings, interval',
  ),
  intervalMinutes: ReportInterval.default(60).describe(
    'Of a row, as the parameters ask for: a query that CXone cuts short is not split within an interval',
  ),
  mapping: CdrSettings.shape.mapping.unwrap(),
  key: CdrSettings.shape.key.unwrap().describe('Lake columns that tell two records apart'),
  outputs: z.array(OutputFormat).min(1).max(3).default(['parquet']),
  thresholds: Thresholds.prefault({}),
  completeness: Completeness,
  startDate: Day.optional().describe('The first day that is read. Default: the day before the first run'),
});
export type Report = z.infer<typeof Report>;

const Readable = z.object({
  reports: z.array(z.object({ dataset: z.unknown() }).catch({ dataset: undefined })),
});

/**
 * Reports of one tenant: each takes 3 resources of its stack (2 tables, a saved query), which may have 500, and a tenant with every pipeline and a
 * webhook has some 280 beside them; and 8 of the stack of its datasets' alarms, which 60 would fill.
 */
export const MOST_REPORTS = 50;

/** Reports by pages: one run reads all of a tenant's reports, a window is a report and a day. */
export const ReportsPipeline = z
  .strictObject({
    ...CdrSettings.pick({
      enabled: true,
      settleMinutes: true,
      catchUpDays: true,
      windowsAtOnce: true,
    }).shape,
    schedule: Schedule.prefault({ cron: '0 4 * * ? *' }),
    restateDays: CdrSettings.shape.restateDays.unwrap().default(2),
    reports: z.array(Report).min(1).max(100),
    ...RECORD_TRANSFORM_SIZES,
  })
  .check(
    unconditionalCheck(({ value, issues }) => {
      const { reports } = Readable.catch({ reports: [] }).parse(value);
      const datasets = reports.map(({ dataset }) => dataset);
      datasets.forEach((dataset, index) => {
        if (dataset !== undefined && datasets.indexOf(dataset) !== index)
          issues.push({
            code: 'custom',
            input: dataset,
            path: ['reports', index, 'dataset'],
            message: 'must be the dataset of one report only',
          });
      });
      const { restateDays, catchUpDays } = Days.parse(value);
      if (restateDays > catchUpDays - 2)
        issues.push({
          code: 'custom',
          input: restateDays,
          path: ['restateDays'],
          message:
            'must be at most catchUpDays less 2, so that every run has room for the last day and for a missed one',
        });
    }),
  );
export type ReportsPipeline = z.infer<typeof ReportsPipeline>;

const Days = z
  .object({ restateDays: z.number().catch(0), catchUpDays: z.number().catch(Number.POSITIVE_INFINITY) })
  .catch({ restateDays: 0, catchUpDays: Number.POSITIVE_INFINITY });
