import { describe, expect, it } from 'vitest';
import { invokes, openBench, runToEnd, START, typesOf } from './harness.ts';

describe('states', () => {
  it('runs Task, Wait, Choice, Pass and Succeed with AWS events and nine events a poll round', async () => {
    let polls = 0;
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
      {
        functions: {
          poll: () => {
            polls += 1;
            return { done: polls === 3, polls };
          },
        },
      },
    );

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({
      status: 'SUCCEEDED',
      startDate: START,
      stopDate: START + 180_000,
      redriveCount: 0,
    });
    expect(JSON.parse(ended.output ?? '')).toEqual({ polls: 3, done: true });
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
});
