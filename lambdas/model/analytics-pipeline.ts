import { z } from 'zod';
import {
  AnalyticsColumn,
  AnalyticsFilter,
  AnalyticsFormat,
  filterProblems,
  MOST_ANALYTICS_COLUMNS,
} from './analytics-request.ts';
import {
  agreeingFields,
  Completeness,
  OutputFormat,
  PLANNING_FIELDS,
  RECORD_TRANSFORM_SIZES,
  Schedule,
  Thresholds,
} from './pipelines.ts';
import { LONGEST_RANGE_DAYS } from './ranges.ts';
import { unconditionalCheck } from './unconditional-check.ts';

/** The fields that interactions should carry (API notes, section 3). */
export const DEFAULT_ANALYTICS_COLUMNS = [
  'id',
  'direction',
  'medium',
  'startTime',
  'endTime',
  'agentId',
  'queueId',
  'holdTime',
  'wrapTime',
  'talkTime',
];

/** Settings of the analytics pipeline, each on its own. */
export const AnalyticsSettings = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether the schedule starts it; on demand it runs in any case'),
  schedule: Schedule.prefault({}),
  reportId: z.string().min(1).max(200).default('interactions'),
  columns: z.array(AnalyticsColumn).min(1).max(MOST_ANALYTICS_COLUMNS).default(DEFAULT_ANALYTICS_COLUMNS),
  filters: AnalyticsFilter.optional(),
  format: AnalyticsFormat.default('json').describe('Of the export; says nothing of the outputs'),
  pageSize: z.int().min(1).max(5_000).default(5_000).describe('Records of one page of a json export'),
  rangeDays: z
    .int()
    .min(1)
    .max(LONGEST_RANGE_DAYS)
    .default(LONGEST_RANGE_DAYS)
    .describe('Days that a back-fill asks for in one export'),
  key: z
    .array(z.string())
    .min(1)
    .max(8)
    .default(['interaction_id'])
    .describe('Lake columns that tell two records apart'),
  mapping: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be the name of a file in mappings/, without .json')
    .default('interactions.v1'),
  outputs: z.array(OutputFormat).min(1).max(3).default(['parquet']),
  thresholds: Thresholds.prefault({}),
  completeness: Completeness.describe('Share of a day’s records that must have every required field'),
  ...PLANNING_FIELDS,
  rangesAtOnce: z.int().min(1).max(20).default(2).describe('Exports of one run side by side'),
  daysAtOnce: z.int().min(1).max(20).default(4).describe('Days of one export transformed side by side'),
  ...RECORD_TRANSFORM_SIZES,
});

/** Historical interactions by asynchronous analytics exports. */
export const AnalyticsPipeline = AnalyticsSettings.check(
  agreeingFields,
  unconditionalCheck(({ value, issues }) => {
    const { filters } = z.looseObject({ filters: z.unknown() }).catch({ filters: undefined }).parse(value);
    for (const { path, expected } of filterProblems(filters, 'filters'))
      issues.push({ code: 'custom', input: filters, path: segmentsOf(path), message: expected });
  }),
);
export type AnalyticsPipeline = z.infer<typeof AnalyticsPipeline>;

/** `filters.filters[2]` as the segments of a path. */
function segmentsOf(path: string): (string | number)[] {
  return path
    .split(/[.[\]]+/)
    .flatMap((part) => (part === '' ? [] : [/^\d+$/.test(part) ? Number(part) : part]));
}
