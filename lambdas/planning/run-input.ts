import { z } from 'zod';
import { Day, endOf } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { problemSentence, problemsOf } from '../model/refusal.ts';

/** What a run may be asked for: `{}` is what the nightly run would do now. */
export const RunInput = z
  .strictObject({
    scheduledTime: z.iso
      .datetime({ error: 'must be an instant in UTC such as 2024-05-16T03:30:00Z' })
      .optional()
      .describe('The schedule’s own time: windows are computed from it'),
    date: Day.optional().describe('One UTC day'),
    from: Day.optional().describe('First day of a range'),
    to: Day.optional().describe('Day after the last of a range'),
    refresh: z.boolean().optional().describe('Ask CXone again for windows that are committed'),
    dryRun: z.boolean().optional().describe('Plan and show, and do nothing'),
  })
  .check(({ value, issues }) => {
    const complain = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message });
    if (value.date !== undefined && (value.from !== undefined || value.to !== undefined))
      complain('date', 'must not stand beside from and to: give one day or a range');
    if (value.from !== undefined && value.to === undefined) complain('to', 'must be given where from is');
    if (value.to !== undefined && value.from === undefined) complain('from', 'must be given where to is');
    if (value.from !== undefined && value.to !== undefined && value.from >= value.to)
      complain('to', 'must be a day after from: the range is half-open and must not be empty');
    if (value.refresh === true && value.date === undefined && value.from === undefined)
      complain('refresh', 'must come with date, or with from and to');
  });
export type RunInput = z.infer<typeof RunInput>;

/** The parsed input and the instant that windows are computed from. */
export interface ParsedInput {
  input: RunInput;
  /** Epoch milliseconds: the schedule's time, else the execution's start. */
  instant: number;
}

/**
 * Parses an execution's input. Throws `InputRefused` with every problem: unknown keys, wrong types, impossible dates, empty
 * ranges, days that have not ended.
 */
export function parseRunInput(given: unknown, startTime: string): ParsedInput {
  const schema = RunInput.check(({ value, issues }) => {
    const instant = instantOf(value, startTime);
    for (const field of ['date', 'from'] as const) {
      const day = value[field];
      if (day !== undefined && endOf(day) > instant)
        issues.push({
          code: 'custom',
          input: day,
          path: [field],
          message: 'must be a UTC day that has ended',
        });
    }
    if (value.to !== undefined && Date.parse(`${value.to}T00:00:00.000Z`) > instant)
      issues.push({
        code: 'custom',
        input: value.to,
        path: ['to'],
        message: 'must not be after today: the last day of the range has to have ended',
      });
  });
  const parsed = schema.safeParse(given);
  if (parsed.success) return { input: parsed.data, instant: instantOf(parsed.data, startTime) };
  const problems = problemsOf(parsed.error, given);
  const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
  throw catalogued('InputRefused', `The input has ${count}: ${problems.map(problemSentence).join('; ')}.`);
}

function instantOf(input: { scheduledTime?: string | undefined }, startTime: string): number {
  return Date.parse(input.scheduledTime ?? startTime);
}
