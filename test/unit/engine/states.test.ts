import { describe, expect, it } from 'vitest';
import { FunctionFault, IntegrationFault } from '../../../local/engine/errors.ts';
import type { Json } from '../../../local/engine/json.ts';
import { entered, FunctionError, invokes, MACHINE, openBench, runToEnd, START, typesOf } from './harness.ts';

const outputOf = (ended: { output?: string }): Json => JSON.parse(ended.output ?? 'null');

describe('states, as the Amazon States Language has them', () => {
  it('OPS-06 runs Task, Wait, Choice, Pass and Succeed with AWS events, nine a poll round', async () => {
    let polls = 0;
    const poll = () => {
      polls += 1;
      return { done: polls === 3, polls };
    };
    const bench = openBench(
      {
        StartAt: 'Wait',
        States: {
          Wait: { Type: 'Wait', Seconds: 60, Next: 'Poll' },
          Poll: invokes('poll', { Assign: { done: '{% $states.result.Payload.done %}' }, Next: 'Done?' }),
          'Done?': {
            Type: 'Choice',
            Choices: [{ Condition: '{% $done %}', Next: 'Shape' }],
            Default: 'Wait',
          },
          Shape: {
            Type: 'Pass',
            Output: { polls: '{% $states.input.polls %}', done: '{% $done %}' },
            Next: 'End',
          },
          End: { Type: 'Succeed' },
        },
      },
      { functions: { poll } },
    );

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({
      status: 'SUCCEEDED',
      startDate: START,
      stopDate: START + 180_000,
      redriveCount: 0,
    });
    expect(outputOf(ended)).toEqual({ polls: 3, done: true });
    const types = typesOf(bench, ended.executionArn);
    expect(types.slice(0, 10)).toEqual([
      'ExecutionStarted',
      'WaitStateEntered',
      'WaitStateExited',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ChoiceStateEntered',
      'ChoiceStateExited',
    ]);
    expect(types.slice(-5)).toEqual([
      'PassStateEntered',
      'PassStateExited',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ]);
    expect(types).toHaveLength(1 + 3 * 9 + 4 + 1);
    expect(ended.stateTransitions).toBe(11);
  });

  it('OPS-06 numbers events from 1 and chains them by previousEventId, details under AWS names', async () => {
    const bench = openBench(
      {
        StartAt: 'Work',
        States: { Work: invokes('work', { Assign: { day: 'x' }, TimeoutSeconds: 9, End: true }) },
      },
      { functions: { work: () => 'done' } },
    );

    const { executionArn } = await runToEnd(bench, { a: 1 }, 'one');

    const timestamp = new Date(START).toISOString();
    const parts = { resourceType: 'lambda', resource: 'invoke' };
    const result = JSON.stringify({ ExecutedVersion: '$LATEST', Payload: 'done', StatusCode: 200 });
    expect(executionArn).toBe('arn:aws:states:eu-west-1:000000000000:execution:nightly:one');
    expect(bench.engine.history(executionArn)).toEqual([
      {
        ...{ id: 1, previousEventId: 0, timestamp, type: 'ExecutionStarted' },
        executionStartedEventDetails: {
          input: '{"a":1}',
          inputDetails: { truncated: false },
          roleArn: 'arn:aws:iam::000000000000:role/nightly',
        },
      },
      {
        ...{ id: 2, previousEventId: 0, timestamp, type: 'TaskStateEntered' },
        stateEnteredEventDetails: { name: 'Work', input: '{"a":1}', inputDetails: { truncated: false } },
      },
      {
        ...{ id: 3, previousEventId: 2, timestamp, type: 'TaskScheduled' },
        taskScheduledEventDetails: {
          ...parts,
          region: 'eu-west-1',
          parameters: '{"FunctionName":"work","Payload":{"a":1}}',
          timeoutInSeconds: 9,
        },
      },
      { id: 4, previousEventId: 3, timestamp, type: 'TaskStarted', taskStartedEventDetails: parts },
      {
        ...{ id: 5, previousEventId: 4, timestamp, type: 'TaskSucceeded' },
        taskSucceededEventDetails: { ...parts, output: result },
      },
      {
        ...{ id: 6, previousEventId: 5, timestamp, type: 'TaskStateExited' },
        stateExitedEventDetails: {
          name: 'Work',
          output: '"done"',
          outputDetails: { truncated: false },
          assignedVariables: { day: '"x"' },
          assignedVariablesDetails: { truncated: false },
        },
      },
      {
        ...{ id: 7, previousEventId: 6, timestamp, type: 'ExecutionSucceeded' },
        executionSucceededEventDetails: { output: '"done"', outputDetails: { truncated: false } },
      },
    ]);
  });

  it('OPS-06 Task without Arguments passes its input, without Output its result', async () => {
    const seen: Json[] = [];
    const bench = openBench(
      {
        StartAt: 'Publish',
        States: { Publish: { Type: 'Task', Resource: 'arn:aws:states:::sns:publish', End: true } },
      },
      {
        integrations: {
          'arn:aws:states:::sns:publish': async (input) => {
            seen.push(input);
            return { MessageId: 'm-1' };
          },
        },
      },
    );

    const ended = await runToEnd(bench, { TopicArn: 't', Message: '{% $states.input %}' });

    expect(seen).toEqual([{ TopicArn: 't', Message: '{% $states.input %}' }]);
    expect(outputOf(ended)).toEqual({ MessageId: 'm-1' });
  });

  it('OPS-06 an integration fails under the error name that it gives', async () => {
    const resource = 'arn:aws:states:::aws-sdk:dynamodb:getItem';
    const bench = openBench(
      { StartAt: 'Get', States: { Get: { Type: 'Task', Resource: resource, Arguments: {}, End: true } } },
      {
        integrations: {
          [resource]: () =>
            Promise.reject(new IntegrationFault('DynamoDb.ResourceNotFoundException', 'no table')),
        },
      },
    );

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({
      status: 'FAILED',
      error: 'DynamoDb.ResourceNotFoundException',
      cause: 'no table',
    });
    const failed = bench.engine.history(ended.executionArn).find((event) => event.type === 'TaskFailed');
    expect(failed?.taskFailedEventDetails).toMatchObject({
      resourceType: 'aws-sdk:dynamodb',
      resource: 'getItem',
    });
  });

  it('ALL-10 a function that throws fails the Task under its error name, the cause as JSON', async () => {
    const bench = openBench(
      { StartAt: 'Work', States: { Work: invokes('work', { End: true }) } },
      {
        functions: {
          work: () => {
            throw new FunctionError('ScopeMissing', 'no scope');
          },
        },
      },
    );

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'ScopeMissing' });
    expect(JSON.parse(ended.cause ?? '')).toEqual({
      errorType: 'ScopeMissing',
      errorMessage: 'no scope',
      trace: [],
    });
    expect(typesOf(bench, ended.executionArn).slice(-2)).toEqual(['TaskFailed', 'ExecutionFailed']);
  });

  it.each([
    'Sandbox.Timedout',
    'Runtime.ExitError',
    'Runtime.OutOfMemory',
    'Lambda.TooManyRequestsException',
  ])('ALL-10 a platform fault fails the Task as %s', async (name) => {
    const bench = openBench(
      { StartAt: 'Work', States: { Work: invokes('work', { End: true }) } },
      { invokeFunction: () => Promise.reject(new FunctionFault(name, 'the platform said so')) },
    );

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: name, cause: 'the platform said so' });
  });

  it('ALL-10 what the platform throws without a name fails the Task as Lambda.Unknown', async () => {
    const bench = openBench(
      { StartAt: 'Work', States: { Work: invokes('work', { End: true }) } },
      { invokeFunction: () => Promise.reject(new TypeError('a defect')) },
    );

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'Lambda.Unknown' });
  });

  it('OPS-06 Choice takes the first rule that holds, with the Assign and Output of the rule', async () => {
    const rule = (Condition: string, mark: string) => ({
      Condition,
      Next: 'Show',
      Assign: { rule: mark },
      Output: { from: mark },
    });
    const bench = openBench({
      StartAt: 'Pick',
      States: {
        Pick: {
          Type: 'Choice',
          Choices: [rule('{% $states.input.n > 10 %}', 'first'), rule('{% $states.input.n > 5 %}', 'second')],
          Default: 'Show',
          Assign: { rule: 'none' },
          Output: { from: 'default' },
        },
        Show: { Type: 'Pass', Output: { rule: '{% $rule %}', from: '{% $states.input.from %}' }, End: true },
      },
    });

    const [both, one, none] = [
      await runToEnd(bench, { n: 11 }),
      await runToEnd(bench, { n: 6 }),
      await runToEnd(bench, { n: 1 }),
    ];

    expect(outputOf(both)).toEqual({ rule: 'first', from: 'first' });
    expect(outputOf(one)).toEqual({ rule: 'second', from: 'second' });
    expect(outputOf(none)).toEqual({ rule: 'none', from: 'default' });
  });

  it('OPS-06 Choice without a rule that holds and without Default is States.NoChoiceMatched', async () => {
    const bench = openBench({
      StartAt: 'Pick',
      States: {
        Pick: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'End' }] },
        End: { Type: 'Succeed' },
      },
    });

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
  });

  it('OPS-06 Choice with a condition that is no boolean is States.QueryEvaluationError', async () => {
    const bench = openBench({
      StartAt: 'Pick',
      States: {
        Pick: { Type: 'Choice', Choices: [{ Condition: "{% 'yes' %}", Next: 'End' }] },
        End: { Type: 'Succeed' },
      },
    });

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });

  it.each([
    ['literal seconds', { Seconds: 90 }, 90_000],
    ['seconds by expression', { Seconds: '{% $states.input.seconds %}' }, 30_000],
    ['a literal timestamp', { Timestamp: '2024-05-15T03:10:00Z' }, 600_000],
    ['a timestamp by expression, with an offset', { Timestamp: '{% $states.input.until %}' }, 1_200_000],
    [
      'a timestamp up to its seconds, without the milliseconds,',
      { Timestamp: '2024-05-15T03:10:00.999Z' },
      600_000,
    ],
    ['a timestamp that has passed', { Timestamp: '2024-05-15T02:00:00Z' }, 0],
  ])('CDR-03 Wait lasts as %s says', async (_, fields, milliseconds) => {
    const bench = openBench({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', ...fields, End: true } } });

    const ended = await runToEnd(bench, { seconds: 30, until: '2024-05-15T05:20:00+02:00' });

    expect(ended).toMatchObject({ status: 'SUCCEEDED', stopDate: START + milliseconds });
  });

  it.each([
    ['a fraction', { Seconds: '{% 1.5 %}' }],
    ['a negative number', { Seconds: '{% -1 %}' }],
    ['a string', { Seconds: "{% '5' %}" }],
    ['a date that is no timestamp', { Timestamp: "{% '2024-05-15' %}" }],
  ])('OPS-06 Wait for %s is States.QueryEvaluationError', async (_, fields) => {
    const bench = openBench({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', ...fields, End: true } } });

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });

  it('ALL-10 Fail ends the execution with its error and cause, without an exit', async () => {
    const bench = openBench({
      StartAt: 'Fail',
      States: {
        Fail: { Type: 'Fail', Error: "{% 'Windows' & 'Failed' %}", Cause: '{% $states.input.why %}' },
      },
    });

    const ended = await runToEnd(bench, { why: 'two days' });

    expect(ended).toMatchObject({ status: 'FAILED', error: 'WindowsFailed', cause: 'two days' });
    expect(typesOf(bench, ended.executionArn)).toEqual([
      'ExecutionStarted',
      'FailStateEntered',
      'ExecutionFailed',
    ]);
  });

  it('OPS-06 Succeed ends the execution with its Output', async () => {
    const bench = openBench({
      StartAt: 'End',
      States: { End: { Type: 'Succeed', Output: { n: '{% $states.input.n + 1 %}' } } },
    });

    const ended = await runToEnd(bench, { n: 1 });

    expect(outputOf(ended)).toEqual({ n: 2 });
  });

  it('OPS-06 startExecution.sync:2 waits for the other machine on the same clock and parses its output', async () => {
    const child = 'arn:aws:states:eu-west-1:000000000000:stateMachine:other';
    const bench = openBench(
      {
        StartAt: 'Call',
        States: {
          Call: {
            Type: 'Task',
            Resource: 'arn:aws:states:::states:startExecution.sync:2',
            Arguments: { StateMachineArn: child, Input: { n: 1 }, Name: 'inner' },
            Output: '{% $states.result %}',
            End: true,
          },
        },
      },
      {
        machines: {
          other: {
            StartAt: 'Wait',
            States: {
              Wait: { Type: 'Wait', Seconds: 3_600, Next: 'End' },
              End: { Type: 'Succeed', Output: '{% $states.input.n + 41 %}' },
            },
          },
        },
      },
    );

    const ended = await runToEnd(bench);

    expect(outputOf(ended)).toMatchObject({
      Output: 42,
      Input: { n: 1 },
      Name: 'inner',
      Status: 'SUCCEEDED',
    });
    expect(ended.stopDate).toBe(START + 3_600_000);
    expect(typesOf(bench, ended.executionArn)).toContain('TaskSubmitted');
    expect(bench.engine.list(child)).toHaveLength(1);
  });

  it('OPS-06 startExecution.sync:2 fails as States.TaskFailed with the description of the failed execution', async () => {
    const child = 'arn:aws:states:eu-west-1:000000000000:stateMachine:other';
    const bench = openBench(
      {
        StartAt: 'Call',
        States: {
          Call: {
            Type: 'Task',
            Resource: 'arn:aws:states:::states:startExecution.sync:2',
            Arguments: { StateMachineArn: child },
            End: true,
          },
        },
      },
      {
        machines: {
          other: {
            StartAt: 'Fail',
            States: { Fail: { Type: 'Fail', Error: 'Inner', Cause: 'inner cause' } },
          },
        },
      },
    );

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
    expect(JSON.parse(ended.cause ?? '')).toMatchObject({
      Status: 'FAILED',
      Error: 'Inner',
      Cause: 'inner cause',
    });
  });

  it('OPS-06 the states of a group may be entered many times', async () => {
    const bench = openBench({
      StartAt: 'Count',
      States: {
        Count: { Type: 'Pass', Output: '{% $states.input + 1 %}', Next: 'Enough?' },
        'Enough?': {
          Type: 'Choice',
          Choices: [{ Condition: '{% $states.input >= 4 %}', Next: 'End' }],
          Default: 'Count',
        },
        End: { Type: 'Succeed' },
      },
    });

    const ended = await runToEnd(bench, 0);

    expect(outputOf(ended)).toBe(4);
    expect(entered(bench.engine.history(ended.executionArn)).filter((name) => name === 'Count')).toHaveLength(
      4,
    );
    expect(bench.engine.list(MACHINE)).toHaveLength(1);
  });
});
