import { openRuns } from './data-folder.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { ownerOf, tenantOf } from './run-names.ts';
import { textTable } from './text-table.ts';
import { duration, instantText } from './wording.ts';

/** Lists the runs of a data folder, newest first. */
export function listRuns(request: { data: string }, { out, err }: Outputs): ExitCode {
  const { view, assembly } = openRuns(request.data);
  const rows = view.list().map((run) => {
    const owner = ownerOf(assembly, run);
    return [
      run.name,
      tenantOf(assembly, run) ?? '',
      owner?.pipeline ?? run.stateMachineArn.split(':').at(-1) ?? '',
      instantText(run.startDate),
      run.stopDate === undefined ? '' : duration(run.stopDate - run.startDate),
      String(run.redriveCount),
      run.status,
      run.error ?? '',
    ];
  });
  const columns = [
    { heading: 'run' },
    { heading: 'tenant' },
    { heading: 'pipeline' },
    { heading: 'started' },
    { heading: 'took', numbers: true },
    { heading: 'redrives', numbers: true },
    { heading: 'status' },
    { heading: 'error' },
  ];
  if (rows.length === 0) err.line('No run has been started yet.');
  else for (const line of textTable(columns, rows)) out.line(line);
  return EXIT.done;
}
