import type { WindowRecord } from '../../model/run-record.ts';
import { amount, duration } from '../wording.ts';
import { table } from './document.ts';
import { type Content, type Html, html } from './html.ts';

/** Windows whose timeline is shown; of more, those that failed or took longest. */
const SHOWN = 30;
/** Windows whose timeline is open when the page is. */
const OPEN = 3;

/** The stages of each window over time: when they began and ended, how long they worked, and so where it waited. */
export function timelines(windows: readonly WindowRecord[]): Html[] {
  const noted = windows.filter(({ timeline }) => timeline.length > 0);
  if (noted.length === 0) return [];
  const shown = noted
    .toSorted(
      (left, right) =>
        Number(right.outcome === 'failed') - Number(left.outcome === 'failed') || span(right) - span(left),
    )
    .slice(0, SHOWN);
  const omitted = noted.length - shown.length;
  return [
    html`<h2>How it went</h2>`,
    ...shown.map((window, index) => oneTimeline(window, index < OPEN)),
    ...(omitted > 0
      ? [html`<p class="soft">${amount(omitted)} more windows, which went faster, are in the record.</p>`]
      : []),
  ];
}

function bounds({ timeline }: WindowRecord): { from: number; to: number } {
  const begun = timeline.map(({ from }) => Date.parse(from));
  const ended = timeline.map(({ to }) => Date.parse(to));
  return { from: Math.min(...begun), to: Math.max(...ended) };
}

function span(window: WindowRecord): number {
  const { from, to } = bounds(window);
  return to - from;
}

function oneTimeline(window: WindowRecord, open: boolean): Html {
  const { from, to } = bounds(window);
  const worked = Object.values(window.stages).reduce((total, milliseconds) => total + milliseconds, 0);
  const rows = window.timeline.map((stage): Content[] => [
    stage.stage,
    stage.from.slice(11, 19),
    stage.to.slice(11, 19),
    duration(window.stages[stage.stage] ?? 0),
    amount(stage.calls),
    stage.failed === 0 ? '' : amount(stage.failed),
    bar(stage, from, Math.max(1, to - from)),
  ]);
  const title = `${window.dataset} ${window.day}: ${duration(to - from)}, of which ${duration(worked)} of work`;
  return html`<details${open ? OPENED : ''}><summary>${title}</summary>${table(
    `Stages of ${window.dataset} ${window.day}`,
    [
      { heading: 'Stage' },
      { heading: 'First begun' },
      { heading: 'Last ended' },
      { heading: 'Work', numbers: true },
      { heading: 'Calls', numbers: true },
      { heading: 'Failed', numbers: true },
      { heading: 'When' },
    ],
    rows,
  )}</details>`;
}

const OPENED = html` open`;

/** The stage's place in the window's time. The columns beside it say the same in words. */
function bar(stage: WindowRecord['timeline'][number], from: number, whole: number): Html {
  const share = (milliseconds: number) => ((100 * milliseconds) / whole).toFixed(2);
  const left = share(Date.parse(stage.from) - from);
  const width = share(Date.parse(stage.to) - Date.parse(stage.from));
  return html`<span class="track" aria-hidden="true"><span class="bar${stage.failed > 0 ? ' bad' : ''}" style="left:${left}%;width:${width}%"></span></span>`;
}
