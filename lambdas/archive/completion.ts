import { completionReportKey } from '../lake/keys.ts';
import { type ArchiveTally, archiveDays } from '../ledger/archive-days.ts';
import { type RunDay, readListCursor, runDays } from '../ledger/archive-runs.ts';
import { noteOwnReport } from '../ledger/run-notes.ts';
import type { WindowLedger } from '../ledger/windows.ts';
import type { RunArn } from '../model/ids.ts';
import type { ObjectStore } from '../model/ports.ts';

/** What became of all interactions of a run. By reason: see `UnavailableLook` and `FailureReason`. */
export interface CompletionReport {
  /** Interactions that the run looked up. */
  total: number;
  archived: number;
  /** Of those archived: looked up only after a fault. */
  retriedAndArchived: number;
  /** Archived by an earlier run, and the same since. */
  unchanged: number;
  /** With every interaction that is given up, where the run takes up what is pending. */
  unavailable: Readonly<Record<string, number>>;
  failed: Readonly<Record<string, number>>;
  /** Listed, but not looked up or not sealed: held by another run, or stopped. */
  notDone: number;
  /** Interactions of all archive days that CXone refused (403) when they were looked at last. */
  refusedInAll: number;
  /** Share of the interactions that could be had that are archived now; 1 where there were none. */
  successRate: number;
  marked: number;
  marksPending: Readonly<Record<string, number>>;
  /** Recordings and transcripts by what became of them; none where they are not stored. */
  media: Readonly<Record<string, number>>;
  objects: number;
  plainBytes: number;
  sealedBytes: number;
  seconds: number;
}

/** Puts the report of a run together from what its days noted; failures count as the last round left them. */
export async function completionReport(
  ledger: WindowLedger,
  run: RunArn,
  about: { round: number; startedAt: number; takesPending: boolean },
): Promise<{ report: CompletionReport; keys: string[]; days: RunDay[] }> {
  const days = await runDays(ledger, run);
  const tallies = days.flatMap(({ round, tally }) => (tally === undefined ? [] : [{ round, tally }]));
  const sum = (of: (tally: ArchiveTally) => number) =>
    tallies.reduce((total, { tally }) => total + of(tally), 0);
  const last = tallies.filter(({ round }) => round === about.round);
  const failed = added(last.map(({ tally }) => tally.failed));
  const standing = await standingIn(ledger);
  const unavailable = {
    ...added(tallies.map(({ tally }) => tally.unavailable)),
    // Nobody looks at them, and no night keeps quiet about them.
    ...(about.takesPending && standing.givenUp > 0 ? { givenUp: standing.givenUp } : {}),
  };
  const archived = sum((tally) => tally.archived);
  const unchanged = sum((tally) => tally.unchanged);
  const listed = (await readListCursor(ledger, run, about.round))?.listed ?? 0;
  const notDone = Math.max(0, listed - last.reduce((total, { tally }) => total + placesIn(tally), 0));
  const wanted = archived + unchanged + amount(failed) + notDone;
  const report = {
    total: wanted + amount(unavailable),
    archived,
    retriedAndArchived: sum((tally) => tally.retried),
    unchanged,
    unavailable,
    failed,
    notDone,
    refusedInAll: standing.refused,
    successRate: wanted === 0 ? 1 : (archived + unchanged) / wanted,
    marked: days.reduce((total, { marked }) => total + (marked ?? 0), 0),
    marksPending: added(days.filter(({ round }) => round === about.round).map(({ pending }) => pending)),
    media: added(days.map(({ media = {} }) => media)),
    objects: sum((tally) => tally.objects.length),
    plainBytes: sum((tally) => tally.plainBytes),
    sealedBytes: sum((tally) => tally.sealedBytes),
    seconds: Math.round((ledger.clock.now() - about.startedAt) / 1_000),
  };
  return { report, keys: tallies.flatMap(({ tally }) => tally.objects), days };
}

/** What stays unavailable from night to night, over all archive days. */
async function standingIn(ledger: WindowLedger): Promise<{ givenUp: number; refused: number }> {
  const standing = { givenUp: 0, refused: 0 };
  for await (const { givenUp, refused } of archiveDays(ledger)) {
    standing.givenUp += givenUp.size;
    standing.refused += refused;
  }
  return standing;
}

/** Stores the report: whole, with the keys of all objects, in the bucket; its numbers in the run's record. */
export async function writeCompletion(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  run: RunArn,
  { report, keys }: { report: CompletionReport; keys: readonly string[] },
): Promise<void> {
  const { ledger, objects } = ports;
  const reportKey = completionReportKey(ledger.tenant, run);
  await objects.writeText(
    reportKey,
    `${JSON.stringify({ ...report, keys }, undefined, 2)}\n`,
    'application/json',
  );
  const about = { tenant: ledger.tenant, run, now: ledger.clock.now() };
  await noteOwnReport(ledger.table, about, { ...report, reportKey });
}

/** Interactions of the list that a tally covers. */
export function placesIn(tally: ArchiveTally): number {
  return tally.archived + tally.unchanged + amount(tally.unavailable) + amount(tally.failed);
}

/** All of them together. */
export function amount(byReason: Readonly<Record<string, number>>): number {
  return Object.values(byReason).reduce((total, count) => total + count, 0);
}

function added(each: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const byReason of each)
    for (const [reason, count] of Object.entries(byReason)) total[reason] = (total[reason] ?? 0) + count;
  return total;
}
