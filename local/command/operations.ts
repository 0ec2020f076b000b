import { z } from 'zod';
import { Day } from '../../lambdas/model/days.ts';
import { Examination } from '../../lambdas/model/doctor.ts';
import { catalogueEntry } from '../../lambdas/model/error-catalogue.ts';
import { DatasetId, type TenantId } from '../../lambdas/model/ids.ts';
import { OperateResult, OperationInput, RolledBack } from '../../lambdas/model/operations.ts';
import { OPERATIONS_MACHINE } from '../../lambdas/model/pipelines.ts';
import { parseOrRefuse } from '../../lambdas/model/refusal.ts';
import { type KeptGeneration, keptGenerations } from '../../lambdas/operations/rollback.ts';
import { loadConfiguration } from '../../lib/configuration-file.ts';
import type { Engine } from '../engine/engine.ts';
import { openPlatform } from '../platform.ts';
import { loadSecrets } from '../secrets-file.ts';
import { openLake, requireDataset, requireTenant } from './data-folder.ts';
import { printExamination, withFolderClock } from './examination-report.ts';
import { CommandRefused, EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { placeWords } from './preparation.ts';
import { printStatus } from './status-report.ts';
import { timeTowards } from './target.ts';
import { textTable } from './text-table.ts';
import { amount } from './wording.ts';

/** Where an operation is done, and whose. */
interface OperationPlace {
  config: string;
  data: string;
  tenant?: TenantId;
  /** File of secrets: for operations that call CXone. */
  secrets?: string;
  /** The result as one JSON document. */
  json: boolean;
}

/** An operation that is asked for. */
export interface OperationRequest extends OperationPlace {
  input: OperationInput;
}

/** Errors of the machine's first state that come again however often it is redriven: nothing was done. */
const REFUSALS: ReadonlySet<string | undefined> = new Set([
  'InputRefused',
  'RollbackImpossible',
  'GiveUpImpossible',
]);

/** Carries an operation out by the operations machine, as an operator does from the AWS console. Throws `CommandRefused` where no tenant is meant. */
export function runOperation({ input, ...place }: OperationRequest, outputs: Outputs): Promise<ExitCode> {
  const callsCxone = input.doctor !== undefined;
  return onMachine({ ...place, callsCxone }, outputs, async (engine, machine) => {
    const { executionArn } = await engine.start(machine, { input });
    return executionArn;
  });
}

/** Goes on with an operation that was stopped or failed. Throws as `runOperation` does, and `ExecutionNotRedrivable` where AWS would not redrive it either. */
export function redriveOperation(
  { executionArn, ...place }: OperationPlace & { executionArn: string },
  outputs: Outputs,
): Promise<ExitCode> {
  return onMachine(place, outputs, async (engine) => {
    await engine.redrive(executionArn);
    return executionArn;
  });
}

async function onMachine(
  request: OperationPlace & { callsCxone?: boolean },
  { out, err }: Outputs,
  begin: (engine: Engine, machine: string) => Promise<string>,
): Promise<ExitCode> {
  const configuration = loadConfiguration(request.config);
  const ids = configuration.tenants.map(({ tenant }) => tenant.id);
  const [only, ...others] = configuration.tenants.filter(
    ({ tenant }) => (request.tenant ?? tenant.id) === tenant.id,
  );
  if (only === undefined || others.length > 0)
    throw new CommandRefused(
      [`The configuration has the tenants ${ids.join(', ')}.`],
      'Name one: --tenant <id>',
    );
  const { baseUrl } = only.families.dataDownload;
  const platform = await openPlatform({
    folder: request.data,
    configuration,
    // A simulator that takes our clock has no other: it would be off.
    ...(request.callsCxone === true ? await timeTowards(baseUrl, 'no') : {}),
    secrets: request.secrets === undefined ? {} : loadSecrets(request.secrets),
  });
  try {
    // The end of a run whose process was killed is known since the engine was opened: the ledger is told of it first.
    await platform.engine.heard();
    const executionArn = await begin(platform.engine, platform.machineOf(only.tenant.id, OPERATIONS_MACHINE));
    const ended = await platform.engine.wait(executionArn);
    const { status, output, error, cause, name, input, redriveStatus } = ended;
    if (status === 'SUCCEEDED') {
      const result: unknown = JSON.parse(output ?? '{}');
      const examined = Examination.safeParse(result);
      if (examined.success) {
        const ahead = platform.clock.now() - Date.now();
        const told = withFolderClock(examined.data, { folder: request.data, ahead });
        if (request.json) out.line(JSON.stringify(told));
        else printExamination(out, told);
        return told.healthy ? EXIT.done : EXIT.failed;
      }
      const shown = OperateResult.safeParse(result);
      if (shown.success && shown.data.operation === 'status') {
        if (request.json) out.line(JSON.stringify(shown.data.status));
        else printStatus(out, shown.data.status);
      } else if (request.json) out.line(JSON.stringify({ outcome: status, run: name, result }));
      else out.line(sentenceOf(OperationInput.parse(JSON.parse(input)), result));
      return EXIT.done;
    }
    const sentence = messageOf(cause) ?? status;
    if (request.json) out.line(JSON.stringify({ outcome: status, run: name, error, sentence }));
    err.line(err.paint('red', `${error ?? status}: ${sentence}`));
    const redrive =
      redriveStatus === 'REDRIVABLE' && !REFUSALS.has(error)
        ? ` To redrive: npx cxone-export redrive ${name}${placeWords({ ...request, skipWaits: 'no' }, { config: '', data: '' })}`
        : '';
    err.line(`Next: ${catalogueEntry(error ?? '')?.remedy ?? 'look at the execution’s history'}${redrive}`);
    return error === 'InputRefused' ? EXIT.refused : EXIT.failed;
  } finally {
    await platform.close();
  }
}

function sentenceOf({ rollback }: OperationInput, result: unknown): string {
  const done = OperateResult.safeParse(result);
  if (done.success && (done.data.operation === 'done' || done.data.operation === 'decided'))
    return done.data.sentence;
  const { data: rolledBack } = RolledBack.safeParse(result);
  // An execution of the release before says nothing of its generations.
  if (rolledBack === undefined) return `${rollback?.dataset} ${rollback?.day} is rolled back and pinned.`;
  const { dataset, day, generation, replaced } = rolledBack;
  const moved = replaced === undefined ? 'which was current already' : `which replaces ${replaced}`;
  return `${dataset} ${day} is at generation ${generation}, ${moved}, and pinned: runs leave it as it is until cxone-export unpin.`;
}

function messageOf(cause: string | undefined): string | undefined {
  const message = z.looseObject({ errorMessage: z.string() });
  try {
    return message.parse(JSON.parse(cause ?? '')).errorMessage;
  } catch {
    return cause;
  }
}

/** What `generations` is asked for. */
export interface GenerationsRequest {
  data: string;
  tenant?: TenantId;
  dataset: string;
  window: string;
  /** One JSON document instead of a table. */
  json: boolean;
}

/** Lists the generations of a window that are still in the lake. Throws `CommandRefused` for a dataset or a tenant that there is not. */
export async function listGenerations(request: GenerationsRequest, { out, err }: Outputs): Promise<ExitCode> {
  const dataset = parseOrRefuse(DatasetId, request.dataset, 'The dataset');
  const day = parseOrRefuse(Day, request.window, 'The window');
  await using lake = await openLake(request.data);
  requireTenant(lake, request.tenant);
  requireDataset(lake, dataset);
  const kept: (KeptGeneration & { tenant: TenantId })[] = [];
  for (const [tenant, ledger] of lake.ledgers)
    if ((request.tenant ?? tenant) === tenant)
      for (const one of await keptGenerations({ ledger, objects: lake.objects }, { dataset, day }))
        kept.push({ tenant, ...one });
  if (request.json) {
    const generations = kept.map(({ tenant, generation, current, facts: { rows, maxEvent } }) => ({
      tenant,
      generation,
      current,
      rows: rows.rowsOut,
      maxEvent,
    }));
    out.line(JSON.stringify({ dataset, window: day, generations }));
    return EXIT.done;
  }
  const headings = [
    { heading: 'tenant' },
    { heading: 'generation' },
    { heading: '' },
    { heading: 'rows', numbers: true },
    { heading: 'latest event' },
  ];
  const rows = kept.map(({ tenant, generation, current, facts }) => [
    tenant,
    generation,
    current ? 'current' : '',
    amount(facts.rows.rowsOut),
    facts.maxEvent ?? '',
  ]);
  if (rows.length === 0) err.line(`The lake has no generation of ${dataset} ${day}.`);
  else for (const line of textTable(headings, rows)) out.line(line);
  return EXIT.done;
}
