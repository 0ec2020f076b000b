import type { Examination, Finding } from '../../lambdas/model/doctor.ts';
import type { Output } from './output.ts';
import { textTable } from './text-table.ts';
import { duration } from './wording.ts';

const MARKS: Readonly<Record<Finding['state'], string>> = { ok: 'ok', failed: 'FAILED', unknown: 'unknown' };

/** How far a folder's clock is ahead before that is told as the reason of a clock that is off, milliseconds. */
const AHEAD_MILLISECONDS = 60_000;

/**
 * Says of clocks that are apart that the folder's own is ahead, where waits were skipped in it: no machine's clock has to be set then.
 * @param ahead how far the folder's clock is ahead of this machine's, milliseconds
 */
export function withFolderClock(
  examination: Examination,
  { folder, ahead }: { folder: string; ahead: number },
): Examination {
  if (ahead < AHEAD_MILLISECONDS) return examination;
  const cure = `The clock of the folder ${folder} is ${duration(ahead)} ahead of this machine’s, because waits were skipped in it: give a real CXone a --data folder of its own.`;
  const findings = examination.findings.map((finding) =>
    finding.error === 'ClockOff' ? { ...finding, cure } : finding,
  );
  return { ...examination, findings };
}

/** Prints an examination: a table of what was looked at, then a cure for each thing that failed. */
export function printExamination(out: Output, { tenant, healthy, findings }: Examination): void {
  const columns = ['check', 'of', '', 'found'].map((heading) => ({ heading }));
  const rows = findings.map(({ check, family, state, said, error }) => [
    check,
    family ?? tenant,
    MARKS[state],
    error === undefined ? said : `${error}: ${said}`,
  ]);
  for (const line of textTable(columns, rows)) out.line(line);
  out.line();
  const cures = new Set(findings.flatMap(({ error, cure }) => (error && cure ? [`${error}: ${cure}`] : [])));
  if (healthy) out.line(`${tenant}: nothing is wrong with the set-up.`);
  else for (const cure of cures) out.line(`To do. ${cure}`);
}
