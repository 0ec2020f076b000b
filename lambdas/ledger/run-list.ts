import { z } from 'zod';
import { RunArn, type TenantId } from '../model/ids.ts';
import { PipelineName } from '../model/pipelines.ts';
import type { Table } from '../model/ports.ts';
import { RunRecord } from '../model/run-record.ts';
import { conditionalUpdate } from './expressions.ts';
import { runListPartition } from './keys.ts';

/** What the list of runs says of one. */
export const ListedRun = z.object({
  run: RunArn,
  pipeline: PipelineName,
  outcome: RunRecord.shape.outcome,
  error: z.string().default(''),
  startedAt: z.string(),
  milliseconds: z.number(),
  rowsOut: z.number(),
  windows: z.number(),
  failed: z.number(),
  /** Windows whose generation the run committed, or found to be the current one. */
  done: z.number().default(0),
  /** Calls to CXone, repeats included; costs of the usage on AWS. */
  calls: z.number().default(0),
  costUsd: z.number().default(0),
  recordKey: z.string(),
  nightly: z
    .boolean()
    .default(true)
    .describe('It did what the schedule asks for: it was asked for nothing else, and no pause held it back'),
});
export type ListedRun = z.infer<typeof ListedRun>;

/** Runs are listed for 400 days, as their notes are kept. */
const LISTED_SECONDS = 400 * 86_400;

/** Adds a run to the tenant's list, or says anew how it ended: a redriven run ends more than once. */
export async function listRun(
  table: Table,
  about: { tenant: TenantId; now: number },
  run: ListedRun,
): Promise<void> {
  await table.update(
    { pk: runListPartition(about.tenant), sk: `${run.startedAt}#${run.run}` },
    conditionalUpdate({ set: { ...run, expiresAt: Math.floor(about.now / 1000) + LISTED_SECONDS } }),
  );
}

/** The tenant's last runs, of all pipelines, the newest first. */
export async function lastRuns(table: Table, tenant: TenantId, atMost: number): Promise<ListedRun[]> {
  const runs: ListedRun[] = [];
  for await (const item of table.query(runListPartition(tenant), { descending: true })) {
    runs.push(ListedRun.parse(item));
    if (runs.length >= atMost) break;
  }
  return runs;
}
