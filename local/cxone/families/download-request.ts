import { z } from 'zod';
import { isKnownColumn } from '../data/columns.ts';
import { isRealInstant, parsedJson } from './request-text.ts';

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const names = z.array(z.string().min(1)).min(1);

/** An instant of at most millisecond precision, in UTC; a date that no calendar has is refused. */
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/, 'has to be ISO 8601 in UTC, to the millisecond')
  .refine((text) => isRealInstant(text), 'has to be a date of the calendar')
  .transform((text) => Date.parse(text));

const downloadRequestSchema = z
  .strictObject({
    reportType: z.literal('callDetailRecords'),
    reportId: z.string().min(1),
    fromDate: instant,
    toDate: instant,
    format: z.enum(['csv', 'json']),
    columns: z
      .array(z.string().refine(isKnownColumn, { error: (issue) => `unknown column ${String(issue.input)}` }))
      .min(1)
      .max(100, 'at most 100 columns')
      .refine((columns) => new Set(columns).size === columns.length, 'no column twice'),
    filters: z.strictObject({ skillGroups: names.optional(), segments: names.optional() }).optional(),
  })
  .superRefine((request, context) => {
    const day = new Date(request.fromDate).toISOString().slice(0, 10);
    const start = Date.parse(`${day}T00:00:00.000Z`);
    if (request.toDate < request.fromDate) {
      context.addIssue({ code: 'custom', path: ['toDate'], message: 'has to be after fromDate' });
    } else if (request.fromDate !== start || request.toDate !== start + 86_399_999) {
      const message = 'the simulator only has whole UTC days: T00:00:00.000Z to T23:59:59.999Z of one day';
      context.addIssue({ code: 'custom', path: ['fromDate'], message });
    }
  });

/** A data download that can be carried out. */
export interface DownloadRequest {
  /** The UTC day, `YYYY-MM-DD`. */
  readonly day: string;
  readonly format: 'csv' | 'json';
  readonly columns: readonly string[];
  readonly filters: {
    readonly skillGroups?: readonly string[] | undefined;
    readonly segments?: readonly string[] | undefined;
  };
}

/** Reads the body of a submission: the request, or every problem with its path. */
export function readDownloadRequest(
  body: string,
): DownloadRequest | { readonly problems: readonly string[] } {
  const value = parsedJson(body);
  if (value === undefined) return { problems: ['the body has to be JSON'] };
  const parsed = downloadRequestSchema.safeParse(value);
  if (!parsed.success) {
    return { problems: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) };
  }
  const { fromDate, format, columns, filters } = parsed.data;
  return { day: new Date(fromDate).toISOString().slice(0, 10), format, columns, filters: filters ?? {} };
}

/** Whether an idempotency key has the form of a version 4 UUID. */
export function isIdempotencyKey(text: string | undefined): text is string {
  return text !== undefined && uuid4.test(text);
}
