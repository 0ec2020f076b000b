import type {
  ArchiveStatus,
  ClaimedStatus,
  DatasetStatus,
  PipelineStatus,
  TenantStatus,
} from '../../lambdas/model/status.ts';
import type { Output } from './output.ts';
import { textTable } from './text-table.ts';
import { amount, counted } from './wording.ts';

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
function remarks({ datasets, archive, breakers, owedRecords }: TenantStatus): string[] {
  const lines = datasets.flatMap(datasetRemarks);
  const archived = archive === undefined ? [] : [archiveRemark(archive)];
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
  const all = [...lines, ...archived, ...opened, ...owed];
  return all.length === 0 ? [] : ['', ...all];
}

function datasetRemarks({ dataset, ...of }: DatasetStatus): string[] {
  const { holes, firstHoles, pinned, firstPinned, queued, firstQueued, claimed, firstClaimed } = of;
  return [
    ...(holes > 0 ? [`${dataset}: missing ${named(firstHoles, holes)}.`] : []),
    ...(pinned > 0 ? [`${dataset}: pinned ${named(firstPinned, pinned)}.`] : []),
    ...firstQueued.map(
      ({ day, since, status }) =>
        `${dataset} ${day}: ${status || 'queued'} in CXone since ${shortInstant(since)}.`,
    ),
    ...(queued > firstQueued.length
      ? [`${dataset}: ${counted(queued - firstQueued.length, 'more export')} in CXone.`]
      : []),
    ...firstClaimed.map((claim) => `${dataset} ${claim.day}: ${holderOf(claim)}.`),
    ...(claimed > firstClaimed.length
      ? [`${dataset}: ${counted(claimed - firstClaimed.length, 'more window')} held or left.`]
      : []),
  ];
}

/** Who holds a window, or has left it: then it waits for nobody. */
function holderOf({ run, leaseUntil, expired, ended }: ClaimedStatus): string {
  if (ended !== undefined)
    return `left by run ${run}, which has ended as ${ended}; the next run that comes to it takes it over`;
  return `held by run ${run}, lease ${expired ? 'over since' : 'until'} ${shortInstant(leaseUntil)}`;
}

function archiveRemark({ loadedThrough, openDays, firstOpenDays }: ArchiveStatus): string {
  const through =
    loadedThrough === undefined ? 'no mark yet' : `complete through ${shortInstant(loadedThrough)}`;
  const open = openDays === 0 ? 'nothing left open' : `left open ${named(firstOpenDays, openDays)}`;
  return `interaction-archive: ${through}, ${open}.`;
}

function named(days: readonly string[], all: number): string {
  return `${days.join(', ')}${all > days.length ? `, and ${amount(all - days.length)} more` : ''}`;
}

function shortInstant(instant: string | undefined): string {
  return instant === undefined ? '' : instant.slice(0, 16).replace('T', ' ');
}
