import type { Examination, Finding } from '../../lambdas/model/doctor.ts';
import type { Output } from './output.ts';
import { textTable } from './text-table.ts';

const MARKS: Readonly<Record<Finding['state'], string>> = { ok: 'ok', failed: 'FAILED', unknown: 'unknown' };

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
