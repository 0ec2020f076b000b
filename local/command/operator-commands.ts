import { Argument, type Command } from 'commander';
import { Day } from '../../lambdas/model/days.ts';
import { DatasetId, GenerationId, type TenantId } from '../../lambdas/model/ids.ts';
import type { OperationInput } from '../../lambdas/model/operations.ts';
import { type PipelineName, PipelineName as PipelineNames } from '../../lambdas/model/pipelines.ts';
import { parseOrRefuse } from '../../lambdas/model/refusal.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';

type Action = (outputs: Outputs) => Promise<ExitCode> | ExitCode;

/** What the program lends to the commands of operators. */
export interface ProgramParts {
  choose: (action: Action, json?: boolean) => void;
  defaults: { config: string; data: string };
  tenantId: (text: string) => TenantId;
  pipelineName: (text: string) => PipelineName;
}

/** Where an operation is done, and whose. */
export interface PlaceOptions {
  config: string;
  data: string;
  tenant?: TenantId;
  secrets?: string;
  json?: boolean;
}

/** Adds the commands for what operators do by hand: each is an input of the operations machine. */
export function addOperations(program: Command, parts: ProgramParts): void {
  const { choose, defaults, tenantId } = parts;
  const offered = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--config <file>', 'the configuration', defaults.config)
      .option('--data <folder>', 'where everything is kept', defaults.data)
      .option('--tenant <id>', 'whose, where the configuration has several', tenantId)
      .option('--json', 'the result as one JSON document');
  const operation = ({ json = false, ...place }: PlaceOptions, input: () => OperationInput) =>
    choose(
      async (outputs) =>
        (await import('./operations.ts')).runOperation({ ...place, json, input: input() }, outputs),
      json,
    );
  const pipeline = () =>
    new Argument('<pipeline>', PipelineNames.options.join(', ')).argParser(parts.pipelineName);
  const windowOf = (dataset: string, day: string) => ({
    dataset: parseOrRefuse(DatasetId, dataset, 'The dataset'),
    day: parseOrRefuse(Day, day, 'The window'),
  });
  offered(
    'deliver',
    'take up deliveries to the webhook that were given up, each at the batch where it failed',
  )
    .requiredOption('--retry', 'says that this is meant')
    .option('--secrets <file>', 'JSON: values of secrets by name, the webhook’s among them')
    .action(({ config, data, tenant, secrets, json = false }: PlaceOptions) =>
      choose(
        async (outputs) =>
          (await import('./deliver.ts')).retryDeliveries(
            { config, data, json, ...(tenant && { tenant }), ...(secrets && { secrets }) },
            outputs,
          ),
        json,
      ),
    );
  offered('rollback', 'make an earlier generation of a window current, and pin it')
    .argument('<dataset>', 'such as cdr')
    .requiredOption('--window <day>', 'the UTC day')
    .option('--to <generation>', 'default: the one that the current one replaced')
    .action((dataset: string, options: PlaceOptions & { window: string; to?: string }) => {
      const { window, to, ...place } = options;
      operation(place, () => ({
        rollback: {
          ...windowOf(dataset, window),
          ...(to === undefined ? {} : { to: parseOrRefuse(GenerationId, to, 'The generation') }),
        },
      }));
    });
  offered('unpin', 'let runs commit a window again that was rolled back')
    .argument('<dataset>', 'such as cdr')
    .requiredOption('--window <day>', 'the UTC day')
    .action((dataset: string, { window, ...place }: PlaceOptions & { window: string }) =>
      operation(place, () => ({ unpin: windowOf(dataset, window) })),
    );
  offered('pause', 'let the schedule’s starts of a pipeline do nothing; what runs goes on')
    .addArgument(pipeline())
    .option('--reason <text>', 'for those who wonder', '')
    .action((name: PipelineName, { reason, ...place }: PlaceOptions & { reason: string }) =>
      operation(place, () => ({ pause: { pipeline: name, reason } })),
    );
  offered('resume', 'let the schedule start a pipeline again')
    .addArgument(pipeline())
    .action((name: PipelineName, place: PlaceOptions) =>
      operation(place, () => ({ resume: { pipeline: name } })),
    );
  offered(
    'status',
    'say how a tenant stands: last good day, holes, pins, pauses, queue, claims, the archive’s mark, breakers, audit records that are owed',
  ).action((place: PlaceOptions) => operation(place, () => ({ status: {} })));
  offered(
    'doctor',
    'look at everything that a run needs: secret, way to CXone, scopes, clock; exit code 1 where something failed',
  )
    .option('--secrets <file>', 'JSON: secret name → { "clientId", "clientSecret" }')
    .action((place: PlaceOptions) => operation(place, () => ({ doctor: {} })));
  program
    .command('generations')
    .description('list the generations of a window that are still in the lake')
    .argument('<dataset>', 'such as cdr')
    .requiredOption('--window <day>', 'the UTC day')
    .option('--data <folder>', 'where everything is kept', defaults.data)
    .option('--tenant <id>', 'only its generations', tenantId)
    .option('--json', 'one JSON document')
    .action(
      (
        dataset: string,
        { json = false, ...options }: { window: string; data: string; tenant?: TenantId; json?: boolean },
      ) =>
        choose(
          async (outputs) =>
            (await import('./operations.ts')).listGenerations({ ...options, dataset, json }, outputs),
          json,
        ),
    );
}
