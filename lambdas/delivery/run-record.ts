import { z } from 'zod';
import { driftEvents } from '../ledger/drift.ts';
import { isInFlight } from '../ledger/jobs.ts';
import { readMarks } from '../ledger/marks.ts';
import {
  counters,
  failureNoteOf,
  noteOf,
  readNotes,
  readOwnReport,
  readPlanNote,
  type WindowNotes,
} from '../ledger/run-notes.ts';
import type { WindowState } from '../ledger/window-state.ts';
import { isDone, isPinnedAgainst, READS_AT_ONCE, readWindow, type WindowLedger } from '../ledger/windows.ts';
import { isoInstant } from '../model/days.ts';
import { catalogueEntry } from '../model/error-catalogue.ts';
import { type DatasetId, type RunArn, runName } from '../model/ids.ts';
import { ListedWindow, type ToldEnding } from '../model/payloads.ts';
import type { PipelineName } from '../model/pipelines.ts';
import type { ExecutionFacts, ObjectStore } from '../model/ports.ts';
import { type DatasetRecord, RunRecord, type WindowRecord } from '../model/run-record.ts';
import { allSideBySide } from '../model/side-by-side.ts';
import { exporterElsewhere, RangeReader } from '../planning/ranges.ts';
import { costOf } from './cost.ts';
import { readingRecord } from './reading-record.ts';
import { timelineOf } from './timeline.ts';
import { usageOf } from './usage.ts';

/** Whose run, and what Step Functions says of it. */
export interface RecordRequest {
  run: RunArn;
  pipeline: PipelineName;
  outcome: RunRecord['outcome'];
  execution: ExecutionFacts | undefined;
  /** What the event said that told of the ending; undefined where the run's own last state asks. */
  told?: ToldEnding['told'] | undefined;
}

/** Puts a run's record together from the ledger, the list of windows and the execution. It says what is known, also of a run that died early. */
export async function makeRunRecord(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  request: RecordRequest,
): Promise<RunRecord> {
  const { ledger } = ports;
  const now = ledger.clock.now();
  const planned = await readPlanNote(ledger.table, ledger.tenant, request.run);
  const list =
    planned === undefined
      ? []
      : z.array(ListedWindow).parse(JSON.parse(await ports.objects.readText(planned.listKey)));
  const notes = await readNotes(ledger.table, ledger.tenant, request.run);
  const ranges = new RangeReader(ledger);
  const windows = await allSideBySide(list, READS_AT_ONCE, async (window): Promise<WindowRecord> => {
    const state = await readWindow(ledger, window.dataset, window.day);
    const elsewhere = (await exporterElsewhere(ranges, window, request.run, now)) !== undefined;
    const noted = { own: noteOf(notes, window), failure: failureNoteOf(notes, window), now };
    return {
      ...windowRecord(request.run, window, state, noted, elsewhere),
      ...(request.pipeline === 'report-sync'
        ? { reading: await readingRecord(ledger, request.run, window, state) }
        : {}),
    };
  });
  const datasets = await allSideBySide(planned?.datasets ?? [], READS_AT_ONCE, (dataset) =>
    datasetRecord(ledger, request.run, dataset),
  );
  const startedAt = request.execution?.startedAt ?? now;
  const endedAt = request.execution?.endedAt ?? now;
  const all = [...notes.values()];
  const totals = totalsOf(windows);
  const parsed = totals.rowsIn;
  const accounted = totals.rowsOut + totals.duplicates + totals.superseded + totals.rejects;
  return RunRecord.parse({
    run: request.run,
    name: runName(request.run),
    tenant: ledger.tenant,
    pipeline: request.pipeline,
    outcome: request.outcome,
    error: request.outcome === 'SUCCEEDED' ? undefined : failureOf(request.execution, request.outcome),
    input: inputOf(request.execution),
    startedAt: isoInstant(startedAt),
    endedAt: isoInstant(endedAt),
    milliseconds: Math.max(0, Math.round(endedAt - startedAt)),
    redrives: request.execution?.redrives ?? 0,
    windows,
    alreadyCommitted: planned?.alreadyCommitted ?? 0,
    leftOver: planned?.leftOver ?? 0,
    pinned: planned?.pinned ?? [],
    paused: planned?.paused ?? false,
    totals,
    integrity: parsed === 0 ? undefined : accounted / parsed,
    drift: {
      raised: datasets.flatMap(({ drift }) => drift.raised),
      open: datasets.reduce((total, { drift }) => total + drift.open, 0),
    },
    answers: sumOf(all.map((note) => counters(note, 'answers_'))),
    retries: Object.values(sumOf(all.map((note) => counters(note, 'failed_')))).reduce(
      (total, failed) => total + failed,
      0,
    ),
    throttledSeconds: all.reduce((total, note) => total + note.throttledMilliseconds, 0) / 1000,
    ...marksOf(datasets),
    datasets,
    report: await readOwnReport(ledger.table, ledger.tenant, request.run),
    costUsd: costOf(usageOf(all, datasets.length)),
  });
}

async function datasetRecord(ledger: WindowLedger, run: RunArn, dataset: DatasetId): Promise<DatasetRecord> {
  const drift = await driftEvents(ledger, dataset);
  const { loadedThrough, maxEvent } = await readMarks(ledger, dataset);
  return {
    dataset,
    loadedThrough,
    maxEvent,
    drift: {
      raised: drift.filter(({ raisedBy }) => raisedBy === run).map(({ column }) => column),
      open: drift.filter(({ acknowledgedAt }) => acknowledgedAt === undefined).length,
    },
  };
}

/** What holds of all datasets: none is loaded through where one is not. */
function marksOf(datasets: readonly DatasetRecord[]): Pick<RunRecord, 'loadedThrough' | 'maxEvent'> {
  const through = datasets.map(({ loadedThrough }) => loadedThrough);
  const known = through.filter((mark) => mark !== undefined).toSorted();
  return {
    loadedThrough: known.length < through.length ? undefined : known[0],
    maxEvent: datasets
      .flatMap(({ maxEvent }) => maxEvent ?? [])
      .toSorted()
      .at(-1),
  };
}

/** How long CXone took for the window's export; of one that is still under way so far. */
function queueWait(state: WindowState, now: number): number {
  const until = isInFlight(state) ? now : state.completedAt;
  if (state.submittedAt === undefined || until === undefined) return 0;
  return Math.max(0, Math.round(until - state.submittedAt));
}

function windowRecord(
  run: RunArn,
  window: ListedWindow,
  state: WindowState,
  {
    own: notes,
    failure,
    now,
  }: { own: WindowNotes | undefined; failure: WindowNotes | undefined; now: number },
  exportedElsewhere: boolean,
): WindowRecord {
  const common = {
    dataset: window.dataset,
    day: window.day,
    task: window.task,
    stages: notes === undefined ? {} : counters(notes, 'ms_'),
    timeline: notes === undefined ? [] : timelineOf(notes),
    queueWaitMilliseconds: queueWait(state, now),
    ...(notes !== undefined && notes.rejected.length > 0 ? { rejected: notes.rejected } : {}),
  };
  const facts = state.facts;
  if (state.publishedBy === run && facts !== undefined)
    return {
      ...common,
      outcome: state.committedBy === run ? 'committed' : 'unchanged',
      generation: facts.generation,
      rows: facts.rows,
      parts: state.partCount,
      files: facts.files,
      manifestKey: facts.manifestKey,
      bytesIn: facts.bytesIn,
      bytesOut: facts.bytesOut,
      driftColumns: facts.driftColumns,
      drift: driftOf(notes),
      delivery: state.delivery,
    };
  // Another run was faster: it has this window's rows in its own record.
  if (isDone(state, run, window.task))
    return { ...common, outcome: 'unchanged', ...(facts && { generation: facts.generation }) };
  if (isPinnedAgainst(state, window.task)) return { ...common, outcome: 'pinned' };
  if (failure?.error)
    return { ...common, outcome: 'failed', error: failure.error, sentence: failure.sentence };
  if (exportedElsewhere || (state.claimedBy !== undefined && state.claimedBy !== run))
    return { ...common, outcome: 'alreadyRunning' };
  return { ...common, outcome: notes === undefined ? 'notTried' : 'failed' };
}

/** What the run itself found; undefined where there is nothing to tell. */
function driftOf(notes: WindowNotes | undefined): WindowRecord['drift'] {
  const drift = notes?.drift;
  return drift !== undefined && Object.values(drift).some((names) => names.length > 0) ? drift : undefined;
}

function totalsOf(windows: readonly WindowRecord[]): RunRecord['totals'] {
  const sum = (value: (window: WindowRecord) => number | undefined) =>
    windows.reduce((total, window) => total + (value(window) ?? 0), 0);
  return {
    rowsIn: sum(({ rows }) => rows?.parsed),
    rowsOut: sum(({ rows }) => rows?.rowsOut),
    rejects: sum(({ rows }) => rows?.rejects),
    duplicates: sum(({ rows }) => rows?.duplicates),
    superseded: sum(({ rows }) => rows?.superseded),
    outsideWindow: sum(({ rows }) => rows?.outsideWindow),
    files: sum(({ files }) => files),
    bytesIn: sum(({ bytesIn }) => bytesIn),
    bytesOut: sum(({ bytesOut }) => bytesOut),
  };
}

/** What an execution that did not succeed ended with, by the catalogue. */
export function failureOf(
  execution: ExecutionFacts | undefined,
  outcome: RunRecord['outcome'],
): NonNullable<RunRecord['error']> {
  const name =
    execution?.error ??
    (outcome === 'TIMED_OUT'
      ? 'States.Timeout'
      : outcome === 'ABORTED'
        ? 'RunInterrupted'
        : 'States.TaskFailed');
  const entry = catalogueEntry(name);
  return {
    name,
    sentence: sentenceOf(execution?.cause) ?? entry?.meaning ?? 'The platform gave no cause.',
    acts: entry?.acts ?? 'platform engineer',
    remedy: entry?.remedy ?? 'Look at the execution’s history.',
  };
}

/** The sentence of a Lambda error's cause, which is JSON; other causes are plain text. */
function sentenceOf(cause: string | undefined): string | undefined {
  if (cause === undefined || cause === '') return undefined;
  try {
    const parsed = z.looseObject({ errorMessage: z.string() }).safeParse(JSON.parse(cause));
    return parsed.success ? parsed.data.errorMessage : cause;
  } catch {
    return cause;
  }
}

function inputOf(execution: ExecutionFacts | undefined): unknown {
  try {
    return JSON.parse(execution?.input ?? '{}');
  } catch {
    return execution?.input;
  }
}

function sumOf(records: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const record of records)
    for (const [name, value] of Object.entries(record)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}
