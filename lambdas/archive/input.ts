import { z } from 'zod';
import { Day } from '../model/days.ts';
import { InteractionId } from '../model/interactions.ts';
import { kindOf, type Problem } from '../model/refusal.ts';
import { type Fields, Instant, parseInput } from '../planning/run-input.ts';

/** Ids that one run may be given: they pass through Step Functions' state. */
const MOST_IDS = 1_000;

/** What a run of the archive may be asked for: `{}` is what the nightly run would do now. */
export const ArchiveInput = z.strictObject({
  scheduledTime: Instant.optional().describe('The schedule’s own time: the range is computed from it'),
  date: Day.optional().describe('Interactions that were updated on one UTC day'),
  from: Day.optional().describe('First day of a range'),
  to: Day.optional().describe('Day after the last of a range'),
  ids: z.array(InteractionId).min(1).max(MOST_IDS).optional().describe('Single interactions'),
  retryPending: z
    .boolean()
    .optional()
    .describe('Just what earlier runs left: marks that failed, interactions that could not be looked up'),
  refresh: z.boolean().optional().describe('Look also at interactions that have not changed'),
  dryRun: z.boolean().optional().describe('Plan and show, and do nothing'),
});
export type ArchiveInput = z.infer<typeof ArchiveInput>;

/** The parsed input and the instant that the range is computed from, epoch milliseconds. */
export interface ParsedArchiveInput {
  input: ArchiveInput;
  instant: number;
}

/** Parses an execution's input. Throws `InputRefused` with every problem. */
export function parseArchiveInput(given: unknown, startTime: string): ParsedArchiveInput {
  return parseInput(ArchiveInput, given, startTime, disagreements);
}

function disagreements(given: Fields): Problem[] {
  const { ids, retryPending, refresh, date, from, to } = given;
  const problem = (path: string, expected: string) => ({ path, found: kindOf(given[path]), expected });
  const ranged = date !== undefined || from !== undefined || to !== undefined;
  const problems: Problem[] = [];
  if (ids !== undefined && ranged)
    problems.push(problem('ids', 'must not stand beside date, from and to: give interactions or days'));
  if (retryPending === true && (ranged || ids !== undefined))
    problems.push(problem('retryPending', 'must stand alone: it is about what earlier runs left'));
  if (refresh === true && !ranged && ids === undefined)
    problems.push(problem('refresh', 'must come with date, with from and to, or with ids'));
  if (Array.isArray(ids))
    ids.forEach((id, index) => {
      if (ids.indexOf(id) !== index)
        problems.push({ path: `ids[${index}]`, found: kindOf(id), expected: 'must be listed once only' });
    });
  return problems;
}
