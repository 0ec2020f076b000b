import { readReading } from '../ledger/readings.ts';
import type { WindowState } from '../ledger/window-state.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { RunArn } from '../model/ids.ts';
import type { ListedWindow } from '../model/payloads.ts';
import type { ReadingRecord } from '../model/run-record.ts';

/** How a run has read the pages of a window, whose state it takes; undefined where it was not this run that did. */
export async function readingRecord(
  ledger: WindowLedger,
  run: RunArn,
  { dataset, day }: ListedWindow,
  { claimedBy, attempt }: WindowState,
): Promise<ReadingRecord | undefined> {
  if (claimedBy !== run) return undefined;
  const reading = await readReading(ledger, { dataset, day });
  if (reading?.attempt !== attempt) return undefined;
  const { ranges, requests, pauses, cuts, state } = reading;
  const announced = ranges.map((range) => range.announced);
  const known = announced.filter((total) => total !== undefined);
  return {
    complete: state === 'complete',
    pages: requests,
    queries: ranges.length,
    cuts: cuts.length,
    rests: pauses,
    received: ranges.reduce((total, range) => total + range.received, 0),
    ...(known.length < announced.length ? {} : { announced: known.reduce((total, one) => total + one, 0) }),
  };
}
