import { z } from 'zod';
import { AnalyticsFilter, filterProblems } from '../model/analytics-request.ts';
import { Day, endOf, startOf } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { DatasetId } from '../model/ids.ts';
import { Overrides, type PlanSettings } from '../model/payloads.ts';
import { CdrFilters, type WindowedPipelineName } from '../model/pipelines.ts';
import { widenedDays } from '../model/ranges.ts';
import { kindOf, type Problem, problemSentence, problemsOf } from '../model/refusal.ts';

/** An instant of an input: ISO 8601 in UTC, with seconds. */
export const Instant = z.iso.datetime({ error: 'must be an instant in UTC such as 2024-05-16T03:30:00Z' });

/** What a run of any pipeline may be asked for, field by field: `{}` is what the nightly run would do now. */
export const RunInput = z.strictObject({
  scheduledTime: Instant.optional().describe('The schedule’s own time: windows are computed from it'),
  date: Day.optional().describe('One UTC day'),
  from: Day.optional().describe('First day of a range'),
  to: Day.optional().describe('Day after the last of a range'),
  refresh: z.boolean().optional().describe('Ask CXone again for windows that are committed'),
  replay: z
    .boolean()
    .optional()
    .describe('Transform the stored raw data of committed windows once more, without asking CXone'),
  republish: z
    .boolean()
    .optional()
    .describe('Show committed windows once more in the catalog and in current.json, as the ledger has them'),
  dryRun: z.boolean().optional().describe('Plan and show, and do nothing'),
  report: DatasetId.optional().describe('One of the reports only, by its dataset'),
  ...Overrides.shape,
});
export type RunInput = z.infer<typeof RunInput>;

/** What each pipeline takes of it. */
const INPUT_OF: Readonly<Record<WindowedPipelineName, z.ZodType<RunInput>>> = {
  'cdr-export': RunInput.omit({ report: true, format: true, reportId: true }).extend({
    filters: CdrFilters.optional(),
  }),
  'analytics-export': RunInput.omit({ report: true }).extend({ filters: AnalyticsFilter.optional() }),
  'report-sync': RunInput.omit({ columns: true, filters: true, format: true, reportId: true }),
};

/** The pipeline that is asked, and what it can be asked for. */
export type InputTerms = Pick<PlanSettings, 'pipeline' | 'datasets' | 'requiredColumns' | 'rangeDays'>;

/** The parsed input and the instant that windows are computed from. */
export interface ParsedInput {
  input: RunInput;
  /** Epoch milliseconds: the schedule's time, else the execution's start. */
  instant: number;
}

/** Fields that ask for something else than what is configured. */
const OVERRIDES = Overrides.keyof().options;

/** The fields of an input that are well-formed each for itself, whatever the others are. */
const Readable = z
  .object({
    scheduledTime: Instant.optional().catch(undefined),
    date: Day.optional().catch(undefined),
    from: Day.optional().catch(undefined),
    to: Day.optional().catch(undefined),
  })
  .catch({});

/**
 * Parses an execution's input. Throws `InputRefused` with every problem: unknown keys, wrong types, impossible dates, empty
 * ranges, days that have not ended.
 */
export function parseRunInput(given: unknown, startTime: string, terms: InputTerms): ParsedInput {
  const widened = widenedInput(given, terms);
  return parseInput(INPUT_OF[terms.pipeline], widened, startTime, (fields, input) => [
    ...unusableRefresh(fields),
    ...unusableReplay(fields),
    ...unusableRepublish(fields),
    ...unusableOverrides(fields),
    ...unusableColumns(fields, terms.requiredColumns),
    ...unknownReport(input, terms),
  ]);
}

/**
 * Parses an input by a pipeline's own schema, and checks what all pipelines have in common: days, ranges and the schedule's
 * time. Throws `InputRefused` with every problem.
 * @param further what is wrong beside that, by the fields as they were given and by the input where it could be parsed
 */
export function parseInput<Input>(
  schema: z.ZodType<Input>,
  given: unknown,
  startTime: string,
  further: (fields: Fields, input: Input | undefined) => Problem[],
): { input: Input; instant: number } {
  const parsed = schema.safeParse(given);
  const readable = Readable.parse(given);
  const instant = Date.parse(readable.scheduledTime ?? startTime);
  const problems = [
    ...(parsed.success ? [] : problemsOf(parsed.error, given)),
    ...filterProblems(fieldsOf(given).filters, 'filters'),
    ...disagreements(fieldsOf(given), readable),
    ...unendedDays(readable, instant),
    ...futureSchedule(readable, startTime),
    ...further(fieldsOf(given), parsed.data),
  ];
  if (parsed.success && problems.length === 0) return { input: parsed.data, instant };
  const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
  throw catalogued('InputRefused', `The input has ${count}: ${problems.map(problemSentence).join('; ')}.`);
}

/** Instants instead of days, where days are exported together, mean the whole days that hold them. */
function widenedInput(given: unknown, { rangeDays }: InputTerms): unknown {
  const { from, to } = Instants.parse(given);
  if (rangeDays === undefined || (from === undefined && to === undefined)) return given;
  const days = widenedDays(Date.parse(from ?? to ?? ''), Date.parse(to ?? from ?? ''));
  return {
    ...fieldsOf(given),
    ...(from === undefined ? {} : { from: days.from }),
    ...(to === undefined ? {} : { to: days.to }),
  };
}

/** The ends of a range that are given as instants. */
const Instants = z
  .object({ from: Instant.optional().catch(undefined), to: Instant.optional().catch(undefined) })
  .catch({});

/** The fields of an input as they were given. */
export type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(given: unknown): Fields {
  return z.record(z.string(), z.unknown()).catch({}).parse(given);
}

/** What is wrong between fields. */
function disagreements(given: Fields, readable: z.infer<typeof Readable>): Problem[] {
  const { date, from, to } = given;
  const problem = (path: string, expected: string) => ({ path, found: kindOf(given[path]), expected });
  const problems: Problem[] = [];
  if (date !== undefined && (from !== undefined || to !== undefined))
    problems.push(problem('date', 'must not stand beside from and to: give one day or a range'));
  if (from !== undefined && to === undefined) problems.push(problem('to', 'must be given where from is'));
  if (to !== undefined && from === undefined) problems.push(problem('from', 'must be given where to is'));
  if (readable.from !== undefined && readable.to !== undefined && readable.from >= readable.to)
    problems.push(problem('to', 'must be a day after from: the range is half-open and must not be empty'));
  return problems;
}

/** What was committed is asked for again by its days. */
function unusableRefresh({ refresh, date, from, to }: Fields): Problem[] {
  if (refresh !== true || date !== undefined || from !== undefined || to !== undefined) return [];
  return [{ path: 'refresh', found: kindOf(refresh), expected: 'must come with date, or with from and to' }];
}

/** What is stored is transformed once more by its days, and nothing is asked for. */
function unusableReplay({ replay, refresh, date, from, to }: Fields): Problem[] {
  if (replay !== true) return [];
  const problem = (expected: string) => ({ path: 'replay', found: kindOf(replay), expected });
  const isNamed = date !== undefined || from !== undefined || to !== undefined;
  return [
    ...(isNamed ? [] : [problem('must come with date, or with from and to')]),
    ...(refresh === true ? [problem('must not stand beside refresh: a replay does not ask CXone')] : []),
  ];
}

/** What is committed is shown once more by its days, as it is. */
function unusableRepublish({ republish, refresh, replay, date, from, to }: Fields): Problem[] {
  if (republish !== true) return [];
  const problem = (expected: string) => ({ path: 'republish', found: kindOf(republish), expected });
  const isNamed = date !== undefined || from !== undefined || to !== undefined;
  const changes = refresh === true || replay === true;
  return [
    ...(isNamed ? [] : [problem('must come with date, or with from and to')]),
    ...(changes ? [problem('must not stand beside refresh or replay: it makes no generation')] : []),
  ];
}

/** What is overridden is so for days that are named. */
function unusableOverrides(given: Fields): Problem[] {
  const { date, from, to } = given;
  const problem = (path: string, expected: string) => ({ path, found: kindOf(given[path]), expected });
  const problems: Problem[] = [];
  for (const override of OVERRIDES) {
    if (given[override] === undefined) continue;
    if (date === undefined && from === undefined && to === undefined)
      problems.push(problem(override, 'must come with date, or with from and to'));
    if (given.refresh === true)
      problems.push(problem(override, 'must not stand beside refresh: an override asks CXone in any case'));
    if (given.replay === true)
      problems.push(problem(override, 'must not stand beside replay: what is stored is what was asked for'));
    if (given.republish === true)
      problems.push(
        problem(override, 'must not stand beside republish: what is committed is shown as it is'),
      );
  }
  return problems;
}

/** Columns that a mapping requires cannot be left out, and none can be asked for twice. */
function unusableColumns({ columns }: Fields, required: readonly string[]): Problem[] {
  const asked = z.array(z.string()).safeParse(columns);
  if (!asked.success) return [];
  const repeated = asked.data.flatMap((column, index) =>
    asked.data.indexOf(column) === index
      ? []
      : [{ path: `columns[${index}]`, found: kindOf(column), expected: 'must be listed once only' }],
  );
  const missing = required.filter((column) => !asked.data.includes(column));
  if (missing.length === 0) return repeated;
  const expected = `must contain ${missing.join(', ')}, which the mapping requires`;
  return [...repeated, { path: 'columns', found: kindOf(columns), expected }];
}

/** A report that the configuration does not have. */
function unknownReport(input: RunInput | undefined, { datasets }: InputTerms): Problem[] {
  if (input?.report === undefined || datasets.some(({ dataset }) => dataset === input.report)) return [];
  const known = datasets.map(({ dataset }) => dataset).join(', ');
  return [{ path: 'report', found: kindOf(input.report), expected: `must be a configured report: ${known}` }];
}

/** Clocks of the scheduler and of Step Functions may differ by so much. */
const CLOCK_DIFFERENCE_MILLISECONDS = 5 * 60_000;

/** Days are held to have ended by this instant, so it must not lie ahead of the run itself. */
function futureSchedule({ scheduledTime }: z.infer<typeof Readable>, startTime: string): Problem[] {
  if (scheduledTime === undefined) return [];
  if (Date.parse(scheduledTime) <= Date.parse(startTime) + CLOCK_DIFFERENCE_MILLISECONDS) return [];
  const expected = 'must not be after the start of the execution';
  return [{ path: 'scheduledTime', found: kindOf(scheduledTime), expected }];
}

function unendedDays(readable: z.infer<typeof Readable>, instant: number): Problem[] {
  const problem = (path: 'date' | 'from' | 'to', expected: string) => ({
    path,
    found: kindOf(readable[path]),
    expected,
  });
  const problems: Problem[] = [];
  for (const path of ['date', 'from'] as const) {
    const day = readable[path];
    if (day !== undefined && endOf(day) > instant)
      problems.push(problem(path, 'must be a UTC day that has ended'));
  }
  if (readable.to !== undefined && startOf(readable.to) > instant)
    problems.push(problem('to', 'must not be after today: the last day of the range has to have ended'));
  return problems;
}
