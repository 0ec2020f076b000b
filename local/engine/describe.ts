import { randomUUID } from 'node:crypto';
import type { JsonObject } from './json.ts';
import { OPEN_PERIOD, REDRIVABLE_EVENTS, REDRIVE_PERIOD } from './limits.ts';
import { ACCOUNT, REGION } from './names.ts';
import type { Summary } from './store.ts';

/** An execution as DescribeExecution gives it, with instants in epoch milliseconds. Absent fields are left out. */
export interface ExecutionDescription {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: Summary['status'];
  startDate: number;
  stopDate?: number;
  input: string;
  output?: string;
  error?: string;
  cause?: string;
  redriveCount: number;
  redriveDate?: number;
  redriveStatus: 'REDRIVABLE' | 'NOT_REDRIVABLE' | 'REDRIVABLE_BY_MAP_RUN';
  redriveStatusReason?: string;
  mapRunArn?: string;
  /** State transitions so far, which is what Standard workflows cost by. */
  stateTransitions: number;
  /** Events in the history so far. */
  events: number;
}

/** Why an execution cannot be redriven, in AWS's words; undefined where it can. */
export function reasonNotRedrivable(summary: Summary, now: number): string | undefined {
  if (summary.status === 'RUNNING') return 'Execution is RUNNING and cannot be redriven';
  if (summary.status === 'SUCCEEDED') return 'Execution is SUCCEEDED and cannot be redriven';
  if (summary.events >= REDRIVABLE_EVENTS) return 'Execution history event limit exceeded';
  if (now - summary.startDate >= OPEN_PERIOD) return 'Execution has exceeded the max execution time';
  if (now - (summary.stopDate ?? now) >= REDRIVE_PERIOD) return 'Execution redrivable period exceeded';
  return undefined;
}

/** Describes an execution. `reason` is why it cannot be redriven. */
export function describeExecution(
  summary: Summary,
  reason: string | undefined,
  data: { input: string; output: string | undefined },
): ExecutionDescription {
  const { definition: _, ...known } = summary;
  const status = summary.mapRunArn === undefined ? 'REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN';
  return {
    ...known,
    input: data.input,
    ...(data.output === undefined ? {} : { output: data.output }),
    ...(reason === undefined
      ? { redriveStatus: status }
      : { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: reason }),
  };
}

/** The description as service integrations and result files spell it, with input and output as JSON text. */
export function sdkExecution(
  summary: Summary,
  reason: string | undefined,
  input: string,
  output: string | undefined,
): JsonObject {
  const redrivable = summary.mapRunArn === undefined ? 'REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN';
  return {
    ...(summary.cause === undefined ? {} : { Cause: summary.cause }),
    ...(summary.error === undefined ? {} : { Error: summary.error }),
    ExecutionArn: summary.executionArn,
    Input: input,
    InputDetails: { Included: true },
    Name: summary.name,
    ...(output === undefined ? {} : { Output: output }),
    OutputDetails: { Included: true },
    RedriveCount: summary.redriveCount,
    ...(summary.redriveDate === undefined
      ? {}
      : { RedriveDate: new Date(summary.redriveDate).toISOString() }),
    RedriveStatus: reason === undefined ? redrivable : 'NOT_REDRIVABLE',
    ...(reason === undefined ? {} : { RedriveStatusReason: reason }),
    StartDate: new Date(summary.startDate).toISOString(),
    StateMachineArn: summary.stateMachineArn,
    Status: summary.status,
    ...(summary.stopDate === undefined ? {} : { StopDate: new Date(summary.stopDate).toISOString() }),
  };
}

/** The event that EventBridge delivers when an execution's status changes. It carries neither error nor cause: they are looked up. */
export interface StatusChangeEvent {
  version: '0';
  id: string;
  'detail-type': 'Step Functions Execution Status Change';
  source: 'aws.states';
  account: string;
  /** ISO 8601, whole seconds. */
  time: string;
  region: string;
  resources: string[];
  detail: {
    executionArn: string;
    stateMachineArn: string;
    name: string;
    status: Summary['status'];
    /** Epoch milliseconds, as stopDate and redriveDate. */
    startDate: number;
    stopDate: number | null;
    input: string;
    output: string | null;
    inputDetails: { included: boolean };
    outputDetails: { included: boolean } | null;
    redriveCount: number;
    redriveDate: number | null;
    redriveStatus: string;
    redriveStatusReason: string | null;
  };
}

/** Makes the status change event of an execution. */
export function statusChangeEvent(description: ExecutionDescription, now: number): StatusChangeEvent {
  const one = description;
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account: ACCOUNT,
    time: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: REGION,
    resources: [one.executionArn],
    detail: {
      executionArn: one.executionArn,
      stateMachineArn: one.stateMachineArn,
      name: one.name,
      status: one.status,
      startDate: one.startDate,
      stopDate: one.stopDate ?? null,
      input: one.input,
      output: one.output ?? null,
      inputDetails: { included: true },
      outputDetails: one.output === undefined ? null : { included: true },
      redriveCount: one.redriveCount,
      redriveDate: one.redriveDate ?? null,
      redriveStatus: one.redriveStatus,
      redriveStatusReason: one.redriveStatusReason ?? null,
    },
  };
}
