import { z } from 'zod';
import { runIndexKey, runPageKey } from '../lake/keys.ts';
import { lastRuns, listRun } from '../ledger/run-list.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { RunRecord } from '../model/run-record.ts';
import { indexPage } from './page/index-page.ts';
import { runPage } from './page/run-page.ts';

/** Runs that the index shows. */
const INDEXED_RUNS = 200;

/** What the schedule asks for, and `{}`. */
const NightlyInput = z.strictObject({ scheduledTime: z.unknown().optional() });

/**
 * Writes a run's page, and the index of the tenant's runs. Two runs that end at once may each write an index
 * without the other; the next one has both.
 */
export async function writeRunPages(
  ports: { ledger: WindowLedger; objects: ObjectStore; bucket: string },
  record: RunRecord,
  recordKey: string,
): Promise<void> {
  const { ledger, objects, bucket } = ports;
  const { tenant, pipeline, run } = record;
  const page = runPage(record, { bucket, recordKey });
  await objects.writeText(runPageKey(tenant, pipeline, run), page, 'text/html; charset=utf-8');
  await listRun(
    ledger.table,
    { tenant, now: ledger.clock.now() },
    {
      run,
      pipeline,
      outcome: record.outcome,
      error: record.error?.name ?? '',
      startedAt: record.startedAt,
      milliseconds: record.milliseconds,
      rowsOut: record.totals.rowsOut,
      windows: record.windows.length,
      failed: record.windows.filter(({ outcome }) => outcome === 'failed').length,
      done: record.windows.filter(({ outcome }) => outcome === 'committed' || outcome === 'unchanged').length,
      calls: Object.values(record.answers).reduce((total, answers) => total + answers, 0),
      costUsd: record.costUsd,
      recordKey,
      nightly: !record.paused && NightlyInput.safeParse(record.input).success,
    },
  );
  const index = indexPage(tenant, await lastRuns(ledger.table, tenant, INDEXED_RUNS));
  await objects.writeText(runIndexKey(tenant), index, 'text/html; charset=utf-8');
}
