/** Where all metrics of ours are. */
export const METRICS_NAMESPACE = 'CxoneExport';

/**
 * Every metric of ours and its unit, by what it is told of. A run tells them once, when it is recorded. Dimensions: `Lake` and
 * `Tenant`, with `Pipeline`, with `Dataset` or with `Secret`.
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
  /** The longest time that an export of the run waited in CXone, from its submission to the state in which its parts were listed. */
  QueueWaitSeconds: 'Seconds',
  DurationSeconds: 'Seconds',
} as const;

/** What a run of the archive tells besides. */
export const ARCHIVE_METRICS = {
  /**
   * Of a hundred interactions that it looked at, those that CXone did not give: not there (404), not closed, or refused (403) for
   * the first time. What was refused before and what was given up are left out.
   */
  InteractionsUnavailablePercent: 'Percent',
} as const;

/** What a run of data actions tells besides: of no dataset could it be seen that the pipeline does not come on. */
export const ACTION_METRICS = {
  /** Full days for which the pipeline has been paused; 0 where it is not. */
  PausedDays: 'Count',
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
  /** Full days between the last good day, or while there is none the day before the first, and the run's start. */
  DaysBehind: 'Count',
  /**
   * Committed days that the webhook has not been told of: given up, or owed for more than an hour. Absent without a webhook. Told
   * by each delivery that does not get through, too.
   */
  UndeliveredDays: 'Count',
  /** Age of the oldest commit of these, since it was made; 0 where there is none. */
  UndeliveredSeconds: 'Seconds',
  /**
   * Rows of the last window, or of one that was read again if they are farther off, in percent of the median of the same weekday's in the
   * four weeks before. Absent with fewer than two of these.
   */
  RowsOfUsualPercent: 'Percent',
} as const;

/** What the webhook's function tells of each of its calls, under the pipeline `webhook`: counts, to be summed. */
export const DELIVERY_METRICS = {
  /** Batches that the receiver has acknowledged. */
  BatchesDelivered: 'Count',
  /** Posts that failed and are made again. */
  DeliveryRetries: 'Count',
  /** Deliveries that were given up: a dead letter each. */
  DeliveriesGivenUp: 'Count',
} as const;

/** What is told of a secret when it is read. */
export const SECRET_METRICS = {
  /** Full days since the secret was last written. */
  SecretAgeDays: 'Count',
} as const;

/**
 * Secrets whose age is told: the client's of CXone, the webhook's, and the archive's passphrases where it is sealed by those. Hash keys have no
 * age: a new one would part the days before from those after (docs/privacy.md).
 */
export type SecretName = 'credentials' | 'webhook' | 'passphrases';

/** Names of metrics, by what their dimensions name. */
export type SecretMetric = keyof typeof SECRET_METRICS;
export type DeliveryMetric = keyof typeof DELIVERY_METRICS;
export type RunMetric = keyof typeof RUN_METRICS | keyof typeof ARCHIVE_METRICS | keyof typeof ACTION_METRICS;
export type DatasetMetric = keyof typeof DATASET_METRICS;
