import { archiveDays } from '../ledger/archive-days.ts';
import { allOwed } from '../ledger/owed-changes.ts';
import { readWindows, type WindowLedger } from '../ledger/windows.ts';
import { OwedEntry } from '../model/audit.ts';
import { type Day, isoInstant } from '../model/days.ts';
import { type RunArn, runName } from '../model/ids.ts';
import type { PipelineName } from '../model/pipelines.ts';
import { type Deployed, type OwedRecord, type OwedRecords, STATUS_LISTED } from '../model/status.ts';

/** What mends it, by what the record is about. Each ends where the chain itself is what is wrong. */
const CURES = {
  window:
    'The next run of the pipeline makes it, its schedule’s or {}; or redrive the run, within 14 days of its end. Where it comes back owed: docs/runbook.md, "Audit".',
  archive:
    'The next run of the pipeline makes it, its schedule’s or {}; or redrive the run, within 14 days of its end. Where it comes back owed: docs/runbook.md, "AuditSealing, AuditMarks".',
  action:
    'Redrive the run, within 14 days of its end; or start one whose list has the action: it makes the record, whatever it finds. Where it comes back owed: docs/runbook.md, "AuditUpdates".',
} as const;

/** The records that each pipeline owes the audit chain. A run that is at work owes some for moments. Pipelines that owe none are left out. */
export async function owedRecords(ledger: WindowLedger, deployed: Deployed): Promise<OwedRecords[]> {
  const found: OwedRecords[] = [];
  for (const pipeline of deployed.pipelines) {
    const [owed, cure] = await owedBy(ledger, deployed, pipeline);
    const ordered = owed.toSorted((left, right) => compared(left.since ?? '', right.since ?? ''));
    if (ordered.length > 0)
      found.push({ pipeline, count: ordered.length, first: ordered.slice(0, STATUS_LISTED), cure });
  }
  return found;
}

async function owedBy(
  ledger: WindowLedger,
  { datasets }: Deployed,
  pipeline: PipelineName,
): Promise<[OwedRecord[], string]> {
  switch (pipeline) {
    case 'cdr-export':
    case 'analytics-export':
    case 'report-sync': {
      const owed: OwedRecord[] = [];
      for (const { dataset } of datasets.filter((one) => one.pipeline === pipeline))
        for await (const { day, unaudited } of readWindows(ledger, dataset))
          owed.push(...ofItem(day, unaudited).map((record) => ({ dataset, ...record })));
      return [owed, CURES.window];
    }
    case 'interaction-archive': {
      const owed: OwedRecord[] = [];
      for await (const { day, unaudited } of archiveDays(ledger)) owed.push(...ofItem(day, unaudited));
      return [owed, CURES.archive];
    }
    case 'data-action-dates': {
      const owed: OwedRecord[] = [];
      for await (const { id, run, at } of allOwed(ledger))
        owed.push({ action: id, ...since(isoInstant(at), run) });
      return [owed, CURES.action];
    }
  }
}

/** What an item owes. Text that this release cannot read is owed all the same, since whenever. */
function ofItem(day: Day, unaudited: ReadonlySet<string>): OwedRecord[] {
  return [...unaudited].map((text) => {
    const entry = entryIn(text);
    return entry === undefined ? { day } : { day, ...since(entry.at, entry.run) };
  });
}

function since(at: string, run: RunArn): Pick<OwedRecord, 'since' | 'run'> {
  return { since: at, run: runName(run) };
}

function entryIn(text: string): OwedEntry | undefined {
  try {
    return OwedEntry.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function compared(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
