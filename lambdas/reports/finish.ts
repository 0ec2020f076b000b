import { notePart } from '../ledger/parts.ts';
import { keepReading, type Reading } from '../ledger/readings.ts';
import { changeClaimed, type WindowLedger } from '../ledger/windows.ts';
import { catalogued } from '../model/errors.ts';
import type { ClaimedWindow } from '../model/payloads.ts';

/** A reading that has come to its end. */
export interface FinishedReading {
  outcome: 'read';
  attempt: number;
  parts: number;
  records: number;
}

/**
 * Makes the stored objects of all ranges, in the order of time, the parts of the attempt. Those of queries that were cut are
 * none: they stay in the raw prefix and expire there. Repeating it notes the same. Throws `ClaimLost`.
 */
export async function finishReading(
  ledger: WindowLedger,
  claim: ClaimedWindow,
  reading: Reading,
): Promise<FinishedReading> {
  const { attempt, ranges } = reading;
  const stored = ranges.toSorted((left, right) => left.from - right.from).flatMap((range) => range.stored);
  const records = stored.reduce((total, one) => total + one.records, 0);
  const finished: FinishedReading = { outcome: 'read', attempt, parts: stored.length, records };
  if (reading.state === 'complete') return finished;
  for (const [index, part] of stored.entries())
    await notePart(ledger, claim, attempt, { part: index + 1, ...part, fetch: 1 });
  const written = await changeClaimed(
    ledger,
    claim,
    { set: { partCount: stored.length, readBy: claim.run } },
    // What one attempt's reading found must not be noted of the next.
    [{ attribute: 'attempt', is: '=', value: attempt }],
  );
  if (written === 'conditionFailed')
    throw catalogued(
      'LedgerContended',
      `The attempt of ${claim.dataset} ${claim.day} changed while it was read.`,
    );
  await keepReading(ledger, claim, reading, { ...reading, state: 'complete' });
  return finished;
}
