import { readArchiveDay } from '../ledger/archive-days.ts';
import { raiseArchiveMark } from '../ledger/archive-marks.ts';
import { type RunDay, readListCursor } from '../ledger/archive-runs.ts';
import { readMarks } from '../ledger/marks.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import { type Day, startOf } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import { runName } from '../model/ids.ts';
import { ARCHIVE_DATASET } from '../model/interactions.ts';
import type { ObjectStore } from '../model/ports.ts';
import { amount, type CompletionReport, completionReport, writeCompletion } from './completion.ts';
import type { ListedBy } from './listing.ts';
import type { ArchiveRequest } from './request.ts';
import { stagedCount } from './staging.ts';

/** Where a run of the archive stands after its Maps. */
export interface ArchiveOutcome {
  report: CompletionReport;
  /** Archive days that another living run holds: what was staged of them is looked up again by a later run. */
  elsewhere: Day[];
  /** Archive days that were not sealed. */
  unsealed: Day[];
  /** Interactions that were listed and not looked up. */
  notLooked: number;
}

/**
 * Writes the completion report, and raises the mark when everything that the run listed is archived, unavailable, or noted
 * as to be looked up again.
 */
export async function reconcileArchive(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  by: ListedBy,
  request: ArchiveRequest,
  startedAt: number,
): Promise<ArchiveOutcome> {
  const { ledger, objects } = ports;
  const completion = await completionReport(ledger, by.run, { round: by.round, startedAt });
  await writeCompletion(ports, by.run, completion);
  const cursor = await readListCursor(ledger, by.run, by.round);
  const staged = await stagedCount(objects, { tenant: ledger.tenant, run: runName(by.run), round: by.round });
  const outcome: ArchiveOutcome = {
    report: completion.report,
    ...(await unfinishedDays(ledger, by, completion.days)),
    notLooked: Math.max(0, (cursor?.listed ?? 0) - staged),
  };
  const whole = outcome.notLooked + outcome.unsealed.length + outcome.elsewhere.length === 0;
  if (request.mode === 'range' && whole && cursor !== undefined) {
    const { startDate } = await readMarks(ledger, ARCHIVE_DATASET);
    const finished = {
      from: request.from,
      to: request.to,
      passMilliseconds: (cursor.endedAt ?? cursor.startedAt) - cursor.startedAt,
      interactions: completion.report.total,
    };
    await raiseArchiveMark(ledger, finished, startDate === undefined ? undefined : startOf(startDate));
  }
  return outcome;
}

/** Days of the round without a tally: held by another living run, or not sealed. */
async function unfinishedDays(
  ledger: WindowLedger,
  { run, round }: ListedBy,
  days: readonly RunDay[],
): Promise<{ elsewhere: Day[]; unsealed: Day[] }> {
  const elsewhere: Day[] = [];
  const unsealed: Day[] = [];
  for (const { day, tally } of days.filter((one) => one.round === round)) {
    if (tally !== undefined) continue;
    const { claimedBy, leaseUntil } = await readArchiveDay(ledger, day);
    const held = claimedBy !== undefined && claimedBy !== run && leaseUntil > ledger.clock.now();
    (held ? elsewhere : unsealed).push(day);
  }
  return { elsewhere, unsealed };
}

/** Whether a redrive has something to do. */
export function isUnfinished({ report, unsealed, notLooked }: ArchiveOutcome): boolean {
  return unsealed.length + notLooked + amount(report.failed) > 0;
}

/** Days that an error's message names; the completion report has all. */
const NAMED_DAYS = 20;

/** The error that ends a run of which something is unfinished. */
export function interactionsFailed({ report, unsealed, notLooked }: ArchiveOutcome) {
  const failed = amount(report.failed);
  const reasons = Object.entries(report.failed).map(([reason, count]) => `${count} ${reason}`);
  const said = [
    ...(failed === 0 ? [] : [`${failed} could not be looked up (${reasons.join(', ')})`]),
    ...(notLooked === 0 ? [] : [`${notLooked} were not looked up`]),
    ...(unsealed.length === 0
      ? []
      : [`the days ${unsealed.slice(0, NAMED_DAYS).join(', ')} were not sealed`]),
  ];
  return catalogued(
    'InteractionsFailed',
    `Of ${report.total} interactions ${report.archived + report.unchanged} are archived; ${said.join('; ')}.`,
    { failed, notLooked, unsealed: unsealed.length },
  );
}
