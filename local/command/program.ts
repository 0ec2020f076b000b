import { Argument, Command, CommanderError, Option } from 'commander';
import type { Day } from '../../lambdas/model/days.ts';
import type { DatasetId, TenantId } from '../../lambdas/model/ids.ts';
import { type PipelineName, PipelineName as PipelineNames } from '../../lambdas/model/pipelines.ts';
import { addArchive } from './archive-commands.ts';
import { datasetId, pipelineName, port, tenantId, utcDay } from './arguments.ts';
import type { AuditRequest } from './audit.ts';
import { DATA_FOLDER } from './data-folder.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type Failure, failureOf, printFailure } from './failures.ts';
import { addMapping } from './mapping-commands.ts';
import { addOperations } from './operator-commands.ts';
import type { Outputs } from './output.ts';
import type { Place } from './preparation.ts';

const DEFAULTS = { config: 'config/example.json', data: DATA_FOLDER };

/** What all commands are given: where they write. Commands are loaded when they are called: most need little. */
type Action = (outputs: Outputs) => Promise<ExitCode> | ExitCode;

/** What a command line asks for. */
interface Asked {
  /** Absent where it asks for help. */
  action?: Action;
  json?: boolean;
}

/** Reads a command line (without node and script) into `asked`, and carries nothing out. Throws `CommanderError` where it is none of ours, or help. */
export async function understand(
  words: readonly string[],
  outputs: Outputs,
  asked: Asked = {},
): Promise<Asked> {
  const choose: Choose = (action, json) => Object.assign(asked, { action, json });
  await buildProgram(outputs, choose).parseAsync(spelledOut(words), { from: 'user' });
  return asked;
}

/** Carries out a command line (without node and script) and gives the exit code. Never throws. */
export async function main(words: readonly string[], outputs: Outputs): Promise<ExitCode> {
  const asked: Asked = {};
  try {
    await understand(words, outputs, asked);
    return (await asked.action?.(outputs)) ?? EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const usage = error instanceof CommanderError;
    const failure = usage ? usageFailure(error) : failureOf(error);
    if (!usage) printFailure(outputs.err, failure);
    if (asked.json ?? words.includes('--json')) outputs.out.line(failureDocument(failure));
    if (process.env.CXONE_EXPORT_TRACE === '1' && error instanceof Error) outputs.err.line(error.stack ?? '');
    return failure.code;
  }
}

/** Commander has printed it by then. */
function usageFailure({ message }: CommanderError): Failure {
  return { code: EXIT.refused, problems: [message], next: undefined };
}

/** What stands in for a run's record where there is no run. */
function failureDocument({ code, problems, next }: Failure): string {
  const outcome = code === EXIT.refused ? 'REFUSED' : 'FAILED';
  return JSON.stringify({ outcome, problems: problems.map((text) => text.trim()), next });
}

/** `--skip-waits` alone must not take the word after it for its value. */
function spelledOut(words: readonly string[]): string[] {
  return words.map((word) => (word === '--skip-waits' ? '--skip-waits=simulator' : word));
}

type Choose = (action: Action, json?: boolean) => void;

interface PlaceOptions {
  config: string;
  secrets?: string;
  data: string;
  skipWaits: Place['skipWaits'];
}

function buildProgram(outputs: Outputs, choose: Choose): Command {
  const program = new Command('cxone-export')
    .description("Puts a contact center's CXone data into your own S3 lake: here, on one machine.")
    .configureOutput({
      writeOut: (text) => outputs.out.write(text),
      writeErr: (text) => outputs.err.write(text),
    })
    .showHelpAfterError('(cxone-export --help lists the commands)')
    .exitOverride();
  addRunning(program, choose);
  addLooking(program, choose);
  addDrift(program, choose);
  addAudit(program, choose);
  addOperations(program, { choose, defaults: DEFAULTS, tenantId, pipelineName });
  addArchive(program, { choose, defaults: DEFAULTS, tenantId });
  addSurroundings(program, choose);
  return program;
}

function addRunning(program: Command, choose: Choose): void {
  withPlace(
    command(
      program,
      'run',
      'run a pipeline once; exit code 0 committed or nothing to do, 1 failed, 2 refused',
    ),
  )
    .addArgument(new Argument('<pipeline>', PipelineNames.options.join(', ')).argParser(pipelineName))
    .option('--tenant <id>', 'whose, where the configuration has several', tenantId)
    .option('--input <json>', 'such as {"date":"2024-05-15"}; {} is what the nightly run would do now', '{}')
    .action(
      (
        pipeline: PipelineName,
        options: PlaceOptions & { tenant?: TenantId; input: string; json?: boolean },
      ) => {
        const { tenant, input, json = false } = options;
        const request = { pipeline, input, json, place: placeOf(options), ...(tenant && { tenant }) };
        choose(async (outputs) => (await import('./run.ts')).runPipeline(request, DEFAULTS, outputs), json);
      },
    );
  withPlace(command(program, 'redrive', 'go on with a run where it stopped'))
    .argument('<run>', 'name of the run, or the beginning of it')
    .action((run: string, options: PlaceOptions & { json?: boolean }) => {
      const { json = false } = options;
      const request = { run, json, place: placeOf(options) };
      choose(async (outputs) => (await import('./run.ts')).redriveRun(request, DEFAULTS, outputs), json);
    });
  withPlace(
    command(
      program,
      'replay',
      'transform stored raw data of a committed day once more, without calling CXone',
    ),
  )
    .argument('<dataset>', 'such as cdr', datasetId)
    .requiredOption('--window <day>', 'the UTC day, such as 2024-05-15', utcDay)
    .option('--mapping <name>', 'a file in mappings/ without .json; default: the configured one')
    .option('--tenant <id>', 'whose, where the configuration has several', tenantId)
    .action(
      (
        dataset: DatasetId,
        options: PlaceOptions & { window: Day; mapping?: string; tenant?: TenantId; json?: boolean },
      ) => {
        const { window: day, mapping, tenant, json = false } = options;
        const chosen = { ...(mapping !== undefined && { mapping }), ...(tenant && { tenant }) };
        const request = { dataset, day, json, place: placeOf(options), ...chosen };
        choose(
          async (outputs) => (await import('./replay.ts')).replayWindow(request, DEFAULTS, outputs),
          json,
        );
      },
    );
  withData(command(program, 'demo', "export last night's calls of a simulated contact center")).action(
    ({ data }: { data: string }) =>
      choose(async (outputs) => (await import('./demo.ts')).runDemo({ data }, outputs)),
  );
}

function addLooking(program: Command, choose: Choose): void {
  withData(command(program, 'runs', 'list the runs')).action(({ data }: { data: string }) =>
    choose(async (outputs) => (await import('./runs.ts')).listRuns({ data }, outputs)),
  );
  withData(command(program, 'show', 'show a run state by state, its windows included'))
    .argument('<run>', 'name of the run, or the beginning of it')
    .action((run: string, { data }: { data: string }) =>
      choose(async (outputs) => (await import('./show.ts')).showRun({ data, run }, outputs)),
    );
  withData(command(program, 'files', 'list the committed files, or copy them out'))
    .option('--to <folder>', 'copy them there under their S3 keys')
    .option('--tenant <id>', 'only its files', tenantId)
    .action((request: { data: string; to?: string; tenant?: TenantId }) =>
      choose(async (outputs) => (await import('./files.ts')).listFiles(request, outputs)),
    );
  withData(command(program, 'query', 'run SQL over the committed data: a view a dataset, cdr for instance'))
    .argument('<sql>')
    .option('--tenant <id>', 'only its data', tenantId)
    .option('--json', 'the rows as one JSON array')
    .action((sql: string, options: { data: string; tenant?: TenantId; json?: boolean }) =>
      choose(async (outputs) =>
        (await import('./query.ts')).runQuery({ ...options, sql, json: options.json === true }, outputs),
      ),
    );
}

function addDrift(program: Command, choose: Choose): void {
  const drift = command(program, 'drift', 'columns of the exports that no mapping knows');
  const offered = (name: string, description: string) =>
    withData(command(drift, name, description)).option('--tenant <id>', 'only its columns', tenantId);
  offered('ls', 'list them').action((request: { data: string; tenant?: TenantId }) =>
    choose(async (outputs) => (await import('./drift.ts')).listDrift(request, outputs)),
  );
  offered('ack', 'acknowledge one: it is not shown as open any more')
    .argument('<dataset>', 'such as cdr')
    .argument('<column>', 'as the export calls it')
    .action((dataset: string, column: string, request: { data: string; tenant?: TenantId }) =>
      choose(async (outputs) =>
        (await import('./drift.ts')).acknowledgeColumn({ ...request, dataset, column }, outputs),
      ),
    );
}

function addAudit(program: Command, choose: Choose): void {
  const audit = command(program, 'audit', 'the chain of records over everything that was committed');
  withData(
    command(
      audit,
      'verify',
      'find edits, removals, cut tails, changes of order and a rewritten past; exit code 1 where there are any',
    ),
  )
    .option('--tenant <id>', 'only its chains', tenantId)
    .option('--pipeline <name>', 'only its chain', pipelineName)
    .option('--ledger-table <name>', 'on AWS: LedgerTableName of the lake’s stack')
    .option('--bucket <name>', 'on AWS: LakeBucketName')
    .option('--audit-key <arn>', 'on AWS: AuditKeyArn')
    .option('--json', 'one JSON document')
    .action((options: AuditRequest) =>
      choose(async (outputs) => (await import('./audit.ts')).verifyChains(options, outputs), options.json),
    );
}

function addSurroundings(program: Command, choose: Choose): void {
  command(program, 'simulator', 'serve the CXone simulator until Ctrl-C')
    .option('--port <number>', 'on 127.0.0.1; 0 takes a free one', port, 8080)
    .option('--scenario <list>', 'such as drift:2,throttle-seconds', 'normal')
    .option('--seed <text>', 'data, job ids and faults follow from it')
    .option('--list', 'list the scenarios and end')
    .action((options: { port: number; scenario: string; seed?: string; list?: boolean }) =>
      choose(async (outputs) => {
        if (options.list) {
          outputs.out.line((await import('../cxone/index.ts')).describeScenarios());
          return EXIT.done;
        }
        const scenarios = options.scenario.split(',').map((name) => name.trim());
        return (await import('./simulator.ts')).serveSimulator({ ...options, scenarios }, outputs);
      }),
    );
  addMapping(program, choose);
  const config = command(program, 'config', 'look at configurations');
  command(
    config,
    'check',
    'print every problem and warning of a configuration; exit code 2 where there are problems',
  )
    .argument('<file>')
    .action((file: string) =>
      choose(async (outputs) => (await import('./config-check.ts')).checkConfiguration({ file }, outputs)),
    );
}

function command(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description);
}

function withData(to: Command): Command {
  return to.option('--data <folder>', 'where everything is kept', DEFAULTS.data);
}

function withPlace(to: Command): Command {
  return withData(to)
    .option('--config <file>', 'the configuration', DEFAULTS.config)
    .option('--secrets <file>', 'JSON: secret name → { "clientId", "clientSecret" }')
    .addOption(
      new Option(
        '--skip-waits [force]',
        'skip waits: only towards a simulator that takes our clock, or by force',
      )
        .choices(['simulator', 'force'])
        .default('no'),
    )
    .option('--json', 'the run record, one JSON document, on standard output; all else on standard error');
}

function placeOf({ config, secrets, data, skipWaits }: PlaceOptions): Place {
  return { config, data, skipWaits, ...(secrets === undefined ? {} : { secrets }) };
}
