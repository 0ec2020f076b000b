import { z } from 'zod';
import { Day } from '../../lambdas/model/days.ts';
import { Examination } from '../../lambdas/model/doctor.ts';
import { catalogueEntry } from '../../lambdas/model/error-catalogue.ts';
import { DatasetId, type TenantId } from '../../lambdas/model/ids.ts';
import { OperateResult, type OperationInput } from '../../lambdas/model/operations.ts';
import { OPERATIONS_MACHINE } from '../../lambdas/model/pipelines.ts';
import { parseOrRefuse } from '../../lambdas/model/refusal.ts';
import { keptGenerations } from '../../lambdas/operations/rollback.ts';
import { loadConfiguration } from '../../lib/configuration-file.ts';
import { openPlatform } from '../platform.ts';
import { loadSecrets } from '../secrets-file.ts';
import { openLake } from './data-folder.ts';
import { printExamination } from './examination-report.ts';
import { CommandRefused, EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { printStatus } from './status-report.ts';
import { textTable } from './text-table.ts';
import { amount } from './wording.ts';

/** Where an operation is done, and whose. */
export interface OperationRequest {
  config: string;
  data: string;
  tenant?: TenantId;
  /** File of secrets: for operations that call CXone. */
  secrets?: string;
  /** The result as one JSON document. */
  json: boolean;
  input: OperationInput;
}

/** Carries an operation out by the operations machine, as an operator does from the AWS console. Throws `CommandRefused` where no tenant is meant. */
export async function runOperation(request: OperationRequest, { out, err }: Outputs): Promise<ExitCode> {
  const configuration = loadConfiguration(request.config);
  const ids = configuration.tenants.map(({ tenant }) => tenant.id);
  const [only, ...others] = request.tenant === undefined ? ids : ids.filter((id) => id === request.tenant);
  if (only === undefined || others.length > 0)
    throw new CommandRefused(
      [`The configuration has the tenants ${ids.join(', ')}.`],
      'Name one: --tenant <id>',
    );
  const platform = await openPlatform({
    folder: request.data,
    configuration,
    secrets: request.secrets === undefined ? {} : loadSecrets(request.secrets),
  });
  try {
    const machine = platform.machineOf(only, OPERATIONS_MACHINE);
    const { executionArn } = await platform.engine.start(machine, { input: request.input });
    const { status, output, error, cause, name } = await platform.engine.wait(executionArn);
    if (status === 'SUCCEEDED') {
      const result: unknown = JSON.parse(output ?? '{}');
      const examined = Examination.safeParse(result);
      if (examined.success) {
        if (request.json) out.line(JSON.stringify(examined.data));
        else printExamination(out, examined.data);
        return examined.data.healthy ? EXIT.done : EXIT.failed;
      }
      const shown = OperateResult.safeParse(result);
      if (shown.success && shown.data.operation === 'status') {
        if (request.json) out.line(JSON.stringify(shown.data.status));
        else printStatus(out, shown.data.status);
      } else if (request.json) out.line(JSON.stringify({ outcome: status, run: name, result }));
      else out.line(sentenceOf(request.input, result));
      return EXIT.done;
    }
    const sentence = messageOf(cause) ?? status;
    if (request.json) out.line(JSON.stringify({ outcome: status, run: name, error, sentence }));
    err.line(err.paint('red', `${error ?? status}: ${sentence}`));
    err.line(`Next: ${catalogueEntry(error ?? '')?.remedy ?? 'look at the execution’s history'}`);
    return error === 'InputRefused' ? EXIT.refused : EXIT.failed;
  } finally {
    await platform.close();
  }
}

function sentenceOf({ rollback }: OperationInput, result: unknown): string {
  const done = OperateResult.safeParse(result);
  if (done.success && (done.data.operation === 'done' || done.data.operation === 'decided'))
    return done.data.sentence;
  return `${rollback?.dataset} ${rollback?.day} is rolled back and pinned: runs leave it as it is until cxone-export unpin.`;
}

function messageOf(cause: string | undefined): string | undefined {
  const message = z.looseObject({ errorMessage: z.string() });
  try {
    return message.parse(JSON.parse(cause ?? '')).errorMessage;
  } catch {
    return cause;
  }
}

/** Lists the generations of a window that are still in the lake. */
export async function listGenerations(
  request: { data: string; tenant?: TenantId; dataset: string; window: string },
  { out, err }: Outputs,
): Promise<ExitCode> {
  const dataset = parseOrRefuse(DatasetId, request.dataset, 'The dataset');
  const day = parseOrRefuse(Day, request.window, 'The window');
  await using lake = await openLake(request.data);
  const rows: string[][] = [];
  for (const [tenant, ledger] of lake.ledgers) {
    if (request.tenant !== undefined && request.tenant !== tenant) continue;
    for (const { generation, current, facts } of await keptGenerations(
      { ledger, objects: lake.objects },
      { dataset, day },
    ))
      rows.push([
        tenant,
        generation,
        current ? 'current' : '',
        amount(facts.rows.rowsOut),
        facts.maxEvent ?? '',
      ]);
  }
  if (rows.length === 0) err.line(`The lake has no generation of ${dataset} ${day}.`);
  const headings = [
    { heading: 'tenant' },
    { heading: 'generation' },
    { heading: '' },
    { heading: 'rows', numbers: true },
    { heading: 'latest event' },
  ];
  if (rows.length > 0) for (const line of textTable(headings, rows)) out.line(line);
  return EXIT.done;
}
