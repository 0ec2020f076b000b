import { z } from 'zod';
import { windowListKey } from '../lake/keys.ts';
import { archiveDays, isLeftOpen, readArchiveDay } from '../ledger/archive-days.ts';
import { runDays } from '../ledger/archive-runs.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { Day } from '../model/days.ts';
import { ARCHIVE_DATASET } from '../model/interactions.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { ListedBy } from './listing.ts';
import { type ArchiveRequest, takesPending } from './request.ts';

const ListedDays = z.array(z.object({ day: Day }));

/**
 * The archive days that a run seals and marks: those of which this round has staged something, those of which its earlier
 * rounds left something, and those of which earlier runs did. Leaves the list for the Map.
 */
export async function listArchiveDays(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  { run, round }: ListedBy,
  request: ArchiveRequest,
): Promise<{ days: number; listKey: string }> {
  const { ledger, objects } = ports;
  const days = new Set<Day>();
  for (const { day, ...one } of await runDays(ledger, run))
    if (one.round === round || isLeftOpen(await readArchiveDay(ledger, day))) days.add(day);
  if (takesPending(request))
    for await (const archived of archiveDays(ledger)) if (isLeftOpen(archived)) days.add(archived.day);
  const listKey = windowListKey(ledger.tenant, 'interaction-archive', run, round + 1);
  const list = [...days].toSorted().map((day) => ({ day, dataset: ARCHIVE_DATASET }));
  await objects.writeText(listKey, JSON.stringify(list), 'application/json');
  return { days: list.length, listKey };
}

/** The archive days that a round of a run was to seal and mark. */
export async function listedArchiveDays(
  { ledger, objects }: { ledger: WindowLedger; objects: ObjectStore },
  { run, round }: ListedBy,
): Promise<Day[]> {
  const listKey = windowListKey(ledger.tenant, 'interaction-archive', run, round + 1);
  return ListedDays.parse(JSON.parse(await objects.readText(listKey))).map(({ day }) => day);
}
