import { z } from 'zod';
import type { Day } from '../model/days.ts';
import { DatasetId, type RunArn, rangeDataset, type TenantId } from '../model/ids.ts';
import { PinnedWindow } from '../model/payloads.ts';
import type { Item, Table } from '../model/ports.ts';
import { type DayRange, nestedRanges } from '../model/ranges.ts';
import { RejectReason, WindowDrift } from '../model/run-record.ts';
import { conditionalUpdate } from './expressions.ts';
import { runPartition } from './keys.ts';

/** What a function noted of its work on a window, for the run's record. Counters are added up over all invocations. */
export interface StageNote {
  stage: string;
  milliseconds: number;
  /** CXone's answers by status; 0 stands for no answer at all. */
  answers: Readonly<Record<number, number>>;
  throttledMilliseconds: number;
  /** Name of the error that ended the invocation. */
  error?: string;
  sentence?: string;
  /** Which of a window's parts it worked on, beside others. */
  part?: number | undefined;
}

/**
 * Stages that are at work on a window several times at once: while one call fails for good, others end well. What ends well takes
 * back its own error and leaves those of the others; every other stage has all that came before it behind it.
 */
const SIDE_BY_SIDE: readonly string[] = ['download', 'token'];

/** A window of a run, in its notes. */
export interface NotedWindow {
  dataset: DatasetId;
  day: Day;
}

/** Another share of a run's work, by its name in the notes: a batch, a list. */
export interface NotedUnit {
  unit: string;
}

/** Runs are noted for 400 days at most; the record in S3 outlives the notes. */
const NOTES_SECONDS = 400 * 86_400;

/**
 * Adds a note to the run's item of that window. Counters may count an invocation twice when a reply is lost: they inform,
 * nothing is decided by them.
 */
export async function noteStage(
  table: Table,
  about: (NotedWindow | NotedUnit) & { tenant: TenantId; run: RunArn; now: number },
  note: StageNote,
): Promise<void> {
  const answers = Object.entries(note.answers).map(([status, count]) => [`answers_${status}`, count]);
  const key = { pk: runPartition(about.tenant, about.run), sk: `window#${nameOf(about)}` };
  const failure = failureIn(note);
  const leavesOthers = note.error === undefined && SIDE_BY_SIDE.includes(note.stage);
  const written = await table.update(
    key,
    conditionalUpdate({
      add: {
        [`ms_${note.stage}`]: Math.round(note.milliseconds),
        [`calls_${note.stage}`]: 1,
        throttledMilliseconds: Math.round(note.throttledMilliseconds),
        ...(note.error === undefined ? {} : { [`failed_${note.stage}`]: 1 }),
        ...Object.fromEntries(answers),
      },
      set: {
        lastStage: note.stage,
        [`to_${note.stage}`]: about.now,
        ...(leavesOthers ? {} : failure),
        expiresAt: Math.floor(about.now / 1000) + NOTES_SECONDS,
      },
      setOnce: { firstAt: about.now, [`from_${note.stage}`]: about.now - Math.round(note.milliseconds) },
    }),
  );
  if (leavesOthers && written !== 'conditionFailed' && written.error && written.errorOf === failure.errorOf)
    await table.update(
      key,
      // Another call may have failed since.
      conditionalUpdate({ set: failure }, [{ attribute: 'errorOf', is: '=', value: failure.errorOf }]),
    );
}

function failureIn({ stage, part, error = '', sentence = '' }: StageNote) {
  const errorOf = part === undefined ? stage : `${stage}#${part}`;
  return { error, sentence: sentence.slice(0, 1_000), errorOf };
}

/** Notes how a window's source differs from its mapping: what the last transform of the run found stands. */
export async function noteDrift(
  table: Table,
  about: NotedWindow & { tenant: TenantId; run: RunArn; now: number },
  drift: WindowDrift,
): Promise<void> {
  await table.update(
    { pk: runPartition(about.tenant, about.run), sk: `window#${nameOf(about)}` },
    conditionalUpdate({ set: { drift, expiresAt: Math.floor(about.now / 1000) + NOTES_SECONDS } }),
  );
}

/** Notes why rows of a window were rejected: what the last transform of the run found stands. */
export async function noteRejects(
  table: Table,
  about: NotedWindow & { tenant: TenantId; run: RunArn; now: number },
  rejected: readonly RejectReason[],
): Promise<void> {
  await table.update(
    { pk: runPartition(about.tenant, about.run), sk: `window#${nameOf(about)}` },
    conditionalUpdate({ set: { rejected, expiresAt: Math.floor(about.now / 1000) + NOTES_SECONDS } }),
  );
}

/** The notes of a run's window, read back. */
export const WindowNotes = z
  .object({
    sk: z.string(),
    error: z.string().default(''),
    sentence: z.string().default(''),
    lastStage: z.string().default(''),
    throttledMilliseconds: z.number().default(0),
    drift: WindowDrift.optional(),
    rejected: z.array(RejectReason).default([]),
  })
  .catchall(z.unknown());
export type WindowNotes = z.infer<typeof WindowNotes>;

/** Notes of a run's windows, by names that `noteOf` knows. */
export type RunNotes = ReadonlyMap<string, WindowNotes>;

/** The note of a window, or undefined where there is none. */
export function noteOf(notes: RunNotes, window: NotedWindow | NotedUnit): WindowNotes | undefined {
  return notes.get(nameOf(window));
}

/**
 * The note that says why a window is not committed: its own where it names an error, else that of the narrowest export
 * that would have brought the window's day.
 */
export function failureNoteOf(
  notes: RunNotes,
  window: NotedWindow & { range?: DayRange | undefined },
): WindowNotes | undefined {
  const own = noteOf(notes, window);
  if (own?.error || window.range === undefined) return own;
  const ranges = nestedRanges(window.range, window.day).toReversed();
  const failed = ranges
    .map(({ from, days }) => noteOf(notes, { dataset: rangeDataset(window.dataset, days), day: from }))
    .find((note) => note?.error);
  return failed ?? own;
}

function nameOf(about: NotedWindow | NotedUnit): string {
  return 'unit' in about ? about.unit : `${about.dataset}#${about.day}`;
}

/** All notes of a run's windows. */
export async function readNotes(table: Table, tenant: TenantId, run: RunArn): Promise<RunNotes> {
  const notes = new Map<string, WindowNotes>();
  for await (const item of table.query(runPartition(tenant, run), { from: 'window#', to: 'window$' }))
    notes.set(String(item.sk).slice('window#'.length), WindowNotes.parse(item));
  return notes;
}

/** Numbers of a note whose names begin with a prefix, by the rest of the name. */
export function counters(item: Item, prefix: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) =>
      name.startsWith(prefix) && typeof value === 'number' ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

const PlanNote = z.object({
  listKey: z.string().describe('Of the list of windows'),
  alreadyCommitted: z.number().default(0),
  leftOver: z.number().default(0),
  datasets: z.array(DatasetId),
  pinned: z.array(PinnedWindow).default([]),
  paused: z.boolean().default(false),
});

/** Notes a run's plan, for its record. */
export async function notePlan(
  table: Table,
  about: { tenant: TenantId; run: RunArn; now: number },
  plan: z.input<typeof PlanNote>,
): Promise<void> {
  await table.update(
    { pk: runPartition(about.tenant, about.run), sk: 'plan' },
    conditionalUpdate({ set: { ...plan, expiresAt: Math.floor(about.now / 1000) + NOTES_SECONDS } }),
  );
}

/** What a run planned, or undefined where it did not come that far. */
export async function readPlanNote(
  table: Table,
  tenant: TenantId,
  run: RunArn,
): Promise<z.infer<typeof PlanNote> | undefined> {
  const item = await table.get({ pk: runPartition(tenant, run), sk: 'plan' });
  return item === undefined ? undefined : PlanNote.parse(item);
}

const OwnReport = z.object({ report: z.record(z.string(), z.json()) });

/** What a pipeline reports of a run in terms of its own, under names of its own: small, free of personal data. */
export type OwnReport = z.infer<typeof OwnReport>['report'];

/** Notes what a pipeline itself has to say of a run, for its record. A later note takes the place of an earlier one. */
export async function noteOwnReport(
  table: Table,
  about: { tenant: TenantId; run: RunArn; now: number },
  report: OwnReport,
): Promise<void> {
  await table.update(
    { pk: runPartition(about.tenant, about.run), sk: 'report' },
    conditionalUpdate({ set: { report, expiresAt: Math.floor(about.now / 1000) + NOTES_SECONDS } }),
  );
}

/** What a pipeline itself has said of a run, or undefined. */
export async function readOwnReport(
  table: Table,
  tenant: TenantId,
  run: RunArn,
): Promise<OwnReport | undefined> {
  const item = await table.get({ pk: runPartition(tenant, run), sk: 'report' });
  return item === undefined ? undefined : OwnReport.parse(item).report;
}
