import { z } from 'zod';
import { CDR_DATASET } from '../../lambdas/model/payloads.ts';
import type { HistoryEvent } from '../engine/history.ts';
import { amount, byteSize, counted, duration } from './wording.ts';

/** What a state means to whoever watches. States that are not here pass unseen. */
const STAGES: Readonly<Record<string, string>> = {
  Plan: 'plans the windows',
  EnsureToken: 'gets a token',
  Submit: 'submits the export',
  WaitBeforePoll: 'waits for the export',
  WaitInQueue: "waits in CXone's queue",
  CoolDown: 'waits before it submits again',
  DownloadParts: 'downloads',
  ReadReport: 'reads the report',
  RestAfterTruncation: 'waits: CXone cut the report short',
  FetchAgain: 'fetches the parts again',
  Transform: 'transforms',
  Commit: 'commits',
  Publish: 'publishes',
  WindowCommitted: 'is committed',
  Reconcile: 'compares with the ledger',
};

const THROTTLED = 'waits, throttled by CXone';

/** An execution as it is watched: the run itself, or a window of it. */
interface Watched {
  label: string;
  stage: string;
  parts: number;
  partsDone: number;
  bytes: number;
  rows: number | undefined;
  ended: boolean;
}

/** Turns the events of a run into what a person wants to see. */
export interface Progress {
  /** Takes an event; gives a line where it is worth one. */
  take(executionArn: string, event: HistoryEvent): string | undefined;
  /** How things stand, on one line. */
  standing(skippedMilliseconds: number): string;
}

const ChildInput = z.object({ dataset: z.string().default(CDR_DATASET), day: z.string() });
const StateOutput = z.object({
  parts: z.array(z.unknown()).optional(),
  bytes: z.number().optional(),
  facts: z.object({ rows: z.object({ rowsOut: z.number() }) }).optional(),
});

/** Watches a run. `inputOf` gives an execution's input, by which a window's day is told. */
export function watchProgress(inputOf: (executionArn: string) => string): Progress {
  const executions = new Map<string, Watched>();
  const watched = (arn: string): Watched => {
    const known = executions.get(arn) ?? begin(labelOf(inputOf(arn)));
    executions.set(arn, known);
    return known;
  };
  return {
    take(arn, event) {
      const execution = watched(arn);
      const name = event.stateEnteredEventDetails?.name;
      if (name !== undefined)
        return enter(execution, name.startsWith('ThrottledIn') ? THROTTLED : STAGES[kindOf(name)]);
      if (event.stateExitedEventDetails !== undefined) return leave(execution, event.stateExitedEventDetails);
      return end(execution, event);
    },
    standing(skipped) {
      const all = [...executions.values()];
      const windows = all.filter(({ label }) => label !== 'run');
      const current = windows.findLast(({ ended }) => !ended) ?? all[0];
      const words = [
        windows.length > 1
          ? `${windows.filter(({ ended }) => ended).length} of ${counted(windows.length, 'window')}`
          : '',
        current === undefined ? 'starts' : describe(current),
        skipped > 0 ? `${duration(skipped)} of waiting skipped` : '',
      ];
      return words.filter((word) => word !== '').join(' · ');
    },
  };
}

function begin(label: string): Watched {
  return { label, stage: '', parts: 0, partsDone: 0, bytes: 0, rows: undefined, ended: false };
}

function labelOf(input: string): string {
  const child = ChildInput.safeParse(parsed(input));
  if (!child.success || !/"run":/.test(input)) return 'run';
  const { dataset, day } = child.data;
  return dataset === CDR_DATASET ? day : `${dataset} ${day}`;
}

/** A state that there is once a report is named after it: `Transform agents`. */
function kindOf(state: string): string {
  return state.split(' ')[0] ?? state;
}

function enter(execution: Watched, stage: string | undefined): string | undefined {
  if (stage === undefined || stage === execution.stage) return undefined;
  execution.stage = stage;
  if (stage === STAGES.DownloadParts) execution.partsDone = 0;
  return describe(execution);
}

function leave(
  execution: Watched,
  exited: { name?: string | undefined; output?: string | undefined },
): undefined {
  const { parts, bytes, facts } = StateOutput.catch({}).parse(parsed(exited.output));
  if (exited.name === 'Poll' && parts !== undefined) {
    execution.parts = parts.length;
    execution.bytes = bytes ?? 0;
  }
  if (exited.name === 'Download') execution.partsDone += 1;
  if (kindOf(exited.name ?? '') === 'Transform' && facts !== undefined) execution.rows = facts.rows.rowsOut;
}

function end(execution: Watched, event: HistoryEvent): string | undefined {
  if (event.type === 'ExecutionRedriven') {
    execution.ended = false;
    return undefined;
  }
  if (!/^Execution(Succeeded|Failed|TimedOut|Aborted)$/.test(event.type)) return undefined;
  execution.ended = true;
  const error =
    event.executionFailedEventDetails?.error ??
    event.executionTimedOutEventDetails?.error ??
    event.executionAbortedEventDetails?.error;
  if (event.type === 'ExecutionSucceeded') return undefined;
  execution.stage = `ended: ${error ?? event.type}`;
  return describe(execution);
}

function describe({ label, stage, parts, partsDone, bytes, rows }: Watched): string {
  const size = parts > 0 ? `, ${counted(parts, 'part')} of ${byteSize(bytes)}` : '';
  const words =
    stage === STAGES.DownloadParts
      ? `downloads: ${partsDone} of ${counted(parts, 'part')}, ${byteSize(bytes)}`
      : `${stage === '' ? 'starts' : stage}${stage === STAGES.Transform ? size : ''}`;
  return `${label}  ${words}${rows === undefined ? '' : `, ${amount(rows)} rows`}`;
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
}
