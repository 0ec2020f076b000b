import { recordedCommit } from '../ledger/later-steps.ts';
import { readWindow } from '../ledger/windows.ts';
import { type ArchivalEntry, type AuditEvent, type CommitEntry, OwedEntry } from '../model/audit.ts';
import type { Day } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { DatasetId } from '../model/ids.ts';
import { ARCHIVE_DATASET } from '../model/interactions.ts';
import type { PipelineName } from '../model/pipelines.ts';
import { type AuditPorts, appendAudit } from './chain.ts';

/**
 * A recorded step of a commit: makes the audit records that a window owes, one a commit or a step of an archive day, and notes
 * in the window's item that they are made. Commits that were overtaken before their record was made get theirs too. Can be
 * repeated. Throws as `appendAudit` does.
 */
export async function auditWindow(
  ports: AuditPorts,
  window: { pipeline: PipelineName; dataset: DatasetId; day: Day },
): Promise<{ recorded: number }> {
  const { ledger } = ports;
  const owed = (await readWindow(ledger, window.dataset, window.day)).unaudited;
  const entries = [...owed].map((text) => ({ text, entry: entryIn(text) }));
  for (const { text, entry } of entries.toSorted((left, right) => inOrder(left.entry, right.entry))) {
    const event = entry.kind === 'archive' ? archivalEvent(entry) : commitEvent(entry);
    const { sequence } = await appendAudit(ports, { pipeline: window.pipeline, event });
    await recordedCommit(ledger, entry, { pipeline: window.pipeline, sequence, text });
  }
  return { recorded: entries.length };
}

/** What the names of all events of a window begin with. */
export function windowEvents(dataset: DatasetId, day: Day): string {
  return dataset === ARCHIVE_DATASET ? `archive/${day}/` : `window/${dataset}/${day}/`;
}

/** The event of a commit: named by window, commit and generation, so that a repeated step is the same event. */
export function commitEvent(entry: CommitEntry): AuditEvent {
  const { kind, at, run, facts, ...rest } = entry;
  const { dataset, day, commit, generation } = entry;
  return {
    id: `${windowEvents(dataset, day)}${commit}/${generation}`,
    kind,
    at,
    run,
    facts: JSON.parse(JSON.stringify({ ...rest, ...facts })),
  };
}

/** The event of a step of an archive day: named by day and step, so that whoever repeats the step has the same event. */
function archivalEvent({ kind, step, name, at, run, dataset, day, facts }: ArchivalEntry): AuditEvent {
  return {
    id: `${windowEvents(dataset, day)}${step}/${name}`,
    kind,
    at,
    run,
    facts: { step, day, ...facts },
  };
}

/** As they came about: commits by their number, steps of an archive day by their time. */
function inOrder(left: OwedEntry, right: OwedEntry): number {
  if (left.kind !== 'archive' && right.kind !== 'archive') return left.commit - right.commit;
  return left.at < right.at ? -1 : Number(left.at > right.at);
}

function entryIn(text: string): OwedEntry {
  try {
    const parsed = OwedEntry.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {
    // Text that is no JSON is told of below.
  }
  throw catalogued(
    'LedgerUnreadable',
    'A window owes an audit record of a form that this release does not know.',
  );
}
