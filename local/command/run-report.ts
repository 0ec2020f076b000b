import { catalogueEntry } from '../../lambdas/model/error-catalogue.ts';
import type { RunRecord, WindowRecord } from '../../lambdas/model/run-record.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Output } from './output.ts';
import { type TableColumn, textTable } from './text-table.ts';
import { amount, byteSize, counted, dollars, duration, inWords, namedWindows } from './wording.ts';

/** What is known of a run besides its record. */
export interface RunSurroundings {
  /** Milliseconds that the run took on this machine. */
  realMilliseconds: number;
  /** Milliseconds of waiting that were jumped over. */
  skippedMilliseconds: number;
  /** The command that goes on where the run stopped; undefined where it cannot be redriven. */
  redrive: string | undefined;
}

/** The columns that every table of windows has. */
export const WINDOW_COLUMNS: readonly TableColumn[] = [
  { heading: 'window' },
  { heading: 'outcome' },
  ...['rows in', 'rows out', 'rejects', 'duplicates', 'superseded', 'files', 'size'].map((heading) => ({
    heading,
    numbers: true,
  })),
];

/** The exit code that a run's outcome stands for. */
export function exitCodeOf({ outcome, error }: Pick<RunRecord, 'outcome' | 'error'>): ExitCode {
  if (outcome === 'SUCCEEDED') return EXIT.done;
  return error?.name === 'InputRefused' ? EXIT.refused : EXIT.failed;
}

/** Prints what became of a run: the table of its windows, its time and its cost. */
export function printRun(out: Output, record: RunRecord, surroundings: RunSurroundings): void {
  const { windows, alreadyCommitted, leftOver, loadedThrough, pinned } = record;
  if (windows.length > 0) {
    out.line();
    for (const line of textTable(WINDOW_COLUMNS, cellsOf(windows))) out.line(line);
    out.line();
  }
  if (record.report !== undefined && windows.length === 0) {
    out.line();
    for (const line of ownReportLines(record.report)) out.line(line);
    out.line();
  } else if (record.outcome === 'SUCCEEDED' && windows.length === 0) {
    const through =
      loadedThrough === undefined ? '' : `, loaded through ${loadedThrough.slice(0, 10)} 00:00 UTC`;
    out.line(
      alreadyCommitted > 0
        ? `${record.tenant} ${record.pipeline}: already committed${through}. Nothing to do, nothing was changed.`
        : `${record.tenant} ${record.pipeline}: no window is due${through}. Nothing to do.`,
    );
  } else if (alreadyCommitted > 0) out.line(`Already committed: ${counted(alreadyCommitted, 'window')}.`);
  if (pinned.length > 0)
    out.line(`Pinned, and left as they are until cxone-export unpin: ${namedWindows(pinned)}.`);
  if (leftOver > 0) out.line(`Left for later runs: ${counted(leftOver, 'window')}.`);
  const { raised, open } = record.drift;
  if (raised.length > 0)
    out.line(`Drift: ${raised.join(', ')} in no mapping, first seen by this run; kept in extra_columns.`);
  else if (open > 0) out.line(`Drift: ${counted(open, 'column')} in no mapping, not acknowledged yet.`);
  out.line(`Time: ${timeSentence(record, surroundings)}`);
  out.line(`Cost on AWS: about ${dollars(record.costUsd)}.`);
  out.line(`Run: ${record.name}`);
}

/** What a pipeline without windows says of its run, a line a figure. */
function ownReportLines(report: NonNullable<RunRecord['report']>): string[] {
  const rows = Object.entries(report).map(([name, value]) => [inWords(name), figure(value)]);
  return textTable([{ heading: 'of the run' }, { heading: '' }], rows);
}

function figure(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? amount(value) : String(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.entries(value).map(([name, part]) => `${inWords(name)} ${figure(part)}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function timeSentence(
  { milliseconds }: RunRecord,
  { realMilliseconds, skippedMilliseconds }: RunSurroundings,
): string {
  const real = duration(realMilliseconds);
  if (skippedMilliseconds === 0) return `${real}.`;
  return `${duration(milliseconds)} in the run's time (${duration(skippedMilliseconds)} of waiting skipped), ${real} here.`;
}

/** A window is told by its day, and by its dataset where the run has several. */
function cellsOf(windows: readonly WindowRecord[]): string[][] {
  const several = new Set(windows.map(({ dataset }) => dataset)).size > 1;
  return windows.map((window) =>
    windowCells(window, several ? `${window.dataset} ${window.day}` : window.day),
  );
}

function windowCells(window: WindowRecord, name: string): string[] {
  const { outcome, error, rows, files, bytesOut } = window;
  const numbers = [rows?.parsed, rows?.rowsOut, rows?.rejects, rows?.duplicates, rows?.superseded, files];
  return [
    name,
    error === undefined ? outcome : `${outcome}: ${error}`,
    ...numbers.map((number) => (number === undefined ? '' : amount(number))),
    bytesOut === undefined ? '' : byteSize(bytesOut),
  ];
}

/** Prints why a run did not succeed, and the one next step. */
export function printRunFailure(err: Output, record: RunRecord, { redrive }: RunSurroundings): void {
  if (record.error === undefined) return;
  const { name, sentence, remedy } = record.error;
  if (name === 'InputRefused') {
    err.line(
      err.paint('red', 'InputRefused: the input is refused, nothing was called and nothing was exported.'),
    );
    for (const problem of inputProblems(sentence)) err.line(`  ${problem}`);
    err.line(`Next: ${remedy}`);
    return;
  }
  err.line(err.paint('red', `${name}: ${sentence}`));
  const failed = record.windows.filter(({ outcome }) => outcome === 'failed');
  for (const { dataset, day, error, sentence: words } of failed)
    if (error !== undefined) err.line(`  ${dataset} ${day}  ${error}: ${words ?? ''}`);
  const remedies = new Set(failed.map(({ error }) => catalogueEntry(error ?? '')?.remedy));
  const [common] = remedies;
  const step = name === 'WindowsFailed' && remedies.size === 1 && common !== undefined ? common : remedy;
  err.line(`Next: ${step}${redrive === undefined ? '' : ` To redrive: ${redrive}`}`);
}

/** The problems that the sentence of `InputRefused` lists, one each. */
export function inputProblems(sentence: string): string[] {
  const listed = /^The input has \d+ problems?: (.*)\.$/s.exec(sentence)?.[1] ?? sentence;
  return listed.split('; ');
}
