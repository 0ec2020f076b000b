import { z } from 'zod';
import { jsonService, operation } from './json-service.ts';
import { type Backend, ServiceFault } from './reply.ts';

/** An execution as the engine lists it; instants are epoch milliseconds. */
export interface ExecutionSummary {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: string;
  startDate: number;
  stopDate?: number | undefined;
  mapRunArn?: string | undefined;
  redriveCount: number;
  redriveDate?: number | undefined;
}

/** An execution as the engine describes it. */
export interface ExecutionDescription extends ExecutionSummary {
  input: string;
  output?: string | undefined;
  error?: string | undefined;
  cause?: string | undefined;
  redriveStatus?: string | undefined;
  redriveStatusReason?: string | undefined;
}

/** An event of an execution's history, its instant in ISO 8601. */
export interface ExecutionEvent {
  id: number;
  previousEventId: number;
  type: string;
  timestamp: string;
}

/** A Map Run as the engine tells it. */
export interface MapRunDescription {
  mapRunArn: string;
  executionArn: string;
  stateMachineArn: string;
  status: string;
  startDate: number;
  stopDate?: number | undefined;
  redriveCount: number;
}

type Eventually<Value> = Value | Promise<Value>;

/**
 * The engine behind the embedded Step Functions. Its errors carry AWS's names (`ExecutionDoesNotExist`,
 * `ExecutionAlreadyExists`, `ExecutionNotRedrivable`, …).
 */
export interface StepFunctionsPort {
  start(machineArn: string, start: { name?: string; input: unknown }): Eventually<{ executionArn: string }>;
  redrive(executionArn: string): Eventually<unknown>;
  stop(executionArn: string, error?: string, cause?: string): Eventually<unknown>;
  describe(executionArn: string): Eventually<ExecutionDescription>;
  history(executionArn: string): Eventually<readonly ExecutionEvent[]>;
  list(machineArn?: string): Eventually<readonly ExecutionSummary[]>;
  mapRuns(executionArn: string): Eventually<readonly MapRunDescription[]>;
  children(mapRunArn: string): Eventually<readonly ExecutionSummary[]>;
}

// The engine's errors that are a caller's mistake; any other error is the platform's own.
const callersMistakes = new Set([
  'ExecutionAlreadyExists',
  'ExecutionDoesNotExist',
  'ExecutionNotRedrivable',
  'InvalidArn',
  'InvalidExecutionInput',
  'InvalidName',
  'ResourceNotFound',
  'StateMachineDoesNotExist',
]);

const arn = z.string().min(1).max(2000);
const page = { maxResults: z.int().min(0).max(1000).default(1000), nextToken: z.string().optional() };

/** AWS Step Functions over the engine that `port` gives; `ServiceUnavailable` (503) while it gives none. */
export function stepFunctions(port: () => StepFunctionsPort | undefined): Backend {
  const engine = (): StepFunctionsPort => {
    const attached = port();
    if (!attached) throw new ServiceFault('ServiceUnavailable', 'No engine is attached yet.', 503);
    return attached;
  };
  return jsonService({
    service: 'stepfunctions',
    target: 'AWSStepFunctions',
    protocol: '1.0',
    invalidInput: 'ValidationException',
    operations: {
      ...executionOperations(engine),
      ListExecutions: operation(
        z.strictObject({
          stateMachineArn: arn.optional(),
          mapRunArn: arn.optional(),
          statusFilter: z.string().optional(),
          ...page,
        }),
        (input) => input.stateMachineArn ?? input.mapRunArn ?? 'executions',
        (input) =>
          underAwsNames(async () => {
            const { stateMachineArn, mapRunArn, statusFilter } = input;
            if ((stateMachineArn === undefined) === (mapRunArn === undefined)) {
              throw new ServiceFault('ValidationException', 'Give either stateMachineArn or mapRunArn.');
            }
            const all = mapRunArn ? await engine().children(mapRunArn) : await engine().list(stateMachineArn);
            const wanted = all.filter((one) => statusFilter === undefined || one.status === statusFilter);
            const latestFirst = wanted.toSorted((left, right) => right.startDate - left.startDate);
            const { items, nextToken } = pageOf(latestFirst, input);
            return { executions: items.map(summaryOutput), nextToken };
          }),
      ),
      ListMapRuns: operation(
        z.strictObject({ executionArn: arn, ...page }),
        (input) => input.executionArn,
        (input) =>
          underAwsNames(async () => {
            const { items, nextToken } = pageOf(await engine().mapRuns(input.executionArn), input);
            const mapRuns = items.map(
              ({ mapRunArn, executionArn, stateMachineArn, startDate, stopDate }) => ({
                mapRunArn,
                executionArn,
                stateMachineArn,
                startDate: startDate / 1000,
                ...(stopDate === undefined ? {} : { stopDate: stopDate / 1000 }),
              }),
            );
            return { mapRuns, nextToken };
          }),
      ),
    },
  });
}

function executionOperations(engine: () => StepFunctionsPort) {
  return {
    StartExecution: operation(
      z.strictObject({ stateMachineArn: arn, name: z.string().optional(), input: z.string().default('{}') }),
      (input) => input.stateMachineArn,
      ({ stateMachineArn, name, input }) =>
        underAwsNames(async () => {
          const start = { input: parseInput(input), ...(name === undefined ? {} : { name }) };
          const { executionArn } = await engine().start(stateMachineArn, start);
          const { startDate } = await engine().describe(executionArn);
          return { executionArn, startDate: startDate / 1000 };
        }),
    ),
    RedriveExecution: operation(
      z.strictObject({ executionArn: arn, clientToken: z.string().optional() }),
      (input) => input.executionArn,
      ({ executionArn }) =>
        underAwsNames(async () => {
          await engine().redrive(executionArn);
          const { redriveDate, startDate } = await engine().describe(executionArn);
          return { redriveDate: (redriveDate ?? startDate) / 1000 };
        }),
    ),
    StopExecution: operation(
      z.strictObject({ executionArn: arn, error: z.string().optional(), cause: z.string().optional() }),
      (input) => input.executionArn,
      ({ executionArn, error, cause }) =>
        underAwsNames(async () => {
          await engine().stop(executionArn, error, cause);
          const { stopDate, startDate } = await engine().describe(executionArn);
          return { stopDate: (stopDate ?? startDate) / 1000 };
        }),
    ),
    DescribeExecution: operation(
      z.strictObject({ executionArn: arn, includedData: z.literal('ALL_DATA').optional() }),
      (input) => input.executionArn,
      ({ executionArn }) =>
        underAwsNames(async () => descriptionOutput(await engine().describe(executionArn))),
    ),
    GetExecutionHistory: operation(
      z.strictObject({
        executionArn: arn,
        reverseOrder: z.boolean().default(false),
        includeExecutionData: z.literal(true).optional(),
        ...page,
      }),
      (input) => input.executionArn,
      (input) =>
        underAwsNames(async () => {
          const history = await engine().history(input.executionArn);
          const { items, nextToken } = pageOf(input.reverseOrder ? history.toReversed() : history, input);
          const events = items.map((event) => ({ ...event, timestamp: Date.parse(event.timestamp) / 1000 }));
          return { events, nextToken };
        }),
    ),
  };
}

async function underAwsNames<Output>(work: () => Promise<Output>): Promise<Output> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ServiceFault || !(error instanceof Error)) throw error;
    if (callersMistakes.has(error.name)) throw new ServiceFault(error.name, error.message);
    throw error;
  }
}

function parseInput(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    throw new ServiceFault('InvalidExecutionInput', 'The input is not JSON.');
  }
}

function summaryOutput(execution: ExecutionSummary) {
  const { executionArn, stateMachineArn, name, status, startDate, stopDate, mapRunArn } = execution;
  const { redriveCount, redriveDate } = execution;
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate: startDate / 1000,
    stopDate: stopDate === undefined ? undefined : stopDate / 1000,
    mapRunArn,
    redriveCount,
    redriveDate: redriveDate === undefined ? undefined : redriveDate / 1000,
  };
}

function descriptionOutput(execution: ExecutionDescription) {
  const { input, output, error, cause, redriveStatus, redriveStatusReason } = execution;
  return { ...summaryOutput(execution), input, output, error, cause, redriveStatus, redriveStatusReason };
}

function pageOf<Item>(all: readonly Item[], asked: { maxResults: number; nextToken?: string | undefined }) {
  const start = Number(asked.nextToken ?? 0);
  if (!Number.isSafeInteger(start) || start < 0)
    throw new ServiceFault('InvalidToken', 'The token is not ours.');
  // AWS takes 0 for its default number of results.
  const end = start + (asked.maxResults === 0 ? 100 : asked.maxResults);
  return { items: all.slice(start, end), nextToken: end < all.length ? String(end) : undefined };
}
