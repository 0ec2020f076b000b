import { z } from 'zod';
import { type Day, Day as DaySchema, endOf, isoInstant, startOf } from '../model/days.ts';
import type { DatasetId } from '../model/ids.ts';
import { conditionalUpdate } from './expressions.ts';
import { markKey } from './keys.ts';
import { readWindows, type WindowLedger } from './windows.ts';

/** What is known of a dataset as a whole. */
export const Marks = z.object({
  /** The first day that the pipeline exports, as its first run has fixed it. */
  startDate: DaySchema.optional(),
  /** The first day that the configuration names, as the last run had it; absent where it names none. */
  configuredStart: DaySchema.optional(),
  /** End of the unbroken committed prefix, exclusive: every day before it, from the first day on, is there. */
  loadedThrough: z.iso.datetime().optional(),
  /** The greatest committed event time. */
  maxEvent: z.iso.datetime().optional(),
});
export type Marks = z.infer<typeof Marks>;

/** The marks as the ledger has them now. */
export async function readMarks(ledger: WindowLedger, dataset: DatasetId): Promise<Marks> {
  return Marks.parse((await ledger.table.get(markKey(ledger.tenant, dataset))) ?? {});
}

/**
 * Fixes the first day of a dataset, once: of two first runs at once the one that writes first decides.
 * @param configured what the configuration names now: it is kept beside it, for those who look at the dataset as a whole
 */
export async function fixStartDate(
  ledger: WindowLedger,
  dataset: DatasetId,
  first: Day,
  configured?: Day,
): Promise<Day> {
  const written = await ledger.table.update(
    markKey(ledger.tenant, dataset),
    conditionalUpdate({
      setOnce: { startDate: first },
      ...(configured === undefined
        ? { remove: ['configuredStart'] }
        : { set: { configuredStart: configured } }),
    }),
  );
  return written === 'conditionFailed' ? first : (Marks.parse(written).startDate ?? first);
}

/**
 * Recomputes both marks from the window items and raises them where they are higher now. Runs that end in the wrong order
 * leave the right marks, since each counts what is committed after its own commit.
 */
export async function raiseMarks(
  ledger: WindowLedger,
  dataset: DatasetId,
  configuredStart?: Day,
): Promise<Marks> {
  const before = await readMarks(ledger, dataset);
  const start = configuredStart ?? before.startDate;
  let end = before.loadedThrough === undefined ? undefined : Date.parse(before.loadedThrough);
  // Where the configuration begins earlier than it once did, the prefix is counted from there, and not raised over a hole.
  const earlier =
    configuredStart !== undefined && before.startDate !== undefined && configuredStart < before.startDate;
  const first = start === undefined ? undefined : startOf(start);
  // Where it begins later than the mark, what lies between is left out on purpose.
  const from = earlier || end === undefined ? first : Math.max(end, first ?? end);
  let reached = from;
  let maxEvent = before.maxEvent;
  for await (const window of readWindows(ledger, dataset)) {
    if (window.generation === undefined) continue;
    const event = window.facts?.maxEvent;
    if (event !== undefined && (maxEvent === undefined || event > maxEvent)) maxEvent = event;
    if (reached !== undefined && startOf(window.day) === reached) reached = endOf(window.day);
  }
  if (reached !== undefined && reached !== from) end = Math.max(reached, end ?? reached);
  if (end !== undefined) await raise(ledger, dataset, 'loadedThrough', isoInstant(end));
  if (maxEvent !== undefined) await raise(ledger, dataset, 'maxEvent', maxEvent);
  return readMarks(ledger, dataset);
}

async function raise(
  ledger: WindowLedger,
  dataset: DatasetId,
  mark: 'loadedThrough' | 'maxEvent',
  value: string,
): Promise<void> {
  await ledger.table.update(
    markKey(ledger.tenant, dataset),
    conditionalUpdate({ set: { [mark]: value } }, [
      // A run that ends late must not lower what a later one has raised; a lost condition means just that.
      {
        any: [
          { attribute: mark, is: 'absent' },
          { attribute: mark, is: '<', value },
        ],
      },
    ]),
  );
}
