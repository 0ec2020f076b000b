/** What a run used of the services that bill by use. */
export interface Usage {
  stateTransitions: number;
  /** Function time weighted by memory. */
  gigabyteSeconds: number;
  functionCalls: number;
  ledgerWrites: number;
  ledgerReads: number;
  objectWrites: number;
}

/**
 * AWS's public on-demand prices in USD for US East (N. Virginia), as of November 2026: Step Functions Standard transitions,
 * Lambda x86 requests and duration, DynamoDB on-demand write and read units, S3 PUT requests. Free tiers, storage and
 * traffic are left out: docs/cost.md says what they come to.
 */
const PRICES: { [Kind in keyof Usage]: number } = {
  stateTransitions: 25e-6,
  gigabyteSeconds: 16.6667e-6,
  functionCalls: 0.2e-6,
  ledgerWrites: 0.625e-6,
  ledgerReads: 0.125e-6,
  objectWrites: 5e-6,
};

/** An estimate of what the usage costs on AWS, in USD. */
export function costOf(usage: Usage): number {
  const kinds = Object.keys(PRICES) as (keyof Usage)[];
  return kinds.reduce((total, kind) => total + usage[kind] * PRICES[kind], 0);
}
