import { recordedCommit } from '../ledger/later-steps.ts';
import { readWindow } from '../ledger/windows.ts';
import { type AuditEvent, CommitEntry } from '../model/audit.ts';
import type { Day } from '../model/days.ts';
import { catalogued } from '../model/errors.ts';
import type { DatasetId } from '../model/ids.ts';
import type { PipelineName } from '../model/pipelines.ts';
import { type AuditPorts, appendAudit } from './chain.ts';

/**
 * A recorded step of a commit: makes the audit records that a window owes, one a commit, and notes in the window's item that
 * they are made. Commits that were overtaken before their record was made get theirs too. Can be repeated. Throws as
 * `appendAudit` does.
 */
export async function auditWindow(
  ports: AuditPorts,
  window: { pipeline: PipelineName; dataset: DatasetId; day: Day },
): Promise<{ recorded: number }> {
  const { ledger } = ports;
  const owed = (await readWindow(ledger, window.dataset, window.day)).unaudited;
  const entries = [...owed].map((text) => ({ text, entry: entryIn(text) }));
  for (const { text, entry } of entries.toSorted((left, right) => left.entry.commit - right.entry.commit)) {
    const event = commitEvent(entry);
    const { sequence } = await appendAudit(ports, { pipeline: window.pipeline, event });
    await recordedCommit(ledger, entry, { pipeline: window.pipeline, sequence, text });
  }
  return { recorded: entries.length };
}

/** The event of a commit: named by window, commit and generation, so that a repeated step is the same event. */
export function commitEvent(entry: CommitEntry): AuditEvent {
  const { kind, at, run, facts, ...rest } = entry;
  const { dataset, day, commit, generation } = entry;
  return {
    id: `window/${dataset}/${day}/${commit}/${generation}`,
    kind,
    at,
    run,
    facts: JSON.parse(JSON.stringify({ ...rest, ...facts })),
  };
}

function entryIn(text: string): CommitEntry {
  try {
    const parsed = CommitEntry.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {
    // Text that is no JSON is told of below.
  }
  throw catalogued(
    'LedgerUnreadable',
    'A window owes an audit record of a form that this release does not know.',
  );
}
