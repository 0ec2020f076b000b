import type { RunRecord } from '../model/run-record.ts';

/** A message for people. */
export interface Notice {
  /** At most 100 ASCII characters: what SNS takes. */
  subject: string;
  text: string;
}

/** Windows and columns that a notice names: SNS takes 256 KiB, and people read less. */
const NAMED = 50;
/** Characters of a column's name, of which CXone may send any number. */
const NAME_CHARACTERS = 200;

/** The notice of a run that did not succeed: one sentence, who acts, one next step, where the record is. */
export function failureNotice(record: RunRecord, recordKey: string): Notice {
  const error = record.error;
  const failed = record.windows.filter(({ outcome }) => outcome === 'failed');
  const lines = [
    `${record.pipeline} of ${record.tenant} ended as ${record.outcome}${error === undefined ? '' : ` with ${error.name}`}.`,
    error?.sentence,
    ...named(failed),
    error === undefined ? undefined : `Who acts: ${error.acts}. What to do: ${error.remedy}`,
    `Run: ${record.run}`,
    `Record: ${recordKey}`,
  ];
  return {
    subject: `${record.tenant} ${record.pipeline} ${error?.name ?? record.outcome}`
      .replaceAll(/[^\x20-\x7e]/g, '?')
      .slice(0, 100),
    text: lines.filter((line) => line !== undefined).join('\n'),
  };
}

function named(failed: RunRecord['windows']): string[] {
  const lines = failed
    .slice(0, NAMED)
    .map(({ dataset, day, error }) => `  ${dataset} ${day}: ${error ?? 'unknown'}`);
  const others = failed.length - lines.length;
  return others === 0 ? lines : [...lines, `  and ${others} more: the record has them all`];
}

/** The notice of columns that no mapping knows, or undefined where the run was the first to see none. */
export function driftNotice(record: RunRecord, recordKey: string): Notice | undefined {
  const { raised } = record.drift;
  if (raised.length === 0) return undefined;
  const lines = [
    `${record.pipeline} of ${record.tenant} met ${raised.length} column${raised.length === 1 ? '' : 's'} that no mapping knows: ${columnsOf(raised)}.`,
    'Their values are kept in extra_columns. Map them, or acknowledge them with: cxone-export drift ack <dataset> <column>',
    `Run: ${record.run}`,
    `Record: ${recordKey}`,
  ];
  return { subject: `${record.tenant} ${record.pipeline} drift`, text: lines.join('\n') };
}

function columnsOf(raised: readonly string[]): string {
  const names = raised.slice(0, NAMED).map((name) => name.slice(0, NAME_CHARACTERS));
  const others = raised.length - names.length;
  return others === 0 ? names.join(', ') : `${names.join(', ')} and ${others} more, which the record names`;
}
