import { z } from 'zod';

/** A UTC day's length in milliseconds. UTC has no clock changes, so every day has it. */
export const DAY_MILLISECONDS = 86_400_000;

/** A UTC calendar day, `2024-05-15`. Real days only: 29 February just in leap years. */
export const Day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, { error: 'must be a day like 2024-05-15', abort: true })
  .refine((text) => isRealDay(text), 'must be a day of the calendar, such as 2024-05-15')
  .brand<'Day'>();
export type Day = z.infer<typeof Day>;

function isRealDay(text: string): boolean {
  const start = Date.parse(`${text}T00:00:00.000Z`);
  return Number.isFinite(start) && new Date(start).toISOString().startsWith(text);
}

/** The UTC day that holds the instant. */
export function dayOf(instant: number): Day {
  return Day.parse(new Date(instant).toISOString().slice(0, 10));
}

/** The first instant of the day, in epoch milliseconds. */
export function startOf(day: Day): number {
  return Date.parse(`${day}T00:00:00.000Z`);
}

/** The first instant after the day, in epoch milliseconds. */
export function endOf(day: Day): number {
  return startOf(day) + DAY_MILLISECONDS;
}

/** The day that lies `count` days later (earlier where negative). */
export function plusDays(day: Day, count: number): Day {
  return dayOf(startOf(day) + count * DAY_MILLISECONDS);
}

/** All days from `from` up to, without, `to`: empty where the range is. */
export function daysBetween(from: Day, to: Day): Day[] {
  const count = Math.max(0, (startOf(to) - startOf(from)) / DAY_MILLISECONDS);
  return Array.from({ length: count }, (_, index) => plusDays(from, index));
}

/** The last UTC day that ended at least `settleMilliseconds` before the instant: the newest one fit to be exported. */
export function lastSettledDay(instant: number, settleMilliseconds: number): Day {
  return plusDays(dayOf(instant - settleMilliseconds), -1);
}

/** An instant as CXone and the records write it: ISO 8601, UTC, milliseconds. */
export function isoInstant(instant: number): string {
  return new Date(instant).toISOString();
}
