import type { BaselineMeasure } from './baselines.ts';
import type { Measured, PipelineMeasure } from './pipeline.ts';

const MEGABYTE = 1_000_000;

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
const megabytes = (bytes: number) => `${Math.round(bytes / MEGABYTE)} MB`;
const rate = (bytes: number, milliseconds: number) =>
  `${Math.round(bytes / MEGABYTE / (milliseconds / 1000))} MB/s`;
const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
const times = (ratio: number) => `${ratio.toFixed(1)} times`;

interface Line {
  name: string;
  milliseconds: number;
  processorMilliseconds: number;
  residentPeak: number;
  /** Resident memory at the start, where it is known. */
  residentAtStart?: number;
}

function describe(line: Line, bytes: number): string {
  const { residentPeak: peak, residentAtStart: start } = line;
  const above = start === undefined ? '' : `, ${megabytes(peak - start)} above its start`;
  return `${line.name.padEnd(32)} ${seconds(line.milliseconds).padStart(8)}  ${rate(bytes, line.milliseconds).padStart(9)}  processor ${seconds(line.processorMilliseconds).padStart(8)}  peak ${megabytes(peak)}${above}`;
}

/** The stages of a run: time that passed, time on processors, and the most memory of any process. */
export function describePipeline(
  { milliseconds, invocations, totals }: PipelineMeasure,
  bytes: number,
): string {
  const { download, transform } = stagesOf(invocations);
  const path = spanOf(invocations.filter(({ handler }) => DOWNLOAD_TO_COMMIT.includes(handler)));
  const { rowsIn, rowsOut, duplicates, superseded, bytesOut } = totals;
  return [
    describe({ name: `download, ${download.length} at once`, ...spanOf(download) }, bytes),
    describe({ name: 'transform', ...spanOf(transform) }, bytes),
    describe({ name: 'download to commit', ...path }, bytes),
    `whole run ${seconds(milliseconds)}; ${rowsIn} rows in, ${rowsOut} out, ${duplicates} duplicates, ${superseded} superseded; ${megabytes(bytesOut)} out`,
  ].join('\n');
}

/** A baseline, as a stage is described. */
export function describeBaseline(name: string, measure: BaselineMeasure, bytes: number): string {
  return `${describe({ name, ...measure }, bytes)}; ${measure.rows} rows, ${megabytes(measure.bytesOut)} out`;
}

/** How the pipeline stands to the baselines, and what a repeat costs. */
export function describeRatios(measures: {
  first: PipelineMeasure;
  repeated: PipelineMeasure;
  duckDb: BaselineMeasure;
  rows: BaselineMeasure | undefined;
}): string {
  const { first, repeated, duckDb, rows } = measures;
  const transform = spanOf(stagesOf(first.invocations).transform);
  const path = spanOf(first.invocations.filter(({ handler }) => DOWNLOAD_TO_COMMIT.includes(handler)));
  const repeat = total(repeated.invocations.map(({ use }) => use.milliseconds));
  const lines = [
    `the transform takes ${times(transform.milliseconds / duckDb.milliseconds)} the time of bare DuckDB (processor: ${times(transform.processorMilliseconds / duckDb.processorMilliseconds)})`,
    `a repeat that finds all done takes ${seconds(repeat)} of handler time in ${repeated.invocations.length} invocations`,
  ];
  if (rows !== undefined) {
    lines.push(
      `row by row takes ${times(rows.milliseconds / transform.milliseconds)} the time of the transform, ${times(rows.milliseconds / path.milliseconds)} that of download to commit`,
    );
  }
  return lines.join('\n');
}

const DOWNLOAD_TO_COMMIT: readonly string[] = ['download', 'transform', 'commit', 'publish'];

function stagesOf(invocations: readonly Measured[]) {
  return {
    download: invocations.filter(({ handler }) => handler === 'download'),
    transform: invocations.filter(({ handler }) => handler === 'transform'),
  };
}

/** From the first beginning to the last end. The memory is that of the process that grew the most. */
function spanOf(invocations: readonly Measured[]): Omit<Line, 'name'> & { residentAtStart: number } {
  const begun = Math.min(...invocations.map((one) => one.begun));
  const ended = Math.max(...invocations.map((one) => one.ended));
  const largest = invocations.toSorted((left, right) => right.use.residentPeak - left.use.residentPeak)[0];
  return {
    milliseconds: ended - begun,
    processorMilliseconds: total(invocations.map(({ use }) => use.processorMilliseconds)),
    residentPeak: largest?.use.residentPeak ?? 0,
    residentAtStart: largest?.use.residentAtStart ?? 0,
  };
}
