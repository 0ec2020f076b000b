import type { RunRecord, WindowRecord } from '../../model/run-record.ts';
import { amount, byteSize, counted, dollars, duration, inWords, namedWindows } from '../wording.ts';
import { facts, page, table } from './document.ts';
import { type Html, html } from './html.ts';
import { executionLink, objectLink } from './links.ts';
import { timelines } from './timelines.ts';

/** Where the page's links lead. */
export interface PagePlace {
  bucket: string;
  /** Key of the record itself. */
  recordKey: string;
}

/** Rows of a table at most: a back-fill of years has its windows in the record. */
const SHOWN_WINDOWS = 400;

/** A run's record as one self-contained page: the outcome first, then what to do, then the numbers, then how it went. */
export function runPage(record: RunRecord, place: PagePlace): string {
  return page(`${record.tenant} ${record.pipeline} ${record.outcome} ${record.startedAt}`, [
    heading(record),
    ...failure(record),
    numbers(record),
    ...windows(record, place),
    ...rejects(record),
    ...timelines(record.windows),
    ...calls(record),
    ...datasets(record),
    ...ownReport(record),
    origin(record, place),
  ]);
}

function heading(record: RunRecord): Html {
  const good = record.outcome === 'SUCCEEDED';
  return html`<h1>${record.pipeline} of ${record.tenant}</h1>
<p class="outcome ${good ? 'good' : 'bad'}">${good ? '✓' : '✗'} ${record.outcome}: ${summary(record)}</p>
<p class="soft">${utc(record.startedAt)} to ${utc(record.endedAt)}, ${duration(record.milliseconds)}${record.redrives > 0 ? `, ${counted(record.redrives, 'redrive')}` : ''}</p>
${record.pinned.length === 0 ? '' : html`<p>Pinned, and left as they are until somebody unpins them: ${namedWindows(record.pinned)}.</p>`}`;
}

function summary(record: RunRecord): string {
  const { windows: all, alreadyCommitted, leftOver, pinned, paused, error, report = {} } = record;
  if (paused) return 'the pipeline is paused, nothing was done';
  const counts = new Map<WindowRecord['outcome'], number>();
  for (const { outcome } of all) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const parts = [...counts].map(([outcome, count]) => `${counted(count, 'window')} ${WORDS[outcome]}`);
  if (alreadyCommitted > 0) parts.push(`${counted(alreadyCommitted, 'window')} committed before`);
  if (leftOver > 0) parts.push(`${counted(leftOver, 'window')} left for later runs`);
  if (pinned.length > 0) parts.push(`${counted(pinned.length, 'window')} pinned`);
  // Of a run without windows its error says it, or what its pipeline reports.
  if (parts.length === 0) parts.push(...(error === undefined ? figures(report) : [error.name]));
  return parts.length === 0 ? 'there was nothing to do' : parts.join(', ');
}

/** Figures of a pipeline's own report in the heading; all of them are below. */
const HEADING_FIGURES = 3;

/** The first numbers of a report that are not 0: `total 73`, `archived 73`. */
function figures(report: Readonly<Record<string, unknown>>): string[] {
  const numbers = Object.entries(report).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null ? Object.entries(value) : [[name, value] as const],
  );
  return numbers
    .flatMap(([name, value]) =>
      typeof value === 'number' && value > 0 ? `${inWords(name)} ${amount(value)}` : [],
    )
    .slice(0, HEADING_FIGURES);
}

const WORDS: Readonly<Record<WindowRecord['outcome'], string>> = {
  committed: 'committed',
  unchanged: 'unchanged',
  alreadyRunning: 'in the hands of another run',
  pinned: 'pinned to an earlier generation',
  failed: 'failed',
  notTried: 'not tried',
};

function failure({ error, outcome }: RunRecord): Html[] {
  if (error === undefined || outcome === 'SUCCEEDED') return [];
  return [
    html`<section class="failure"><h2>${error.name}</h2><p>${error.sentence}</p>
<p><strong>Who acts:</strong> ${error.acts}</p><p><strong>What to do:</strong> ${error.remedy}</p></section>`,
  ];
}

function numbers(record: RunRecord): Html {
  const { totals } = record;
  return facts([
    ['Rows in', amount(totals.rowsIn)],
    ['Rows out', amount(totals.rowsOut)],
    ['Rejects', amount(totals.rejects)],
    ['Duplicates', amount(totals.duplicates)],
    ['Superseded', amount(totals.superseded)],
    ['Outside their day', amount(totals.outsideWindow)],
    [
      'Rows accounted for',
      record.integrity === undefined ? 'no rows' : `${(record.integrity * 100).toFixed(2)} %`,
    ],
    ['Received', byteSize(totals.bytesIn)],
    ['Written', `${byteSize(totals.bytesOut)} in ${counted(totals.files, 'file')}`],
    ['Retries', amount(record.retries)],
    ['Throttled', duration(record.throttledSeconds * 1_000)],
    ['Cost on AWS, about', dollars(record.costUsd)],
  ]);
}

function windows(record: RunRecord, place: PagePlace): Html[] {
  if (record.windows.length === 0) return [];
  const shown = record.windows
    .toSorted((left, right) => weight(left) - weight(right))
    .slice(0, SHOWN_WINDOWS);
  const more = record.windows.length - shown.length;
  return [
    html`<h2>Windows</h2>`,
    table(
      'Rows and bytes by window; what failed comes first',
      [
        { heading: 'Window' },
        { heading: 'Outcome' },
        { heading: 'What happened', words: true },
        ...[
          'Rows in',
          'Rows out',
          'Rejects',
          'Duplicates',
          'Superseded',
          'Parts',
          'Received',
          'Written',
          'Queue',
        ].map((name) => ({ heading: name, numbers: true })),
      ],
      shown.map((window) => windowCells(window, record, place)),
    ),
    ...(more > 0 ? [html`<p class="soft">${counted(more, 'window')} more in the record.</p>`] : []),
  ];
}

/** Rows of the table of rejects; the record has all. */
const SHOWN_REASONS = 50;

/** Why rows were rejected, in names and counts: the rows themselves are in quarantine alone. */
function rejects({ windows: all }: RunRecord): Html[] {
  const found = all.flatMap(({ dataset, day, rejected = [] }) =>
    rejected.map((reason) => ({ name: `${dataset} ${day}`, ...reason })),
  );
  if (found.length === 0) return [];
  const shown = found.toSorted((left, right) => right.rows - left.rows).slice(0, SHOWN_REASONS);
  return [
    html`<h2>Rejects</h2>`,
    table(
      'Rejected rows by reason; they lie in quarantine',
      [
        { heading: 'Window' },
        { heading: 'Reason', words: true },
        { heading: 'Column' },
        { heading: 'Rows', numbers: true },
        { heading: 'First at' },
      ],
      shown.map(({ name, reason, column, rows, part, line }) => [
        name,
        REASONS[reason] ?? reason,
        column ?? '',
        amount(rows),
        part === undefined || line === undefined ? '' : `part ${part}, line ${line}`,
      ]),
    ),
    ...(found.length > shown.length
      ? [html`<p class="soft">${counted(found.length - shown.length, 'reason')} more in the record.</p>`]
      : []),
  ];
}

const REASONS: Readonly<Record<string, string>> = {
  TypeMismatch: 'a value does not fit its type',
  RequiredValueMissing: 'a value is missing that is required',
  RepeatedHeader: 'a header came among the rows',
  WrongWidth: 'more or fewer fields than the header',
  BadEncoding: 'not UTF-8',
  BadQuoting: 'quotes that do not belong together',
  NotJson: 'not JSON',
  NotAnObject: 'not a JSON object',
  TooDeep: 'nested too deeply',
  RecordTooLong: 'longer than a record may be',
  Ambiguous: 'one field twice, with different values',
  Others: 'other reasons together',
};

function weight({ outcome }: WindowRecord): number {
  return ['failed', 'notTried', 'pinned', 'alreadyRunning', 'committed', 'unchanged'].indexOf(outcome);
}

function windowCells(window: WindowRecord, { run }: RunRecord, place: PagePlace) {
  const { rows } = window;
  const name = `${window.dataset} ${window.day}`;
  const known = (value: number | undefined, show: (value: number) => string) =>
    value === undefined ? '' : show(value);
  return [
    window.manifestKey === undefined
      ? name
      : html`<a href="${objectLink(run, place.bucket, window.manifestKey)}">${name}</a>`,
    `${window.outcome === 'failed' ? '✗ ' : ''}${WORDS[window.outcome]}`,
    window.error === undefined
      ? drifted(window)
      : html`<strong>${window.error}</strong>${window.sentence ? `: ${window.sentence}` : ''}`,
    ...[rows?.parsed, rows?.rowsOut, rows?.rejects, rows?.duplicates, rows?.superseded, window.parts].map(
      (value) => known(value, amount),
    ),
    known(window.bytesIn, byteSize),
    known(window.bytesOut, byteSize),
    known(window.queueWaitMilliseconds || undefined, duration),
  ];
}

/** What of the source is not as its mapping says. A column without a value is told of in the record alone: many are so by nature. */
function drifted({ drift, driftColumns = 0 }: WindowRecord): string {
  if (drift === undefined)
    return driftColumns > 0 ? `${counted(driftColumns, 'column')} not as the mapping says` : '';
  const told = { new: drift.new, missing: drift.missing, 'of another kind': drift.retyped };
  return Object.entries(told)
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${what}: ${names.join(', ')}`)
    .join('; ');
}

function calls({ answers }: RunRecord): Html[] {
  const rows = Object.entries(answers).map(([status, count]) => [
    status === '0' ? 'no answer' : status,
    amount(count),
  ]);
  if (rows.length === 0) return [];
  return [
    html`<h2>Answers of CXone</h2>`,
    table('Calls by HTTP status', [{ heading: 'Status' }, { heading: 'Calls', numbers: true }], rows),
  ];
}

function datasets({ datasets: all }: RunRecord): Html[] {
  if (all.length === 0) return [];
  return [
    html`<h2>Datasets after the run</h2>`,
    table(
      'Marks and drift',
      [
        { heading: 'Dataset' },
        { heading: 'Loaded through (before)' },
        { heading: 'Latest event' },
        { heading: 'New columns', words: true },
        { heading: 'Not acknowledged', numbers: true },
      ],
      all.map(({ dataset, loadedThrough, maxEvent, drift }) => [
        dataset,
        loadedThrough === undefined ? 'nothing without a hole yet' : utc(loadedThrough),
        maxEvent === undefined ? '' : utc(maxEvent),
        drift.raised.join(', '),
        amount(drift.open),
      ]),
    ),
  ];
}

function ownReport({ report, pipeline }: RunRecord): Html[] {
  if (report === undefined) return [];
  return [html`<h2>Report of ${pipeline}</h2><pre>${JSON.stringify(report, undefined, 2)}</pre>`];
}

function origin(record: RunRecord, place: PagePlace): Html {
  return html`<h2>Where to look</h2>
<ul><li><a href="${executionLink(record.run)}">The execution in the Step Functions console</a></li>
<li><a href="${objectLink(record.run, place.bucket, place.recordKey)}">This record as JSON</a> <span class="soft">${place.recordKey}</span></li></ul>
<details><summary>Input of the run</summary><pre>${JSON.stringify(record.input, undefined, 2)}</pre></details>
<p class="soft">Run ${record.name}. All times are UTC.</p>`;
}

function utc(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)}`;
}
