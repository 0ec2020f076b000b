import { counters, type WindowNotes } from '../ledger/run-notes.ts';
import { isoInstant } from '../model/days.ts';
import type { WindowRecord } from '../model/run-record.ts';

/** When each stage of a window was first begun and last ended, from what its functions noted, in the order of beginning. */
export function timelineOf(notes: WindowNotes): WindowRecord['timeline'] {
  const from = counters(notes, 'from_');
  const to = counters(notes, 'to_');
  const calls = counters(notes, 'calls_');
  const failed = counters(notes, 'failed_');
  return Object.entries(from)
    .map(([stage, begun]) => ({ stage, begun, ended: Math.max(begun, to[stage] ?? begun) }))
    .toSorted((left, right) => left.begun - right.begun || left.ended - right.ended)
    .map(({ stage, begun, ended }) => ({
      stage,
      from: isoInstant(begun),
      to: isoInstant(ended),
      calls: calls[stage] ?? 0,
      failed: failed[stage] ?? 0,
    }));
}
