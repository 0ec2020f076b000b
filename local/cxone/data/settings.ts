import { z } from 'zod';
import type { DurationUnit } from './columns.ts';

const count = z.int().min(0).max(99_999_999);

/** What a day holds. Lines handed out = rows + duplicates + superseded + rejects + wrongWidth + outside. */
export const daySettingsShape = {
  /** Calls of the day that are in order, each with its own CallId. */
  rows: count,
  /** Parts of an export, header-only ones not counted. */
  parts: z.int().min(1).max(10_000),
  /** Lines that repeat a call of the day, field by field. */
  duplicates: count,
  /** Earlier lines of a call that has a later line with other content. */
  superseded: count,
  /** Lines with a value that cannot be of its column's kind. */
  rejects: count,
  /** CSV lines with a field too few or too many; in JSON, where a record has no width, they are rejects. */
  wrongWidth: count,
  /** Additional calls that start on the day before. */
  outside: count,
  /** Columns appended that nobody asked for. */
  unknownColumns: z.int().min(0).max(100),
};

/** See {@link daySettingsShape}. */
export const daySettingsSchema = z
  .strictObject(daySettingsShape)
  .refine((day) => day.rows > 0 || day.duplicates + day.superseded === 0, {
    message: 'duplicates and superseded lines need at least one row to belong to',
    path: ['rows'],
  });

/** See {@link daySettingsSchema}. */
export type DaySettings = z.infer<typeof daySettingsSchema>;

/** An ordinary day: 50,000 calls in three parts, nothing wrong with them. */
export const usualDay: DaySettings = {
  rows: 50_000,
  parts: 3,
  duplicates: 0,
  superseded: 0,
  rejects: 0,
  wrongWidth: 0,
  outside: 0,
  unknownColumns: 0,
};

/** How parts are written. */
export interface LayoutSettings {
  readonly bom: boolean;
  readonly crlf: boolean;
  readonly finalNewline: boolean;
  /** Each part begins with another column. */
  readonly rotateColumns: boolean;
  /** Commas, quotes and newlines in every `Disposition`. */
  readonly wildText: boolean;
  /** A column that the last part lacks. */
  readonly missingColumn: string | undefined;
  /** The unit of `Duration` in the last part; seconds in all others. */
  readonly lastPartUnit: DurationUnit;
  /** One more part, second in order (or last of one), with a header and no rows. */
  readonly headerOnlyPart: boolean;
}

/** Plain CSV: LF, final newline, no byte-order mark, one column order. */
export const usualLayout: LayoutSettings = {
  bom: false,
  crlf: false,
  finalNewline: true,
  rotateColumns: false,
  wildText: false,
  missingColumn: undefined,
  lastPartUnit: 'seconds',
  headerOnlyPart: false,
};

/** Filters of a request; an absent list lets everything pass. */
export interface Filters {
  readonly skillGroups?: readonly string[] | undefined;
  readonly segments?: readonly string[] | undefined;
}

/** Everything that an export's bytes depend on. */
export interface Export {
  readonly seed: string;
  /** The UTC day, `YYYY-MM-DD`. */
  readonly day: string;
  readonly settings: DaySettings;
  readonly layout: LayoutSettings;
  readonly format: 'csv' | 'json';
  readonly columns: readonly string[];
  readonly filters: Filters;
}
