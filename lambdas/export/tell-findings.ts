import type { TransformedWindow } from '../dataset/manifest.ts';
import { raiseDrift } from '../ledger/drift.ts';
import { noteDrift, noteRejects } from '../ledger/run-notes.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { ClaimedWindow, WindowTask } from '../model/payloads.ts';
import type { RejectReason } from '../model/run-record.ts';

/** Tells, for the run's record, why rows of a window were rejected. */
export async function tellRejects(
  ledger: WindowLedger,
  { dataset, day, run }: ClaimedWindow,
  reasons: readonly RejectReason[],
): Promise<void> {
  const about = { tenant: ledger.tenant, dataset, day, run, now: ledger.clock.now() };
  await noteRejects(ledger.table, about, reasons);
}

/** Names of each kind that a run's record has of a window. */
const NAMES_NOTED = 20;

/**
 * Tells how a transformed window differs from its mapping: for the run's record, and as an event for each column that no mapping
 * knows. What was exported for its own sake raises none.
 */
export async function tellDrift(
  ledger: WindowLedger,
  { dataset, day, run }: ClaimedWindow,
  task: WindowTask,
  { drift, allNullColumns }: Pick<TransformedWindow, 'drift' | 'allNullColumns'>,
): Promise<void> {
  const { unknownColumns, missingOptional, retyped = [] } = drift;
  if (task !== 'adhoc') await raiseDrift(ledger, dataset, unknownColumns, run);
  const some = (names: readonly string[]) => names.slice(0, NAMES_NOTED).map((name) => name.toWellFormed());
  await noteDrift(
    ledger.table,
    { tenant: ledger.tenant, dataset, day, run, now: ledger.clock.now() },
    {
      new: some(unknownColumns),
      missing: some(missingOptional),
      retyped: some(retyped),
      empty: some(allNullColumns),
    },
  );
}
