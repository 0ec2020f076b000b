import type { Notice } from '../delivery/notices.ts';
import { readArchiveMarks } from '../ledger/archive-marks.ts';
import { firstDayOf } from '../ledger/holes.ts';
import { readMarks } from '../ledger/marks.ts';
import { type Pause, readPause } from '../ledger/pauses.ts';
import { type ListedRun, lastRuns } from '../ledger/run-list.ts';
import { isSettled } from '../ledger/window-state.ts';
import { readWindows, type WindowLedger } from '../ledger/windows.ts';
import {
  DAY_MILLISECONDS,
  type Day,
  dayOf,
  daysBetween,
  isoInstant,
  lastSettledDay,
  plusDays,
} from '../model/days.ts';
import type { DatasetId } from '../model/ids.ts';
import type { Deployed } from '../model/status.ts';

const MINUTE_MILLISECONDS = 60_000;

/** Runs that are looked through for a pipeline's last ones: more than a day of any tenant has. */
const LOOKED_THROUGH = 500;

/** Days that a notice names of a dataset. */
const NAMED_DAYS = 10;

/** How something stands that the night was to bring. */
interface Finding {
  subject: string;
  there: boolean;
  words: string;
}

type Nightly = Deployed['nightly'][number];

/**
 * What a tenant's night has brought, as a notice: every day of every dataset of a pipeline that its schedule starts, up to the
 * last one that was fit to be exported at the instant; of pipelines without datasets that they got through in the day before.
 *
 * @param instant epoch milliseconds
 */
export async function nightNotice(
  ledger: WindowLedger,
  deployed: Deployed,
  instant: number,
): Promise<{ notice: Notice; complete: boolean }> {
  const findings: Finding[] = [];
  for (const nightly of deployed.nightly) {
    const pause = await readPause(ledger, nightly.pipeline);
    const found = await findingsOf(ledger, deployed, nightly, instant);
    findings.push(...found.map((finding) => withPause(finding, pause)));
  }
  const missing = findings.filter(({ there }) => !there);
  const verdict =
    findings.length === 0
      ? 'nothing is started by schedule'
      : missing.length === 0
        ? 'the night is complete'
        : `MISSING: ${missing.map(({ subject }) => subject).join(', ')}`;
  const lines = [
    `${ledger.tenant} on ${isoInstant(instant)}: ${verdict}.`,
    ...findings.map(
      ({ subject, there, words }) => `  ${there ? 'there  ' : 'MISSING'}  ${subject}: ${words}`,
    ),
    ...(missing.length === 0
      ? []
      : [
          'What to do: see the notices of failures and the alarms, docs/runbook.md, or ask {"status":{}} of the operations machine.',
        ]),
  ];
  const subject = `${ledger.tenant} ${verdict}`.slice(0, 100);
  return { notice: { subject, text: lines.join('\n') }, complete: missing.length === 0 };
}

async function findingsOf(
  ledger: WindowLedger,
  deployed: Deployed,
  nightly: Nightly,
  instant: number,
): Promise<Finding[]> {
  const { pipeline } = nightly;
  if (pipeline === 'interaction-archive') return [await archiveFinding(ledger, instant)];
  if (pipeline === 'data-action-dates') return [await runFinding(ledger, pipeline, instant)];
  const last = lastSettledDay(instant, nightly.settleMinutes * MINUTE_MILLISECONDS);
  const own = deployed.datasets.filter((dataset) => dataset.pipeline === pipeline);
  return Promise.all(own.map(({ dataset }) => datasetFinding(ledger, dataset, last)));
}

/** A dataset is there when every day from its first to the last one is, each with all steps of its commit. */
async function datasetFinding(ledger: WindowLedger, dataset: DatasetId, last: Day): Promise<Finding> {
  const committed = new Map<Day, number | undefined>();
  const unfinished = new Set<Day>();
  for await (const window of readWindows(ledger, dataset)) {
    if (window.generation === undefined) continue;
    committed.set(window.day, window.facts?.rows.rowsOut);
    if (!isSettled(window)) unfinished.add(window.day);
  }
  const first = firstDayOf(await readMarks(ledger, dataset), committed.keys()) ?? last;
  const days = daysBetween(first, plusDays(last, 1));
  const missing = days.filter((day) => !committed.has(day) || unfinished.has(day));
  const rows = committed.get(last);
  const words =
    missing.length === 0
      ? `complete through ${last}${rows === undefined ? '' : `, ${rows} rows on that day`}`
      : `${missing.slice(0, NAMED_DAYS).join(', ')}${missing.length > NAMED_DAYS ? ` and ${missing.length - NAMED_DAYS} more days` : ''}`;
  return { subject: dataset, there: missing.length === 0, words };
}

async function archiveFinding(ledger: WindowLedger, instant: number): Promise<Finding> {
  const { loadedThrough } = await readArchiveMarks(ledger);
  return {
    subject: 'interaction-archive',
    there: loadedThrough !== undefined && Date.parse(loadedThrough) >= instant - DAY_MILLISECONDS,
    words: loadedThrough === undefined ? 'nothing is archived yet' : `complete through ${loadedThrough}`,
  };
}

/** Its last run that did what the schedule asks for, and was not started earlier than a day ago, has succeeded: what was asked for beside it says nothing of that. */
async function runFinding(
  ledger: WindowLedger,
  pipeline: Nightly['pipeline'],
  instant: number,
): Promise<Finding> {
  const runs = await lastRuns(ledger.table, ledger.tenant, LOOKED_THROUGH);
  const [last, ...earlier] = runs.filter((run) => run.pipeline === pipeline && run.nightly);
  if (last === undefined) return { subject: pipeline, there: false, words: 'no run is recorded yet' };
  const success = [last, ...earlier].find(({ outcome }) => outcome === 'SUCCEEDED');
  const succeeded = success === undefined ? 'no run has succeeded yet' : `last success ${textOf(success)}`;
  return {
    subject: pipeline,
    there: last === success && Date.parse(last.startedAt) >= instant - DAY_MILLISECONDS,
    words: last === success ? succeeded : `${succeeded}; the last run ended as ${last.outcome}`,
  };
}

function textOf({ startedAt, milliseconds }: ListedRun): string {
  return `ended ${isoInstant(Date.parse(startedAt) + milliseconds)}`;
}

/** What a paused pipeline brings is missing by somebody's wish. */
function withPause(finding: Finding, pause: Pause | undefined): Finding {
  if (pause === undefined) return finding;
  const { subject, there, words } = finding;
  const reason = pause.reason === '' ? '' : `: ${pause.reason}`;
  return {
    subject,
    there: there && subject !== 'data-action-dates',
    words: `${words} (paused since ${dayOf(Date.parse(pause.pausedAt))}${reason})`,
  };
}
