import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isoInstant } from '../model/days.ts';
import type { DatasetId, RunArn } from '../model/ids.ts';
import type { ItemKey } from '../model/ports.ts';
import { conditionalUpdate } from './expressions.ts';
import { driftPartition } from './keys.ts';
import type { WindowLedger } from './windows.ts';

/** A column that CXone delivers and no mapping knows. It is raised once, and open until somebody acknowledges it. */
export const DriftEvent = z.object({
  column: z.string(),
  raisedAt: z.iso.datetime(),
  raisedBy: z.string(),
  acknowledgedAt: z.iso.datetime().optional(),
});
export type DriftEvent = z.infer<typeof DriftEvent>;

/** Names from an export may be longer than a key, and are shown to people: both have a bound. */
const NAME_CHARACTERS = 200;

/** The item of a column. Its name is its key, as it is shown to people and where it can be one: a field may be called by the empty text, and by half of a character. */
function driftKey(ledger: WindowLedger, dataset: DatasetId, column: string): ItemKey {
  const name = column.toWellFormed();
  const fits = name !== '' && name.length <= NAME_CHARACTERS;
  const sk = fits ? name : createHash('sha256').update(name).digest('hex');
  return { pk: driftPartition(ledger.tenant, dataset), sk };
}

/** Raises an event for each column that has none yet. Of two runs that see a column first, one raises it. */
export async function raiseDrift(
  ledger: WindowLedger,
  dataset: DatasetId,
  columns: readonly string[],
  run: RunArn,
): Promise<void> {
  const raised = { raisedAt: isoInstant(ledger.clock.now()), raisedBy: run };
  for (const column of columns) {
    const named = { column: column.slice(0, NAME_CHARACTERS).toWellFormed() };
    // setOnce keeps the first run's name through repeats, so the event is this run's in every later look.
    await ledger.table.update(
      driftKey(ledger, dataset, column),
      conditionalUpdate({ setOnce: { ...named, ...raised } }),
    );
  }
}

/** Acknowledges a column: it is not shown as open any more. Says false where no such event was raised. */
export async function acknowledgeDrift(
  ledger: WindowLedger,
  dataset: DatasetId,
  column: string,
): Promise<boolean> {
  const acknowledged = { acknowledgedAt: isoInstant(ledger.clock.now()) };
  const written = await ledger.table.update(
    driftKey(ledger, dataset, column),
    conditionalUpdate({ setOnce: acknowledged }, [
      // Acknowledging what nobody has seen would hide it when it comes.
      { attribute: 'raisedBy', is: 'present' },
    ]),
  );
  return written !== 'conditionFailed';
}

/** All events of a dataset, by column. */
export async function driftEvents(ledger: WindowLedger, dataset: DatasetId): Promise<DriftEvent[]> {
  const events: DriftEvent[] = [];
  for await (const item of ledger.table.query(driftPartition(ledger.tenant, dataset)))
    events.push(DriftEvent.parse(item));
  return events;
}
