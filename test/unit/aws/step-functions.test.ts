import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  ListTagsForResourceCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import type { ExecutionDescription, StepFunctionsPort } from '../../../local/aws/step-functions.ts';
import { embeddedAws } from './embedded.ts';

const { aws, client } = await embeddedAws();
const stepFunctions = new SFNClient(client);
const stateMachineArn = 'arn:aws:states:eu-west-1:000000000000:stateMachine:cdr';
const executionArn = 'arn:aws:states:eu-west-1:000000000000:execution:cdr:night';
const mapRunArn = 'arn:aws:states:eu-west-1:000000000000:mapRun:cdr/windows:1';
const start = Date.UTC(2024, 4, 15);

function recordingEngine(): { calls: unknown[][]; port: StepFunctionsPort } {
  const calls: unknown[][] = [];
  const execution: ExecutionDescription = {
    executionArn,
    stateMachineArn,
    name: 'night',
    status: 'FAILED',
    startDate: start,
    stopDate: start + 1500,
    input: '{}',
    error: 'WindowsFailed',
    redriveCount: 1,
    redriveDate: start + 1000,
    redriveStatus: 'REDRIVABLE',
  };
  const later = { ...execution, name: 'later', status: 'SUCCEEDED', startDate: start + 5000 };
  const port: StepFunctionsPort = {
    start(...call) {
      calls.push(['start', ...call]);
      return { executionArn };
    },
    redrive: (...call) => calls.push(['redrive', ...call]),
    stop: (...call) => calls.push(['stop', ...call]),
    describe(arn) {
      if (arn === executionArn) return execution;
      throw Object.assign(new Error(`Execution Does Not Exist: '${arn}'`), { name: 'ExecutionDoesNotExist' });
    },
    history: () =>
      [1, 2, 3].map((id) => ({
        id,
        previousEventId: id - 1,
        type: 'PassStateEntered',
        timestamp: new Date(start + id).toISOString(),
      })),
    list: () => [execution, later],
    mapRuns: () => [
      { mapRunArn, executionArn, stateMachineArn, status: 'RUNNING', startDate: start, redriveCount: 0 },
    ],
    children: () => [{ ...execution, mapRunArn }],
  };
  return { calls, port };
}

describe('OPS-06 embedded Step Functions', () => {
  it('answers 503 until an engine is attached, then for the engine', async () => {
    const asking = stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    await expect(asking).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });

    aws.attachEngine(recordingEngine().port);
    const described = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));

    expect(described).toMatchObject({
      name: 'night',
      status: 'FAILED',
      startDate: new Date(start),
      stopDate: new Date(start + 1500),
      redriveCount: 1,
      redriveStatus: 'REDRIVABLE',
    });
  });

  it('starts, redrives and stops executions', async () => {
    const { calls, port } = recordingEngine();
    aws.attachEngine(port);

    const started = await stepFunctions.send(
      new StartExecutionCommand({ stateMachineArn, name: 'night', input: '{"date":"2024-05-15"}' }),
    );
    await stepFunctions.send(new RedriveExecutionCommand({ executionArn }));
    await stepFunctions.send(new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'why not' }));

    expect(started).toMatchObject({ executionArn, startDate: new Date(start) });
    expect(calls).toEqual([
      ['start', stateMachineArn, { name: 'night', input: { date: '2024-05-15' } }],
      ['redrive', executionArn],
      ['stop', executionArn, 'Enough', 'why not'],
    ]);
  });

  it('pages through the history in both directions', async () => {
    aws.attachEngine(recordingEngine().port);
    const asked = { executionArn, maxResults: 2 };

    const first = await stepFunctions.send(new GetExecutionHistoryCommand(asked));
    const second = await stepFunctions.send(
      new GetExecutionHistoryCommand({ ...asked, nextToken: first.nextToken }),
    );
    const last = await stepFunctions.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }),
    );

    expect([first, second, last].map((page) => page.events?.map((event) => event.id))).toEqual([
      [1, 2],
      [3],
      [3],
    ]);
    expect(first.events?.[0]?.timestamp).toEqual(new Date(start + 1));
  });

  it('lists executions latest first, by status, and the children of a Map Run', async () => {
    aws.attachEngine(recordingEngine().port);

    const all = await stepFunctions.send(new ListExecutionsCommand({ stateMachineArn }));
    const failed = await stepFunctions.send(
      new ListExecutionsCommand({ stateMachineArn, statusFilter: 'FAILED' }),
    );
    const children = await stepFunctions.send(new ListExecutionsCommand({ mapRunArn }));
    const mapRuns = await stepFunctions.send(new ListMapRunsCommand({ executionArn }));

    expect(all.executions?.map((one) => one.name)).toEqual(['later', 'night']);
    expect(failed.executions?.map((one) => one.name)).toEqual(['night']);
    expect(children.executions?.map((one) => one.mapRunArn)).toEqual([mapRunArn]);
    expect(mapRuns.mapRuns?.map((one) => one.mapRunArn)).toEqual([mapRunArn]);
  });

  it("passes the engine's errors on under AWS's names and refuses what it does not know", async () => {
    aws.attachEngine(recordingEngine().port);

    const answers = await Promise.allSettled([
      stepFunctions.send(new DescribeExecutionCommand({ executionArn: `${executionArn}-not` })),
      stepFunctions.send(new StartExecutionCommand({ stateMachineArn, input: '{' })),
      stepFunctions.send(new ListExecutionsCommand({})),
      stepFunctions.send(new ListTagsForResourceCommand({ resourceArn: stateMachineArn })),
    ]);

    const names = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.name : 'no error'));
    expect(names).toEqual([
      'ExecutionDoesNotExist',
      'InvalidExecutionInput',
      'ValidationException',
      'UnknownOperationException',
    ]);
  });
});
