import { z } from 'zod';
import { isoInstant } from '../model/days.ts';
import { ARCHIVE_DATASET } from '../model/interactions.ts';
import { type Clause, conditionalUpdate } from './expressions.ts';
import { markKey } from './keys.ts';
import { Marks } from './marks.ts';
import type { WindowLedger } from './windows.ts';

/**
 * How far the archive reaches: what was updated before `loadedThrough` is archived, unavailable by name, or noted as to be
 * looked up again. Beside it what earlier runs found, for look-back and estimates.
 */
export const ArchiveMarks = z.object({
  ...Marks.shape,
  passMilliseconds: z.number().default(0).describe('How long the last listing took'),
  interactionsPerDay: z.number().optional().describe('As the last whole run found'),
  dueAt: z.iso
    .datetime()
    .optional()
    .describe(
      'When the last whole run of what is due began to list: it has also looked at what earlier runs left',
    ),
});
export type ArchiveMarks = z.infer<typeof ArchiveMarks>;

/** The marks as the ledger has them now. */
export async function readArchiveMarks(ledger: WindowLedger): Promise<ArchiveMarks> {
  return ArchiveMarks.parse((await ledger.table.get(markKey(ledger.tenant, ARCHIVE_DATASET))) ?? {});
}

/** What a run that lists a range has found. */
export interface FinishedRange {
  /** Epoch milliseconds, half-open. */
  from: number;
  to: number;
  /** It was planned from the mark, or from the first day where that lies beyond it: there is no hole before it. */
  due: boolean;
  /** When it began to list, epoch milliseconds: long after the range where nights catch up. */
  listedAt: number;
  passMilliseconds: number;
  interactions: number;
}

/**
 * Raises the mark to the end of a range that is done, where the range was due, or begins at the mark or before it. Says whether it did.
 * @param start where the archive begins while there is no mark, epoch milliseconds
 */
export async function raiseArchiveMark(
  ledger: WindowLedger,
  range: FinishedRange,
  start: number | undefined,
): Promise<boolean> {
  const { from, to, due, listedAt, passMilliseconds } = range;
  // The first day is still to come.
  if (to <= from) return false;
  const days = (to - from) / 86_400_000;
  const first: Clause[] =
    start !== undefined && from <= start && start < to ? [{ attribute: 'loadedThrough', is: 'absent' }] : [];
  const reached: Clause = { attribute: 'loadedThrough', is: '>=', value: isoInstant(from) };
  const written = await ledger.table.update(
    markKey(ledger.tenant, ARCHIVE_DATASET),
    conditionalUpdate(
      {
        set: {
          loadedThrough: isoInstant(to),
          passMilliseconds,
          ...(due ? { dueAt: isoInstant(listedAt) } : {}),
          interactionsPerDay: Math.round(range.interactions / days),
        },
      },
      [
        // Beyond a hole the mark would say what is not so.
        ...(due ? [] : [{ any: [...first, reached] }]),
        {
          any: [
            { attribute: 'loadedThrough', is: 'absent' },
            // A run that ends late must not lower what a later one has raised.
            { attribute: 'loadedThrough', is: '<', value: isoInstant(to) },
          ],
        },
      ],
    ),
  );
  return written !== 'conditionFailed';
}
