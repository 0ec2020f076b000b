import { z } from 'zod';
import { isZone } from '../data/local-time.ts';

const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/, 'has to be ISO 8601 in UTC, to the millisecond');

const requestSchema = z.strictObject({
  reportId: z.string().min(1),
  parameters: z.looseObject({
    startDate: instant,
    endDate: instant,
    timezone: z.string().refine(isZone, 'has to be an IANA time zone'),
    interval: z.enum(['hourly', 'daily']).default('hourly'),
  }),
  format: z.literal('JSON'),
  pageSize: z.int().min(1).max(1_000).default(500),
  nextPageToken: z.string().nullish(),
});

/** A report request in order. Instants are epoch milliseconds; `to` is exclusive. */
export interface ReportRequest {
  readonly reportId: string;
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
  readonly interval: 'hourly' | 'daily';
  readonly pageSize: number;
  readonly nextPageToken: string | null;
}

/** Reads a posted body; every problem of it where it is not in order. */
export function readReportRequest(body: string): ReportRequest | { problems: string[] } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { problems: ['the body has to be JSON'] };
  }
  const parsed = requestSchema.safeParse(value);
  if (!parsed.success)
    return { problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) };
  const { reportId, parameters, pageSize, nextPageToken = null } = parsed.data;
  const from = Date.parse(parameters.startDate);
  const to = Date.parse(parameters.endDate);
  if (!(from < to)) return { problems: ['parameters.endDate: has to be after startDate'] };
  const { timezone, interval } = parameters;
  return { reportId, from, to, timezone, interval, pageSize, nextPageToken };
}
