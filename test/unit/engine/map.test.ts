import { describe, expect, it } from 'vitest';
import type { Json } from '../../../local/engine/json.ts';
import { FunctionError, invokes, openBench, runToEnd, START, typesOf } from './harness.ts';

const outputOf = (ended: { output?: string }): Json => JSON.parse(ended.output ?? 'null');

const mapOf = (states: object, rest: object = {}, before: object = {}) => ({
  StartAt: 'Before',
  States: {
    Before: { Type: 'Pass', ...before, Next: 'Each' },
    Each: {
      Type: 'Map',
      Items: '{% $states.input.items %}',
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'One', States: states },
      End: true,
      ...rest,
    },
  },
});

describe('inline Map', () => {
  it('OPS-06 runs an iteration an item and gives the outputs in the items’ order', async () => {
    const sleepy = async (payload: Json, { clock }: { clock: { sleep(ms: number): Promise<void> } }) => {
      await clock.sleep(Number(payload) * 1_000);
      return Number(payload) * 10;
    };
    const bench = openBench(mapOf({ One: invokes('sleepy', { End: true }) }), { functions: { sleepy } });

    const ended = await runToEnd(bench, { items: [3, 1, 2] });

    expect(outputOf(ended)).toEqual([30, 10, 20]);
    expect(ended.stopDate).toBe(START + 3_000);
  });

  it('OPS-06 ItemSelector shapes each item, with Map.Item in the context, there and in the states', async () => {
    const item = '$states.context.Map.Item';
    const bench = openBench(
      mapOf(
        {
          One: {
            Type: 'Pass',
            Output: { input: '{% $states.input %}', index: `{% ${item}.Index %}` },
            End: true,
          },
        },
        {
          ItemSelector: {
            part: `{% ${item}.Value.n %}`,
            day: '{% $states.input.day %}',
            outer: '{% $outer %}',
          },
        },
        { Assign: { outer: 'seen' } },
      ),
    );

    const ended = await runToEnd(bench, { day: 'd', items: [{ n: 1 }, { n: 2 }] });

    expect(outputOf(ended)).toEqual([
      { input: { part: 1, day: 'd', outer: 'seen' }, index: 0 },
      { input: { part: 2, day: 'd', outer: 'seen' }, index: 1 },
    ]);
  });

  it('OPS-06 iterations see outer variables and keep their own to themselves', async () => {
    const bench = openBench(
      mapOf(
        {
          One: { Type: 'Pass', Assign: { own: '{% $states.input & $outer %}' }, Next: 'Two' },
          Two: { Type: 'Pass', Output: '{% $own %}', End: true },
        },
        {},
        { Assign: { outer: '!' } },
      ),
    );

    const ended = await runToEnd(bench, { items: ['a', 'b'] });

    expect(outputOf(ended)).toEqual(['a!', 'b!']);
  });

  it.each([
    ['MaxConcurrency', { MaxConcurrency: 2 }, 2],
    ['MaxConcurrency by expression', { MaxConcurrency: '{% $states.input.most %}' }, 3],
    ['40 where none is given', {}, 40],
  ])('OPS-06 has at most %s iterations under way', async (_, fields, most) => {
    let running = 0;
    let peak = 0;
    const work = async (__: Json, { clock }: { clock: { sleep(ms: number): Promise<void> } }) => {
      running += 1;
      peak = Math.max(peak, running);
      await clock.sleep(1_000);
      running -= 1;
      return 1;
    };
    const bench = openBench(mapOf({ One: invokes('work', { End: true }) }, fields), { functions: { work } });

    await runToEnd(bench, { most: 3, items: Array.from({ length: 50 }, (__, index) => index) });

    expect(peak).toBe(most);
  });

  it('OPS-06 an iteration that fails aborts the others and fails the Map', async () => {
    const bench = openBench(
      mapOf({
        One: {
          Type: 'Choice',
          Choices: [{ Condition: '{% $states.input = 2 %}', Next: 'Bad' }],
          Default: 'Wait',
        },
        Wait: { Type: 'Wait', Seconds: 500, End: true },
        Bad: { Type: 'Fail', Error: 'Bad', Cause: 'two' },
      }),
    );

    const ended = await runToEnd(bench, { items: [1, 2] });

    expect(ended).toMatchObject({ status: 'FAILED', error: 'Bad', cause: 'two', stopDate: START });
    const types = typesOf(bench, ended.executionArn);
    expect(types.slice(types.indexOf('MapIterationFailed'))).toEqual([
      'MapIterationFailed',
      'WaitStateAborted',
      'MapIterationAborted',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  it('OPS-06 Retry runs the whole Map again, Catch goes on from it', async () => {
    let calls = 0;
    const work = () => {
      calls += 1;
      throw new FunctionError('Broken');
    };
    const bench = openBench(
      {
        StartAt: 'Before',
        States: {
          ...mapOf(
            { One: invokes('work', { End: true }) },
            {
              MaxConcurrency: 1,
              Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 2 }],
              Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
            },
          ).States,
          Caught: { Type: 'Pass', Output: '{% $states.input.Error %}', End: true },
        },
      },
      { functions: { work } },
    );

    const ended = await runToEnd(bench, { items: [1, 2] });

    expect(outputOf(ended)).toBe('Broken');
    expect(calls).toBe(3);
    expect(typesOf(bench, ended.executionArn).filter((type) => type === 'MapStateFailed')).toHaveLength(1);
  });

  it('OPS-06 records start, length and the iterations by name and index', async () => {
    const bench = openBench(mapOf({ One: { Type: 'Pass', End: true } }));

    const ended = await runToEnd(bench, { items: ['a'] });

    const events = bench.engine.history(ended.executionArn).slice(3);
    expect(events.map((event) => event.type)).toEqual([
      ...['MapStateEntered', 'MapStateStarted', 'MapIterationStarted', 'PassStateEntered', 'PassStateExited'],
      ...['MapIterationSucceeded', 'MapStateSucceeded', 'MapStateExited', 'ExecutionSucceeded'],
    ]);
    expect(events[1]?.mapStateStartedEventDetails).toEqual({ length: 1 });
    expect(events[2]?.mapIterationStartedEventDetails).toEqual({ name: 'Each', index: 0 });
    expect(events.map((event) => event.previousEventId)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('OPS-06 nests', async () => {
    const inner = {
      Type: 'Map',
      Items: '{% $states.input %}',
      ItemProcessor: {
        StartAt: 'Deep',
        States: { Deep: { Type: 'Pass', Output: '{% $states.input * 2 %}', End: true } },
      },
      End: true,
    };
    const bench = openBench(mapOf({ One: inner }));

    const ended = await runToEnd(bench, { items: [[1, 2], [3], []] });

    expect(outputOf(ended)).toEqual([[2, 4], [6], []]);
  });

  it.each([
    ['a string', 'x'],
    ['an object', { a: 1 }],
  ])('OPS-06 Items that are %s are States.QueryEvaluationError', async (_, items) => {
    const bench = openBench(mapOf({ One: { Type: 'Pass', End: true } }));

    const ended = await runToEnd(bench, { items });

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });
});
