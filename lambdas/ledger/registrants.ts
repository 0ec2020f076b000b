import { isoInstant } from '../model/days.ts';
import type { RunArn } from '../model/ids.ts';

/*
 * A committer registers in the window's item before it touches catalog and `current.json`, which take no condition, and
 * leaves after it has seen them equal to the ledger. An entry that stays says: somebody may still write an older generation there.
 */

/** No function runs longer than 15 minutes; the rest is room for clocks that differ. */
const LONGEST_FUNCTION_MILLISECONDS = 20 * 60_000;

/** The entry of a run that begins the later steps of a commit now. */
export function registrant(run: RunArn, now: number): string {
  return `${isoInstant(now)}|${run}`;
}

/** Whether the entry is that run's. */
export function isRegistrantOf(entry: string, run: RunArn): boolean {
  return entry.endsWith(`|${run}`);
}

/** The entries that a run which has seen the commit through may take out: its own, and those whose functions are dead by now. */
export function endedRegistrants(entries: ReadonlySet<string>, run: RunArn, now: number): Set<string> {
  const ended = (entry: string) =>
    Date.parse(entry.slice(0, entry.indexOf('|'))) < now - LONGEST_FUNCTION_MILLISECONDS;
  return new Set([...entries].filter((entry) => isRegistrantOf(entry, run) || ended(entry)));
}
