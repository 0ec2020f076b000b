/** What a run used of the services that bill by use. */
export interface Usage {
  stateTransitions: number;
  /** Function time weighted by memory. */
  gigabyteSeconds: number;
  /** Function time weighted by `/tmp` beyond the 512 MB that come free of charge. */
  diskGigabyteSeconds: number;
  functionCalls: number;
  /** Units of 1 KB written. */
  ledgerWrites: number;
  /** Units of 4 KB read. */
  ledgerReads: number;
  /** PUT, LIST and the parts of uploads. */
  objectWrites: number;
  /** GET and HEAD. */
  objectReads: number;
  /** Calls of KMS, our own and those of services for us. */
  keyCalls: number;
  secretReads: number;
  catalogCalls: number;
  /** Metrics of ours, each for the hour in which it is told. */
  metricHours: number;
  logGigabytes: number;
  traces: number;
}

/** Hours of a month by which CloudWatch divides the price of a metric. */
const HOURS_OF_MONTH = 730;

/**
 * AWS's public on-demand prices in USD for US East (N. Virginia), as of November 2026: docs/cost.md says whose page each is from. Free
 * tiers, storage and traffic are left out: docs/cost.md says what they come to.
 */
export const PRICES: { readonly [Kind in keyof Usage]: number } = {
  stateTransitions: 25e-6,
  gigabyteSeconds: 16.6667e-6,
  diskGigabyteSeconds: 0.0309e-6,
  functionCalls: 0.2e-6,
  ledgerWrites: 0.625e-6,
  ledgerReads: 0.125e-6,
  objectWrites: 5e-6,
  objectReads: 0.4e-6,
  keyCalls: 3e-6,
  secretReads: 5e-6,
  catalogCalls: 1e-6,
  metricHours: 0.3 / HOURS_OF_MONTH,
  logGigabytes: 0.5,
  traces: 5e-6,
};

/** An estimate of what the usage costs on AWS, in USD. Kinds that are not given count nothing. */
export function costOf(usage: Partial<Usage>): number {
  const kinds = Object.keys(PRICES) as (keyof Usage)[];
  return kinds.reduce((total, kind) => total + (usage[kind] ?? 0) * PRICES[kind], 0);
}
