import { z } from 'zod';
import { AnalyticsFilter, AnalyticsFormat } from './analytics-request.ts';
import { Day } from './days.ts';
import { DatasetId } from './ids.ts';
import { CdrFilters } from './pipelines.ts';
import { DayRange } from './ranges.ts';

/**
 * Why a window is in the list: `export` where it is uncommitted, `refresh` or `restate` to ask CXone again, `reassert` to
 * finish a commit that was left, `republish` to go through the steps of a finished one again, `replay` to transform what is stored
 * once more without asking CXone, `adhoc` for an export with other columns or filters that touches neither lake nor marks, `rollback`
 * to make an earlier generation current: an operator's, never planned by a run.
 */
export const WindowTask = z.enum([
  'export',
  'refresh',
  'restate',
  'reassert',
  'republish',
  'replay',
  'adhoc',
  'rollback',
]);
export type WindowTask = z.infer<typeof WindowTask>;

/** A window that a run takes. */
export const PlannedWindow = z.strictObject({ dataset: DatasetId, day: Day, task: WindowTask });
export type PlannedWindow = z.infer<typeof PlannedWindow>;

/** A window that an operator rolled back: no run moves it until it is unpinned. */
export const PinnedWindow = z.strictObject({ dataset: DatasetId, day: Day });
export type PinnedWindow = z.infer<typeof PinnedWindow>;

/** What a run may ask for instead of what is configured. */
export const Overrides = z.strictObject({
  columns: z.array(z.string().min(1).max(128)).min(1).max(150).optional(),
  filters: z.union([CdrFilters, AnalyticsFilter]).optional(),
  format: AnalyticsFormat.optional(),
  reportId: z.string().min(1).max(200).optional(),
});
export type Overrides = z.infer<typeof Overrides>;

/** One entry of the list of windows that the Map reads from S3, as its child is given it. */
export const ListedWindow = z.strictObject({
  ...PlannedWindow.shape,
  overrides: Overrides,
  range: DayRange.optional().describe('The days that are exported together with it'),
});
export type ListedWindow = z.infer<typeof ListedWindow>;
