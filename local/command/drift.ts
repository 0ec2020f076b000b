import { acknowledgeDrift, driftEvents } from '../../lambdas/ledger/drift.ts';
import { DatasetId, type TenantId } from '../../lambdas/model/ids.ts';
import { parseOrRefuse } from '../../lambdas/model/refusal.ts';
import { openLake, requireTenant } from './data-folder.ts';
import { CommandRefused, EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { textTable } from './text-table.ts';
import { shellWord } from './wording.ts';

/** Whose columns, in which folder. */
export interface DriftRequest {
  data: string;
  tenant?: TenantId;
}

/** Lists the columns that no mapping knows: when each was first seen, and whether somebody has acknowledged it. */
export async function listDrift(request: DriftRequest, { out, err }: Outputs): Promise<ExitCode> {
  await using lake = await openLake(request.data);
  requireTenant(lake, request.tenant);
  const rows: string[][] = [];
  for (const [tenant, ledger] of lake.ledgers) {
    if (request.tenant !== undefined && request.tenant !== tenant) continue;
    for (const dataset of lake.datasets)
      for (const { column, raisedAt, acknowledgedAt } of await driftEvents(ledger, dataset))
        rows.push([tenant, dataset, column, raisedAt, acknowledgedAt ?? 'open']);
  }
  if (rows.length === 0) err.line('No column has drifted.');
  else {
    const headings = ['tenant', 'dataset', 'column', 'first seen', 'acknowledged'];
    for (const line of textTable(
      headings.map((heading) => ({ heading })),
      rows,
    ))
      out.line(line);
  }
  return EXIT.done;
}

/** Acknowledges a column, of every tenant or of one. Throws `CommandRefused` where it was never raised. */
export async function acknowledgeColumn(
  request: DriftRequest & { dataset: string; column: string },
  { err }: Outputs,
): Promise<ExitCode> {
  const dataset = parseOrRefuse(DatasetId, request.dataset, 'The dataset');
  await using lake = await openLake(request.data);
  requireTenant(lake, request.tenant);
  let acknowledged = 0;
  for (const [tenant, ledger] of lake.ledgers) {
    if (request.tenant !== undefined && request.tenant !== tenant) continue;
    if (!(await acknowledgeDrift(ledger, dataset, request.column))) continue;
    acknowledged += 1;
    err.line(`${tenant}: ${shellWord(request.column)} of ${dataset} is acknowledged.`);
  }
  if (acknowledged > 0) return EXIT.done;
  throw new CommandRefused(
    [`The column ${shellWord(request.column)} of ${dataset} was never raised.`],
    'cxone-export drift ls lists those that were.',
  );
}
