import { z } from 'zod';
import { widestOr } from '../data/interactions/filters.ts';
import { interactionColumns } from '../data/interactions/record.ts';
import type { Filter } from '../data/interactions/settings.ts';
import { isRealInstant, parsedJson } from './request-text.ts';

const dayMilliseconds = 86_400_000;
/** Days that a range spans at most. */
const longestRange = 90;
/** Fields that an `or` may be over. */
const mostAlternatives = 3;

const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'has to be ISO 8601 in UTC, to the millisecond')
  .refine(isRealInstant, 'has to be a date of the calendar')
  .transform((text) => Date.parse(text));

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const field = z.string().refine((name) => interactionColumns.includes(name), 'unknown field');
const filter: z.ZodType<Filter> = z.lazy(() =>
  z.union([
    z.strictObject({ operator: z.enum(['equals', 'greaterThan', 'lessThan']), field, value: scalar }),
    z.strictObject({ operator: z.literal('in'), field, value: z.array(scalar).min(1) }),
    z.strictObject({ operator: z.enum(['and', 'or']), filters: z.array(filter).min(1) }),
  ]),
);

const exportRequest = z.strictObject({
  reportId: z.string().min(1),
  dateRange: z
    .strictObject({ start: instant, end: instant })
    .refine(({ start, end }) => end > start, 'the end has to be after the start')
    .refine(
      ({ start, end }) => start % dayMilliseconds === 0 && (end + 1) % dayMilliseconds === 0,
      'the simulator only has whole UTC days, both ends inclusive to the millisecond',
    ),
  format: z.enum(['json', 'csv', 'xlsx']),
  columns: z
    .array(
      z.string().refine((name) => interactionColumns.includes(name), {
        error: (issue) => `unknown column ${String(issue.input)}`,
      }),
    )
    .min(1)
    .max(150)
    .refine((columns) => new Set(columns).size === columns.length, 'no column twice'),
  filters: filter.optional(),
  pageSize: z.int().min(1).max(5_000),
});

/** An analytics export that can be carried out. */
export interface AnalyticsRequest {
  /** First day, `YYYY-MM-DD`. */
  readonly from: string;
  readonly days: number;
  readonly reportId: string;
  readonly format: 'json' | 'csv' | 'xlsx';
  readonly columns: readonly string[];
  readonly filters: Filter | undefined;
}

/** Reads the body of a submission: the request, every problem with its path, or that it is too complex. */
export function readAnalyticsRequest(
  body: string,
): AnalyticsRequest | { readonly problems: readonly string[] } | 'tooComplex' {
  const parsed = exportRequest.safeParse(parsedJson(body));
  if (!parsed.success)
    return { problems: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) };
  const { dateRange, reportId, format, columns, filters } = parsed.data;
  const days = (dateRange.end + 1 - dateRange.start) / dayMilliseconds;
  if (days > longestRange)
    return { problems: [`dateRange: spans ${days} days, at most ${longestRange} are allowed`] };
  if (filters !== undefined && widestOr(filters) > mostAlternatives) return 'tooComplex';
  return {
    from: new Date(dateRange.start).toISOString().slice(0, 10),
    days,
    reportId,
    format,
    columns,
    filters,
  };
}
