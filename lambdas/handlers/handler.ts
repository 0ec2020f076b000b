import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { type Clients, clientsFor } from '../aws/clients.ts';
import { dynamoTable } from '../aws/dynamo-table.ts';
import { type CallNotes, collectCalls } from '../ledger/call-notes.ts';
import { noteStage } from '../ledger/run-notes.ts';
import { Day } from '../model/days.ts';
import { ENVIRONMENTS, type FunctionName } from '../model/environment.ts';
import { CataloguedError, catalogued } from '../model/errors.ts';
import { DatasetId, RunArn, runName, type TenantId } from '../model/ids.ts';
import type { Clock, Table } from '../model/ports.ts';
import { parsePayload } from '../model/refusal.ts';
import { surroundings } from '../model/surroundings.ts';

/** What the work of a function is given besides its payload. */
export interface Invocation<Name extends FunctionName> {
  environment: z.output<(typeof ENVIRONMENTS)[Name]>;
  tenant: TenantId;
  clients: Clients;
  table: Table;
  clock: Clock;
  /** Between 0, inclusive, and 1: for jitter. */
  random: () => number;
  /** Headers for calls to CXone. */
  headers: () => Record<string, string>;
  /** Takes what each call to CXone came to, for the run's record. */
  calls: CallNotes;
  log: Logger;
  /** A folder on local disk that no other invocation uses at the same time. */
  temporaryFolder: string;
  remainingMilliseconds: () => number;
}

/** A function's name and the schemas of what it takes and gives. */
export interface Definition<Name extends FunctionName, Payload extends z.ZodType, Result extends z.ZodType> {
  name: Name;
  payload: Payload;
  result: Result;
}

/** What a payload says of the share of a run's work that it is about. */
const correlated = z.looseObject({ run: RunArn });

const noted = z.union([
  z.object({ run: RunArn, dataset: DatasetId, day: Day, part: z.int().optional().catch(undefined) }),
  z.object({ run: RunArn, unit: z.string().min(1) }),
]);

/**
 * Makes a Lambda handler: parses environment and payload, does the work, checks the result, notes the stage for the run's
 * record, and sees to it that whatever is thrown has a name of the catalogue.
 */
export function lambdaHandler<Name extends FunctionName, Payload extends z.ZodType, Result extends z.ZodType>(
  definition: Definition<Name, Payload, Result>,
  work: (payload: z.output<Payload>, invocation: Invocation<Name>) => Promise<z.input<Result>>,
) {
  const log = new Logger({ serviceName: `cxone-export-${definition.name}` });
  const run = async (event: unknown, context: Context): Promise<z.output<Result>> => {
    const { env, clock, random, headers, temporaryFolder } = surroundings();
    const environment = parsePayload(
      ENVIRONMENTS[definition.name],
      env,
      `The environment of ${definition.name}`,
    ) as z.output<(typeof ENVIRONMENTS)[Name]>;
    const payload = parsePayload(definition.payload, event, `The payload of ${definition.name}`);
    const clients = clientsFor(env);
    const table = dynamoTable(clients.dynamodb, environment.LEDGER_TABLE);
    const tenant = environment.TENANT;
    const calls = collectCalls();
    const begun = clock.now();
    const note = async (failure?: CataloguedError) => {
      const about = noted.safeParse(payload);
      if (!about.success) return;
      await noteStage(
        table,
        { tenant, now: clock.now(), ...about.data },
        {
          stage: definition.name,
          milliseconds: clock.now() - begun,
          ...calls.taken(),
          ...('part' in about.data ? { part: about.data.part } : {}),
          ...(failure === undefined ? {} : { error: failure.name, sentence: failure.message }),
        },
      );
    };
    const correlation = correlated.safeParse(payload);
    // One name from the schedule to the webhook: every line of every function of a run has it.
    if (correlation.success) log.appendKeys({ run: runName(correlation.data.run) });
    const invocation: Invocation<Name> = {
      environment,
      tenant,
      clients,
      table,
      clock,
      random,
      headers,
      calls,
      log,
      temporaryFolder,
      remainingMilliseconds: () => context.getRemainingTimeInMillis(),
    };
    try {
      const result = definition.result.parse(await work(payload, invocation));
      await note();
      return result;
    } catch (error) {
      const failure = named(error, definition.name);
      log.error(failure.message, { errorName: failure.name });
      // What went wrong first is what the machine decides by, also where it cannot be noted.
      await note(failure).catch((unnoted: unknown) =>
        log.warn('The failure could not be noted for the run’s record.', {
          errorName: named(unnoted, definition.name).name,
        }),
      );
      throw failure;
    }
  };
  return middy<unknown, z.output<Result>>()
    .use(injectLambdaContext(log, { resetKeys: true }))
    .handler(run);
}

const awsFault = z.looseObject({
  name: z.string(),
  message: z.string(),
  $metadata: z.looseObject({ httpStatusCode: z.number().optional(), requestId: z.string().optional() }),
});

/** Gives every error a name of the catalogue. */
function named(error: unknown, where: FunctionName): CataloguedError {
  if (error instanceof CataloguedError) return error;
  const aws = awsFault.safeParse(error);
  if (aws.success) {
    const { httpStatusCode, requestId } = aws.data.$metadata;
    return catalogued(
      'AwsCallFailed',
      `AWS answered ${aws.data.name} to ${where}: ${aws.data.message}`,
      { status: httpStatusCode, requestId },
      error,
    );
  }
  const sentence =
    error instanceof Error ? `${error.name}: ${error.message}` : 'something that is not an error was thrown';
  return catalogued('UnexpectedFault', `${where} failed with ${sentence}`, {}, error);
}
