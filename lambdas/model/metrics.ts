/** Where all metrics of ours are. */
export const METRICS_NAMESPACE = 'CxoneExport';

/**
 * Every metric of ours and its unit, by what it is told of. A run tells them once, when it is recorded. Dimensions: `Lake` and
 * `Tenant`, with `Pipeline` or with `Dataset`.
 */
export const RUN_METRICS = {
  /** 1 for every run that was recorded, however it ended. */
  RunRecorded: 'Count',
  /** 1 where it succeeded, else 0. */
  RunSucceeded: 'Count',
  WindowsFailed: 'Count',
  /** Time that calls to CXone waited for the limiter, or were told to wait. */
  ThrottledSeconds: 'Seconds',
  Retries: 'Count',
  DurationSeconds: 'Seconds',
} as const;

/** What is told of a dataset. */
export const DATASET_METRICS = {
  /** Rows that the run committed. */
  RowsOut: 'Count',
  /** Of a hundred rows of CXone. Absent without rows. */
  RejectsPercent: 'Percent',
  /** Of a hundred records those with all required fields, where that is measured. */
  IntegrityPercent: 'Percent',
  /** Columns in no mapping that nobody has acknowledged. */
  DriftColumnsOpen: 'Count',
  /** Days that are missing before the last committed one. */
  Holes: 'Count',
  /** Full days between the last good day and the run's start. */
  DaysBehind: 'Count',
  /** The last window's rows, in percent of the median of the same weekday's in the four weeks before. Absent with fewer than two of these. */
  RowsOfUsualPercent: 'Percent',
} as const;

export type RunMetric = keyof typeof RUN_METRICS;
export type DatasetMetric = keyof typeof DATASET_METRICS;
