import { z } from 'zod';
import { readTimestamp } from './timestamps.ts';
import { unconditionalCheck } from './unconditional-check.ts';

/** Decimals of a second that data actions can hold (API notes, section 6). */
const FINEST_PRECISION = 3;

/** The first and the last instant that a result may be: its local time has four digits of year in every zone. */
export const FIRST_RESULT = Date.parse('0001-01-03T00:00:00.000Z');
export const LAST_RESULT = Date.parse('9999-12-29T23:59:59.999Z');

const MINUTE_MILLISECONDS = 60_000;

/** A name of the IANA time zone database that the runtime knows. An offset is no zone: it has no clock changes. */
export const ZoneName = z
  .string()
  .refine(isZone, 'must be an IANA time zone that is known here, such as America/New_York');

function isZone(name: string): boolean {
  if (!/^[A-Z][\w+-]*(?:\/[\w+-]+)*$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}

/** What is done with the source timestamp: an offset added or taken away, or the zone changed alone. */
export const Operation = z.enum(['ADD_OFFSET', 'SUBTRACT_OFFSET', 'CONVERT']);
export type Operation = z.infer<typeof Operation>;

/** Whether an offset is elapsed time, or moves the hands of the zone's clock. */
export const Arithmetic = z.enum(['instant', 'wall-clock']);
export type Arithmetic = z.infer<typeof Arithmetic>;

const fieldName = z.string().min(1).max(200);

const shape = {
  action: z.string().min(1).max(256).describe('Name of the data action, letter for letter'),
  timestamp: z
    .string()
    .refine(
      (text) => readTimestamp(text) !== undefined,
      'must be an ISO 8601 timestamp of the calendar with seconds, at most nine decimals, and Z or an offset, such as 2024-02-29T12:30:00.000Z',
    ),
  zone: ZoneName.optional().describe('Where the result is shown, and whose clock a wall-clock offset moves'),
  operation: Operation,
  offsetMinutes: z.int().optional().describe('For ADD_OFFSET and SUBTRACT_OFFSET'),
  arithmetic: Arithmetic.default('instant'),
  precision: z.int().min(0).max(FINEST_PRECISION).default(FINEST_PRECISION).describe('Decimals of a second'),
  sourceField: fieldName.optional(),
  targetField: fieldName.optional(),
  assumeUtc: z
    .boolean()
    .default(false)
    .describe('Whether a timestamp without Z or offset, or an update without zone, is meant in UTC'),
  sendLocalValue: z
    .boolean()
    .default(false)
    .describe('Whether the local time, with its offset, is sent beside the value in UTC'),
};

/** The fields that are well-formed each for itself, whatever the others are. */
const Readable = z
  .object({
    timestamp: z.string().optional().catch(undefined),
    operation: Operation.optional().catch(undefined),
    offsetMinutes: z.int().optional().catch(undefined),
    assumeUtc: z.boolean().catch(false),
  })
  .catch({ assumeUtc: false });

/** One value to be computed and put into one data action. */
export const DateUpdate = z
  .strictObject(shape)
  .check(
    unconditionalCheck(({ value, issues }) => {
      for (const { path, message } of disagreements(value))
        issues.push({ code: 'custom', input: Reflect.get(Object(value), path), path: [path], message });
    }),
  )
  .transform((update) => ({ ...update, zone: update.zone ?? 'UTC' }));
export type DateUpdate = z.output<typeof DateUpdate>;

/** What is wrong between the fields of an update. */
function disagreements(value: unknown): { path: string; message: string }[] {
  const { timestamp, operation, offsetMinutes, assumeUtc } = Readable.parse(value);
  const given = z.record(z.string(), z.unknown()).catch({}).parse(value);
  const read = timestamp === undefined ? undefined : readTimestamp(timestamp);
  const found: { path: string; message: string }[] = [];
  if (read?.designated === false && !assumeUtc)
    found.push({
      path: 'timestamp',
      message: 'must end with Z or an offset, or come with "assumeUtc": true',
    });
  if (given.zone === undefined && !assumeUtc)
    found.push({ path: 'zone', message: 'must be given, or "assumeUtc": true' });
  if (operation === 'CONVERT' && offsetMinutes !== undefined && offsetMinutes !== 0)
    found.push({
      path: 'offsetMinutes',
      message: 'must be left out of CONVERT, which changes the zone alone',
    });
  if (operation !== undefined && operation !== 'CONVERT' && given.offsetMinutes === undefined)
    found.push({ path: 'offsetMinutes', message: `must be given with ${operation}` });
  if (read !== undefined && !isWithinResults(read.second + signedOffset(operation, offsetMinutes)))
    found.push({
      path: offsetMinutes === undefined ? 'timestamp' : 'offsetMinutes',
      message: 'must lead to a result between 0001-01-03 and 9999-12-29',
    });
  return found;
}

function signedOffset(operation: Operation | undefined, offsetMinutes = 0): number {
  return (operation === 'SUBTRACT_OFFSET' ? -offsetMinutes : offsetMinutes) * MINUTE_MILLISECONDS;
}

function isWithinResults(instant: number): boolean {
  return instant >= FIRST_RESULT && instant <= LAST_RESULT;
}

/** The offset that an update moves its source by, in minutes: negative where it is taken away. */
export function offsetOf({
  operation,
  offsetMinutes = 0,
}: Pick<DateUpdate, 'operation' | 'offsetMinutes'>): number {
  switch (operation) {
    case 'ADD_OFFSET':
      return offsetMinutes;
    case 'SUBTRACT_OFFSET':
      return -offsetMinutes;
    case 'CONVERT':
      return 0;
  }
}

/** Places of updates whose data action an earlier one of the list names already. Entries of another form are passed over. */
export function actionsNamedTwice(updates: readonly unknown[]): number[] {
  const named = new Set<string>();
  return updates.flatMap((update, index) => {
    const { action } = NamedAction.parse(update);
    if (action === undefined) return [];
    if (named.has(action)) return [index];
    named.add(action);
    return [];
  });
}

const NamedAction = z.object({ action: z.string().optional().catch(undefined) }).catch({});
