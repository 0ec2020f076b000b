import { type ArchiveDay, archiveDays, isLeftOpen } from '../ledger/archive-days.ts';
import {
  type ArchiveEntry,
  archiveEntries,
  isArchived,
  readArchiveEntry,
} from '../ledger/archive-entries.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { DAY_MILLISECONDS, type Day, isoInstant } from '../model/days.ts';

/**
 * For so long runs look by themselves at what CXone refuses (403): most of it is restricted for good, and what is only for want
 * of a permission is found again when that is granted. Afterwards `retryPending` does.
 */
const REFUSED_DAYS = 10;

/**
 * Since when interactions must be refused to be looked at again: since whenever, where what is pending is asked for by name. Nights that
 * failed, were held back or did not start are no looks: a run after them looks once more at what they were to look at.
 *
 * @param now epoch milliseconds
 * @param lastNight when the last run of what is due began that came to its end; undefined before it
 */
export function refusedSince(byName: boolean, now: number, lastNight: string | undefined): string {
  if (byName) return '';
  const last = Date.parse(lastNight ?? isoInstant(now));
  return isoInstant(
    Math.min(now - REFUSED_DAYS * DAY_MILLISECONDS, last - (REFUSED_DAYS - 1) * DAY_MILLISECONDS),
  );
}

/** Whether a day has interactions that are to be looked at again, though nothing happened to them. */
function hasOpenLooks({ looksOpen, takenUp, refused, refusedAt }: ArchiveDay, since: string): boolean {
  return looksOpen || takenUp.size > 0 || (refused > 0 && refusedAt >= since);
}

/**
 * The archive days of which anything is left for whoever takes them up.
 * @param since see `refusedSince`
 */
export async function* openDays(ledger: WindowLedger, since: string): AsyncGenerator<Day> {
  for await (const day of archiveDays(ledger)) if (isLeftOpen(day) || hasOpenLooks(day, since)) yield day.day;
}

/**
 * What earlier runs could not look up, what CXone refused them, and what operators want looked at again.
 * @param since see `refusedSince`
 */
export async function* openLooks(ledger: WindowLedger, since: string): AsyncGenerator<ArchiveEntry> {
  for await (const day of archiveDays(ledger)) {
    if (!hasOpenLooks(day, since)) continue;
    for await (const entry of candidatesOf(ledger, day)) if (isOpen(entry, day, since)) yield entry;
  }
}

async function* candidatesOf(ledger: WindowLedger, day: ArchiveDay): AsyncGenerator<ArchiveEntry> {
  if (day.looksOpen || day.refused > 0) return yield* archiveEntries(ledger, day.day);
  for (const id of day.takenUp) {
    const entry = await readArchiveEntry(ledger, day.day, id);
    if (entry !== undefined) yield entry;
  }
}

function isOpen(entry: ArchiveEntry, { takenUp }: ArchiveDay, since: string): boolean {
  const { id, failure, reason, refusedAt = '' } = entry;
  if (failure !== undefined) return true;
  return (reason === 'forbidden' && refusedAt >= since) || (takenUp.has(id) && !isArchived(entry));
}
