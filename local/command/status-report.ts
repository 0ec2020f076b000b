import type { DatasetStatus, PipelineStatus, TenantStatus } from '../../lambdas/model/status.ts';
import type { Output } from './output.ts';
import { textTable } from './text-table.ts';
import { amount } from './wording.ts';

/** Prints how a tenant stands: its pipelines, its datasets, and what waits or is held. */
export function printStatus(out: Output, status: TenantStatus): void {
  out.line(`${status.tenant}, ${status.at.slice(0, 19).replace('T', ' ')} UTC`);
  out.line();
  const pipelines = ['pipeline', 'last run', 'outcome', 'last success', 'paused'].map((heading) => ({
    heading,
  }));
  for (const line of textTable(pipelines, status.pipelines.map(pipelineCells))) out.line(line);
  out.line();
  const datasets = [
    { heading: 'dataset' },
    { heading: 'last good day' },
    { heading: 'latest event' },
    ...['days', 'holes', 'pinned', 'unfinished', 'drift'].map((heading) => ({ heading, numbers: true })),
  ];
  for (const line of textTable(datasets, status.datasets.map(datasetCells))) out.line(line);
  for (const line of remarks(status)) out.line(line);
}

function pipelineCells({ pipeline, lastRun, lastSuccess, paused }: PipelineStatus): string[] {
  const outcome =
    lastRun === undefined ? 'never run' : [lastRun.outcome, lastRun.error].filter(Boolean).join(': ');
  return [
    pipeline,
    shortInstant(lastRun?.startedAt),
    outcome,
    shortInstant(lastSuccess),
    paused === undefined
      ? ''
      : [`since ${shortInstant(paused.since)}`, paused.reason].filter(Boolean).join(': '),
  ];
}

function datasetCells(dataset: DatasetStatus): string[] {
  const { lastGoodDay, maxEvent, committedDays, holes, pinned, unfinishedCommits, openDrift } = dataset;
  const numbers = [committedDays, holes, pinned, unfinishedCommits, openDrift];
  return [dataset.dataset, lastGoodDay ?? 'none', shortInstant(maxEvent), ...numbers.map(amount)];
}

/** One sentence for each thing that somebody may want to look at. */
function remarks({ datasets, breakers, owedRecords }: TenantStatus): string[] {
  const named = (days: readonly string[], all: number) =>
    `${days.join(', ')}${all > days.length ? `, and ${amount(all - days.length)} more` : ''}`;
  const lines = datasets.flatMap(({ dataset, holes, firstHoles, pinned, firstPinned, queued, claimed }) => [
    ...(holes > 0 ? [`${dataset}: missing ${named(firstHoles, holes)}.`] : []),
    ...(pinned > 0 ? [`${dataset}: pinned ${named(firstPinned, pinned)}.`] : []),
    ...queued.map(
      ({ day, since, status }) =>
        `${dataset} ${day}: ${status || 'queued'} in CXone since ${shortInstant(since)}.`,
    ),
    ...claimed.map(
      ({ day, run, leaseUntil, expired }) =>
        `${dataset} ${day}: held by run ${run}, lease ${expired ? 'over since' : 'until'} ${shortInstant(leaseUntil)}.`,
    ),
  ]);
  const opened = breakers.flatMap(({ family, state, failuresInARow }) =>
    state === 'closed'
      ? []
      : [`Breaker of ${family}: ${state} after ${amount(failuresInARow)} failures in a row.`],
  );
  const owed = owedRecords.flatMap(({ pipeline, count, first, cure }) => [
    ...first.map(
      ({ dataset = pipeline, day, action, since, run }) =>
        `${dataset} ${day ?? `action ${action}`}: owes an audit record${since === undefined ? '' : ` since ${shortInstant(since)}`}${run === undefined ? '' : `, of run ${run}`}.`,
    ),
    ...(count > first.length
      ? [`${pipeline}: owes ${amount(count - first.length)} more audit records.`]
      : []),
    `${pipeline}: ${cure}`,
  ]);
  const all = [...lines, ...opened, ...owed];
  return all.length === 0 ? [] : ['', ...all];
}

function shortInstant(instant: string | undefined): string {
  return instant === undefined ? '' : instant.slice(0, 16).replace('T', ' ');
}
