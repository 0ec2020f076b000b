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
import { listedArchiveDays } from './days.ts';
import type { ListedBy } from './listing.ts';
import { type ArchiveRequest, takesPending } from './request.ts';
import { stagedCount } from './staging.ts';

/** Where a run of the archive stands after its Maps. */
export interface ArchiveOutcome {
  report: CompletionReport;
  /** Archive days that another living run holds: what was staged of them is looked up again by a later run, which a run of named days or ids does not have. */
  elsewhere: Day[];
  /** Archive days that were not sealed. */
  unsealed: Day[];
  /** Archive days that were sealed, and whose marks were not all tried: something stopped it. */
  unmarked: Day[];
  /** Archive days that owe the audit chain a record. */
  unrecorded: Day[];
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
  const completion = await completionReport(ledger, by.run, {
    round: by.round,
    startedAt,
    takesPending: takesPending(request),
  });
  await writeCompletion(ports, by.run, completion);
  const cursor = await readListCursor(ledger, by.run, by.round);
  const staged = await stagedCount(objects, { tenant: ledger.tenant, run: runName(by.run), round: by.round });
  const outcome: ArchiveOutcome = {
    report: completion.report,
    ...(await unfinishedDays(ports, by, completion.days, takesPending(request))),
    notLooked: Math.max(0, (cursor?.listed ?? 0) - staged),
  };
  const whole = outcome.notLooked + outcome.unsealed.length + outcome.elsewhere.length === 0;
  if (request.mode === 'range' && whole && cursor !== undefined) {
    const { startDate } = await readMarks(ledger, ARCHIVE_DATASET);
    const finished = {
      from: request.from,
      to: request.to,
      due: request.due,
      listedAt: cursor.startedAt,
      passMilliseconds: (cursor.endedAt ?? cursor.startedAt) - cursor.startedAt,
      interactions: completion.report.total,
    };
    await raiseArchiveMark(ledger, finished, startDate === undefined ? undefined : startOf(startDate));
  }
  return outcome;
}

type UnfinishedDays = Pick<ArchiveOutcome, 'elsewhere' | 'unsealed' | 'unmarked' | 'unrecorded'>;

/** Days of the round that are not through with all steps: held by another living run, or left where they stopped. */
async function unfinishedDays(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  by: ListedBy,
  noted: readonly RunDay[],
  isDue: boolean,
): Promise<UnfinishedDays> {
  const { ledger } = ports;
  const found: UnfinishedDays = { elsewhere: [], unsealed: [], unmarked: [], unrecorded: [] };
  const ofRound = new Map(noted.filter(({ round }) => round === by.round).map((one) => [one.day, one]));
  for (const day of await listedArchiveDays(ports, by)) {
    const own = ofRound.get(day);
    const { claimedBy, leaseUntil, unaudited } = await readArchiveDay(ledger, day);
    const others = claimedBy !== undefined && claimedBy !== by.run;
    // What another run has taken up, and of which this one has staged nothing, is that run's to finish.
    if (others && own === undefined) continue;
    const held = others && leaseUntil > ledger.clock.now();
    if (own?.tally === undefined) (held && isDue ? found.elsewhere : found.unsealed).push(day);
    else if (own.marked === undefined && !held) found.unmarked.push(day);
    if (unaudited.size > 0 && !held) found.unrecorded.push(day);
  }
  return found;
}

/** Whether a redrive has something to do. */
export function isUnfinished(outcome: ArchiveOutcome): boolean {
  const { report, unsealed, unmarked, unrecorded, notLooked } = outcome;
  return unsealed.length + unmarked.length + unrecorded.length + notLooked + amount(report.failed) > 0;
}

/** Days that an error's message names; the completion report has all. */
const NAMED_DAYS = 20;

/** The error that ends a run of which something is unfinished. */
export function interactionsFailed(outcome: ArchiveOutcome) {
  const { report, unsealed, unmarked, unrecorded, notLooked } = outcome;
  const failed = amount(report.failed);
  const reasons = Object.entries(report.failed).map(([reason, count]) => `${count} ${reason}`);
  const said = [
    ...(failed === 0 ? [] : [`${failed} could not be looked up (${reasons.join(', ')})`]),
    ...(notLooked === 0 ? [] : [`${notLooked} were not looked up`]),
    ...named(unsealed, 'were not sealed'),
    ...named(unmarked, 'were not marked'),
    ...named(unrecorded, 'owe an audit record'),
  ];
  return catalogued(
    'InteractionsFailed',
    `Of ${report.total} interactions ${report.archived + report.unchanged} are archived; ${said.join('; ')}.`,
    {
      failed,
      notLooked,
      unsealed: unsealed.length,
      unmarked: unmarked.length,
      unrecorded: unrecorded.length,
    },
  );
}

function named(days: readonly Day[], what: string): string[] {
  if (days.length === 0) return [];
  const others = days.length - NAMED_DAYS;
  const list = days.slice(0, NAMED_DAYS).join(', ');
  return [`the days ${list}${others > 0 ? ` and ${others} others` : ''} ${what}`];
}
