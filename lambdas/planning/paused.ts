import { windowListKey } from '../lake/keys.ts';
import { readPause } from '../ledger/pauses.ts';
import { notePlan } from '../ledger/run-notes.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { DatasetId, RunArn } from '../model/ids.ts';
import type { PipelineName } from '../model/pipelines.ts';
import type { ObjectStore } from '../model/ports.ts';

/** Whether a run is to do nothing: its pipeline is paused, and the schedule has started it. Starts on demand and dry runs go on. */
export async function isHeldBack(
  ledger: WindowLedger,
  pipeline: PipelineName,
  { scheduledTime, dryRun }: { scheduledTime?: string | undefined; dryRun?: boolean | undefined },
): Promise<boolean> {
  if (scheduledTime === undefined || dryRun === true) return false;
  return (await readPause(ledger, pipeline)) !== undefined;
}

/**
 * Notes for the record of a run that is held back that nothing was done.
 * @param datasets those of the pipeline: the record tells how they stand, so that a pause that was forgotten is heard
 */
export async function notePaused(
  { ledger, objects }: { ledger: WindowLedger; objects: ObjectStore },
  pipeline: PipelineName,
  run: RunArn,
  datasets: readonly DatasetId[],
): Promise<void> {
  const { tenant } = ledger;
  const listKey = windowListKey(tenant, pipeline, run, 0);
  await objects.writeText(listKey, '[]', 'application/json');
  await notePlan(
    ledger.table,
    { tenant, run, now: ledger.clock.now() },
    { listKey, datasets: [...datasets], paused: true },
  );
}
