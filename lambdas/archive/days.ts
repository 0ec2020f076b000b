import { windowListKey } from '../lake/keys.ts';
import { archiveDays } from '../ledger/archive-days.ts';
import { runDays } from '../ledger/archive-runs.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { Day } from '../model/days.ts';
import { ARCHIVE_DATASET } from '../model/interactions.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { ListedBy } from './listing.ts';
import { type ArchiveRequest, takesPending } from './request.ts';

/**
 * The archive days that a run seals and marks: those of which it has staged something, and those of which earlier runs left
 * something. Leaves the list for the Map.
 */
export async function listArchiveDays(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  { run, round }: ListedBy,
  request: ArchiveRequest,
): Promise<{ days: number; listKey: string }> {
  const { ledger, objects } = ports;
  const days = new Set<Day>(
    (await runDays(ledger, run)).filter((one) => one.round === round).map(({ day }) => day),
  );
  if (takesPending(request))
    for await (const { day, marksOpen, mediaOpen, sealing } of archiveDays(ledger))
      if (marksOpen || mediaOpen || sealing?.done === false) days.add(day);
  const listKey = windowListKey(ledger.tenant, 'interaction-archive', run, round + 1);
  const list = [...days].toSorted().map((day) => ({ day, dataset: ARCHIVE_DATASET }));
  await objects.writeText(listKey, JSON.stringify(list), 'application/json');
  return { days: list.length, listKey };
}
