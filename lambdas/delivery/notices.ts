import type { RunRecord } from '../model/run-record.ts';

/** A message for people. */
export interface Notice {
  /** At most 100 ASCII characters: what SNS takes. */
  subject: string;
  text: string;
}

/** The notice of a run that did not succeed: one sentence, who acts, one next step, where the record is. */
export function failureNotice(record: RunRecord, recordKey: string): Notice {
  const error = record.error;
  const failed = record.windows.filter(({ outcome }) => outcome === 'failed');
  const lines = [
    `${record.pipeline} of ${record.tenant} ended as ${record.outcome}${error === undefined ? '' : ` with ${error.name}`}.`,
    error?.sentence,
    ...failed.map(({ dataset, day, error: name }) => `  ${dataset} ${day}: ${name ?? 'unknown'}`),
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

/** The notice of columns that no mapping knows, or undefined where the run was the first to see none. */
export function driftNotice(record: RunRecord, recordKey: string): Notice | undefined {
  const { raised } = record.drift;
  if (raised.length === 0) return undefined;
  const lines = [
    `${record.pipeline} of ${record.tenant} met ${raised.length} column${raised.length === 1 ? '' : 's'} that no mapping knows: ${raised.join(', ')}.`,
    'Their values are kept in extra_columns. Map them, or acknowledge them with: cxone-export drift ack <dataset> <column>',
    `Run: ${record.run}`,
    `Record: ${recordKey}`,
  ];
  return { subject: `${record.tenant} ${record.pipeline} drift`, text: lines.join('\n') };
}
