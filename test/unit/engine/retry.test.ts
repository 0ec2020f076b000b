import { describe, expect, it } from 'vitest';
import type { Json } from '../../../local/engine/json.ts';
import { delayBefore, matches } from '../../../local/engine/retry.ts';
import { FunctionError, invokes, openBench, runToEnd, START, typesOf } from './harness.ts';

const outputOf = (ended: { output?: string }): Json => JSON.parse(ended.output ?? 'null');

/** A function that fails with the given names, call by call, and then succeeds. */
function failing(...names: string[]) {
  const calls: number[] = [];
  const work = (_: Json, { clock }: { clock: { now(): number } }) => {
    calls.push(clock.now() - START);
    const name = names[calls.length - 1];
    if (name !== undefined) throw new FunctionError(name);
    return calls.length;
  };
  return { work, calls };
}

const machine = (rest: object) => ({
  StartAt: 'Work',
  States: { Work: invokes('work', { ...rest, End: true }), Caught: { Type: 'Succeed', Output: 'caught' } },
});
const reachable = { Catch: [{ ErrorEquals: ['Never'], Next: 'Caught' }] };

describe('Retry and Catch', () => {
  it('ALL-09 retries after IntervalSeconds × BackoffRate, at most MaxDelaySeconds', async () => {
    const { work, calls } = failing('Server', 'Server', 'Server', 'Server');
    const retry = {
      ErrorEquals: ['Server'],
      IntervalSeconds: 2,
      BackoffRate: 3,
      MaxAttempts: 5,
      MaxDelaySeconds: 10,
    };
    const bench = openBench(machine({ Retry: [retry], ...reachable }), { functions: { work } });

    const ended = await runToEnd(bench);

    expect(calls).toEqual([0, 2_000, 8_000, 18_000, 28_000]);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', stateTransitions: 5 });
  });

  it('OPS-06 retries three times after 1, 2 and 4 seconds by default, then fails', async () => {
    const { work, calls } = failing('A', 'A', 'A', 'A', 'A');
    const bench = openBench(machine({ Retry: [{ ErrorEquals: ['A'] }], ...reachable }), {
      functions: { work },
    });

    const ended = await runToEnd(bench);

    expect(calls).toEqual([0, 1_000, 3_000, 7_000]);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'A' });
  });

  it('OPS-06 records each attempt with TaskScheduled, TaskStarted, TaskFailed, the entry only once', async () => {
    const { work } = failing('A');
    const bench = openBench(machine({ Retry: [{ ErrorEquals: ['A'] }], ...reachable }), {
      functions: { work },
    });

    const ended = await runToEnd(bench);

    const attempt = ['TaskScheduled', 'TaskStarted'];
    expect(typesOf(bench, ended.executionArn)).toEqual([
      ...['ExecutionStarted', 'TaskStateEntered', ...attempt, 'TaskFailed', ...attempt, 'TaskSucceeded'],
      ...['TaskStateExited', 'ExecutionSucceeded'],
    ]);
  });

  it('ALL-08 draws the delay between 0 and its bound with JitterStrategy FULL', async () => {
    const { work, calls } = failing('A', 'A');
    const retry = { ErrorEquals: ['A'], IntervalSeconds: 10, JitterStrategy: 'FULL' };
    const bench = openBench(machine({ Retry: [retry], ...reachable }), {
      functions: { work },
      random: () => 0.25,
    });

    await runToEnd(bench);

    expect(calls).toEqual([0, 2_500, 7_500]);
  });

  it('OPS-06 counts attempts by retrier; the first that matches decides, also when it is used up', async () => {
    const { work, calls } = failing('A', 'B', 'A', 'A');
    const Retry = [
      { ErrorEquals: ['A'], MaxAttempts: 2, IntervalSeconds: 1, BackoffRate: 1 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 1, IntervalSeconds: 5 },
    ];
    const bench = openBench(machine({ Retry, ...reachable }), { functions: { work } });

    const ended = await runToEnd(bench);

    expect(calls).toEqual([0, 1_000, 6_000, 7_000]);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'A' });
  });

  it('OPS-06 MaxAttempts 0 never retries', async () => {
    const { work, calls } = failing('A');
    const bench = openBench(
      machine({
        Retry: [{ ErrorEquals: ['A'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }],
        ...reachable,
      }),
      { functions: { work } },
    );

    await runToEnd(bench);

    expect(calls).toHaveLength(1);
  });

  it('OPS-06 evaluates the arguments anew for each attempt, which sees its RetryCount', async () => {
    const seen: Json[] = [];
    const work = (payload: Json) => {
      seen.push(payload);
      if (seen.length < 3) throw new FunctionError('A');
    };
    const Arguments = { FunctionName: 'work', Payload: '{% $states.context.State.RetryCount %}' };
    const bench = openBench(
      machine({ Arguments, Output: 1, Retry: [{ ErrorEquals: ['A'] }], ...reachable }),
      { functions: { work } },
    );

    await runToEnd(bench);

    expect(seen).toEqual([0, 1, 2]);
  });

  it('OPS-06 tries Retry before Catch, and the catchers in their order', async () => {
    const { work, calls } = failing('A', 'A');
    const Catch = [
      { ErrorEquals: ['B'], Next: 'Caught', Output: 'b' },
      { ErrorEquals: ['A', 'C'], Next: 'Caught', Output: 'a' },
      { ErrorEquals: ['States.ALL'], Next: 'Caught', Output: 'all' },
    ];
    const states = machine({ Retry: [{ ErrorEquals: ['A'], MaxAttempts: 1 }], Catch }).States;
    const bench = openBench(
      { StartAt: 'Work', States: { ...states, Caught: { Type: 'Succeed' } } },
      { functions: { work } },
    );

    const ended = await runToEnd(bench);

    expect(calls).toHaveLength(2);
    expect(outputOf(ended)).toBe('a');
  });

  it('OPS-06 retries and catches a failed evaluation of Arguments or Output', async () => {
    let calls = 0;
    const work = () => {
      calls += 1;
      return calls === 1 ? {} : { day: 1 };
    };
    const rest = {
      Output: '{% $states.result.Payload.day %}',
      Retry: [{ ErrorEquals: ['States.QueryEvaluationError'] }],
      ...reachable,
    };
    const bench = openBench(machine(rest), { functions: { work } });

    const ended = await runToEnd(bench);

    expect(outputOf(ended)).toBe(1);
    expect(typesOf(bench, ended.executionArn)).toContain('EvaluationFailed');
  });

  it.each([
    [['States.ALL'], 'Anything', true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.ALL'], 'States.Runtime', false],
    [['States.Runtime'], 'States.Runtime', false],
    [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
    [['States.TaskFailed'], 'Anything', true],
    [['States.TaskFailed'], 'Sandbox.Timedout', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['States.TaskFailed'], 'States.DataLimitExceeded', false],
    [['States.Timeout'], 'States.Timeout', true],
    [['Lambda.Unknown', 'Other'], 'Other', true],
    [['other'], 'Other', false],
    [['States.ALL'], undefined, true],
  ])('OPS-06 ErrorEquals %j matches %s: %s', (errors, error, expected) => {
    const matched = matches(errors, error);

    expect(matched).toBe(expected);
  });

  it('OPS-06 never delays longer than the bound, whatever the attempt', () => {
    const retrier = {
      ErrorEquals: ['A'],
      IntervalSeconds: 3,
      BackoffRate: 2,
      MaxAttempts: 9,
      MaxDelaySeconds: 20,
      JitterStrategy: 'NONE' as const,
    };

    const delays = [1, 2, 3, 4, 5].map((attempt) => delayBefore(retrier, attempt, () => 1));

    expect(delays).toEqual([3, 6, 12, 20, 20]);
  });
});

describe('time-outs', () => {
  it('OPS-06 a Task past its TimeoutSeconds is States.Timeout without a cause, and its work is told', async () => {
    let told: unknown;
    const work = async (
      _: Json,
      { clock, signal }: { clock: { sleep(ms: number): Promise<void> }; signal: AbortSignal },
    ) => {
      signal.addEventListener('abort', () => {
        told = 'aborted';
      });
      await clock.sleep(3_600_000);
    };
    const bench = openBench(machine({ TimeoutSeconds: 60, ...reachable }), { functions: { work } });

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.Timeout', stopDate: START + 60_000 });
    expect(ended.cause).toBeUndefined();
    expect(typesOf(bench, ended.executionArn).slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed']);
    expect(told).toBe('aborted');
  });

  it('OPS-06 a function that is really working is not timed out while others’ waits are skipped', async () => {
    const turns = async () => {
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return 'worked';
    };
    const bench = openBench(
      {
        StartAt: 'Both',
        States: {
          Both: {
            Type: 'Map',
            Items: ['wait', 'work'],
            ItemProcessor: {
              StartAt: 'Which',
              States: {
                Which: {
                  Type: 'Choice',
                  Choices: [{ Condition: "{% $states.input = 'work' %}", Next: 'Work' }],
                  Default: 'Wait',
                },
                Wait: { Type: 'Wait', Seconds: 86_400, End: true },
                Work: invokes('work', { TimeoutSeconds: 5, End: true }),
              },
            },
            End: true,
          },
        },
      },
      { functions: { work: turns } },
    );

    const ended = await runToEnd(bench);

    expect(outputOf(ended)).toEqual(['wait', 'worked']);
    expect(ended.stopDate).toBe(START + 86_400_000);
  });

  it('OPS-06 TimeoutSeconds may be an expression', async () => {
    const work = (_: Json, { clock }: { clock: { sleep(ms: number): Promise<void> } }) =>
      clock.sleep(3_600_000);
    const bench = openBench(machine({ TimeoutSeconds: '{% $states.input.limit %}', ...reachable }), {
      functions: { work },
    });

    const ended = await runToEnd(bench, { limit: 7 });

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.Timeout', stopDate: START + 7_000 });
  });

  it('ALL-10 a machine past its TimeoutSeconds is TIMED_OUT, with neither error nor cause', async () => {
    const bench = openBench({
      TimeoutSeconds: 100,
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', Seconds: 1_000, End: true } },
    });

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({
      status: 'TIMED_OUT',
      stopDate: START + 100_000,
      redriveStatus: 'REDRIVABLE',
    });
    expect([ended.error, ended.cause]).toEqual([undefined, undefined]);
    expect(typesOf(bench, ended.executionArn).at(-1)).toBe('ExecutionTimedOut');
  });
});
