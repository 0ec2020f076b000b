import { z } from 'zod';
import { kindOf, type Problem } from './refusal.ts';

/** Columns that one analytics export has at most (API notes, section 3). */
export const MOST_ANALYTICS_COLUMNS = 150;

/** Fields that an `or` may be over: CXone answers 504 or 400 to more. */
const MOST_ALTERNATIVES = 3;

/** How deep filters may stand in each other: far more than anybody writes, and few enough for every reader. */
const DEEPEST_FILTER = 20;

/** Names of the fields of an interaction: nested ones with dots between, `skill.name`. */
export const AnalyticsColumn = z
  .string()
  .min(1)
  .max(128)
  .regex(/^\S+$/, 'must be the name of a field, without spaces');

const value = z.union([z.string().max(1_000), z.number(), z.boolean()]);
const compared = { field: AnalyticsColumn };

/** A filter of an analytics export: a field compared with a value, or several filters joined. */
export type AnalyticsFilter =
  | {
      operator: 'equals' | 'greaterThan' | 'lessThan';
      field: string;
      value: string | number | boolean;
    }
  | { operator: 'in'; field: string; value: (string | number | boolean)[] }
  | { operator: 'and' | 'or'; filters: AnalyticsFilter[] };

/** The schema of `AnalyticsFilter`. How deep it may go and what an `or` may be over is for `filterProblems` to say. */
export const AnalyticsFilter: z.ZodType<AnalyticsFilter> = z.discriminatedUnion('operator', [
  z.strictObject({ operator: z.enum(['equals', 'greaterThan', 'lessThan']), ...compared, value }),
  z.strictObject({ operator: z.literal('in'), ...compared, value: z.array(value).min(1).max(500) }),
  z.strictObject({
    operator: z.enum(['and', 'or']),
    get filters() {
      return z.array(AnalyticsFilter).min(1).max(50);
    },
  }),
]);

/** How the result of an export comes. */
export const AnalyticsFormat = z.enum(['json', 'csv', 'xlsx']);
export type AnalyticsFormat = z.infer<typeof AnalyticsFormat>;

/** What is asked for in an export, whatever its days. */
export const AnalyticsRequest = z.strictObject({
  reportId: z.string().min(1).max(200),
  format: AnalyticsFormat,
  columns: z.array(AnalyticsColumn).min(1).max(MOST_ANALYTICS_COLUMNS),
  filters: AnalyticsFilter.optional(),
});
export type AnalyticsRequest = z.infer<typeof AnalyticsRequest>;

/** What is wrong with a filter beyond its form: its depth, and an `or` over more than three fields at any nesting. */
export function filterProblems(filter: unknown, path: string, depth = 1): Problem[] {
  if (typeof filter !== 'object' || filter === null) return [];
  if (depth > DEEPEST_FILTER)
    return [
      { path, found: kindOf(filter), expected: `must not stand deeper than ${DEEPEST_FILTER} filters` },
    ];
  const inner: unknown = Reflect.get(filter, 'filters');
  if (!Array.isArray(inner)) return [];
  const within = inner.flatMap((one, index) => filterProblems(one, `${path}.filters[${index}]`, depth + 1));
  if (Reflect.get(filter, 'operator') !== 'or' || fieldsOf(filter, depth).size <= MOST_ALTERNATIVES)
    return within;
  const expected = `must be an or over at most ${MOST_ALTERNATIVES} fields, those of filters within it among them`;
  return [{ path, found: `an or over ${fieldsOf(filter, depth).size} fields`, expected }, ...within];
}

function fieldsOf(filter: unknown, depth: number): Set<string> {
  if (typeof filter !== 'object' || filter === null || depth > DEEPEST_FILTER) return new Set();
  const inner: unknown = Reflect.get(filter, 'filters');
  if (Array.isArray(inner)) return new Set(inner.flatMap((one) => [...fieldsOf(one, depth + 1)]));
  const field: unknown = Reflect.get(filter, 'field');
  return typeof field === 'string' ? new Set([field]) : new Set();
}
