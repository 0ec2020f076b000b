import { describe, expect, it } from 'vitest';
import type { Json } from '../../../local/engine/json.ts';
import { FunctionError, invokes, openBench, runToEnd, START, typesOf } from './harness.ts';

const pass = (Output: Json, rest: object = {}) => ({
  StartAt: 'Pass',
  States: { Pass: { Type: 'Pass', Output, End: true, ...rest } },
});
const outputOf = (ended: { output?: string }): Json => JSON.parse(ended.output ?? 'null');

describe('data: JSONata, variables, context and limits', () => {
  it.each<[string, string, Json]>([
    ['$partition', '$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$range', '$range(1, 9, 2)', [1, 3, 5, 7, 9]],
    ['$range downwards', '$range(3, 1, -1)', [3, 2, 1]],
    ['$hash', "$hash('abc', 'SHA-256')", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['$hash MD5', "$hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
    ['$parse', '$parse(\'{"a":[1]}\')', { a: [1] }],
    ['$random without a seed', '$random()', 0.5],
    ['$random with a seed, always the same', '$random(7) = $random(7) and $random(7) != $random(8)', true],
    [
      '$uuid, version 4',
      '$contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)',
      true,
    ],
    ['$now by the engine’s clock', '$now()', '2024-05-15T03:00:00.000Z'],
    ['$now with a picture', "$now('[Y0001]-[M01]-[D01]')", '2024-05-15'],
    ['$millis by the engine’s clock', '$millis()', START],
  ])('OPS-06 has %s', async (_, expression, expected) => {
    const bench = openBench(pass(`{% ${expression} %}`));

    const ended = await runToEnd(bench);

    expect(outputOf(ended)).toEqual(expected);
  });

  it.each([
    ['an undefined result', '$states.input.missing', 'returned nothing (undefined)'],
    ['a type error', "1 + 'x'", 'T2002'],
    ['a function as result', 'function($a) { $a }', 'a function'],
    ['a built-in function in the result', '[$sum]', 'a function'],
    ['$range of more than 1,000', '$range(1, 2000, 1)', 'at most 1000'],
    ['$hash with an unknown algorithm', "$hash('a', 'CRC')", 'must be one of'],
    ['$partition by 0', '$partition([1], 0)', 'at least 1'],
  ])('ALL-10 fails %s as States.QueryEvaluationError and says where', async (_, expression, words) => {
    const bench = openBench(pass({ day: `{% ${expression} %}` }));

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect(ended.cause).toContain(words);
    expect(ended.cause).toMatch(
      /^An error occurred while executing the state 'Pass' \(entered at the event id #2\)\./,
    );
    const failed = bench.engine
      .history(ended.executionArn)
      .find((event) => event.type === 'EvaluationFailed');
    expect(failed?.evaluationFailedEventDetails).toMatchObject({
      error: 'States.QueryEvaluationError',
      location: 'Output/day',
      state: 'Pass',
    });
  });

  it('OPS-06 sheds JSONata’s sequences: a result is plain JSON', async () => {
    const bench = openBench(pass('{% $states.input.rows[n > 1].n %}'));

    const many = await runToEnd(bench, { rows: [{ n: 1 }, { n: 2 }, { n: 3 }] });
    const single = await runToEnd(bench, { rows: [{ n: 1 }, { n: 2 }] });

    expect(many.output).toBe('[2,3]');
    expect(single.output).toBe('2');
  });

  it('OPS-06 leaves out a key without a value inside an expression’s object', async () => {
    const bench = openBench(pass("{% { 'a': 1, 'b': $states.input.missing } %}"));

    const ended = await runToEnd(bench);

    expect(ended.output).toBe('{"a":1}');
  });

  it('OPS-06 evaluates only the definition’s strings, never what the data brings', async () => {
    const bench = openBench({
      StartAt: 'Each',
      States: {
        Each: {
          Type: 'Map',
          ItemProcessor: { StartAt: 'Show', States: { Show: { Type: 'Pass', End: true } } },
          End: true,
        },
      },
    });

    const ended = await runToEnd(bench, ['{% 1 + 1 %}']);

    expect(outputOf(ended)).toEqual(['{% 1 + 1 %}']);
  });

  it('OPS-06 assigns in parallel: every expression sees the variables as they were before the state', async () => {
    const bench = openBench({
      StartAt: 'Set',
      States: {
        Set: { Type: 'Pass', Assign: { x: 3, a: 6 }, Next: 'Swap' },
        Swap: { Type: 'Pass', Assign: { x: '{% $a %}', a: '{% $x %}' }, Output: '{% $x %}', Next: 'Show' },
        Show: {
          Type: 'Pass',
          Output: { before: '{% $states.input %}', x: '{% $x %}', a: '{% $a %}' },
          End: true,
        },
      },
    });

    const ended = await runToEnd(bench);

    expect(outputOf(ended)).toEqual({ before: 3, x: 6, a: 3 });
  });

  it('OPS-06 $states.input stays the original input of the state', async () => {
    const bench = openBench(
      {
        StartAt: 'Work',
        States: { Work: invokes('work', { Output: '{% $states.input.kept %}', End: true }) },
      },
      { functions: { work: () => ({ kept: 'no' }) } },
    );

    const ended = await runToEnd(bench, { kept: 'yes' });

    expect(outputOf(ended)).toBe('yes');
  });

  it('OPS-06 the context has Execution, StateMachine and State, without RedriveCount on a first attempt', async () => {
    const bench = openBench(
      pass({
        context: '{% $states.context %}',
        redriven: '{% $exists($states.context.Execution.RedriveCount) %}',
      }),
    );

    const ended = await runToEnd(bench, { a: 1 }, 'one');

    const time = new Date(START).toISOString();
    expect(outputOf(ended)).toEqual({
      redriven: false,
      context: {
        Execution: {
          Id: 'arn:aws:states:eu-west-1:000000000000:execution:nightly:one',
          Input: { a: 1 },
          Name: 'one',
          RoleArn: 'arn:aws:iam::000000000000:role/nightly',
          StartTime: time,
        },
        StateMachine: { Id: 'arn:aws:states:eu-west-1:000000000000:stateMachine:nightly', Name: 'nightly' },
        State: { Name: 'Pass', EnteredTime: time, RetryCount: 0 },
      },
    });
  });

  it('ALL-17 an output over 256 KiB is States.DataLimitExceeded', async () => {
    const bench = openBench(pass("{% $pad('', 262143) %}"));

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('ALL-17 an output of exactly 256 KiB is passed on', async () => {
    const bench = openBench(pass("{% $pad('', 262142) %}"));

    const ended = await runToEnd(bench);

    expect(ended.status).toBe('SUCCEEDED');
  });

  it('ALL-17 a function’s result over 256 KiB fails its Task as States.DataLimitExceeded, which only its own name catches', async () => {
    const work = () => 'x'.repeat(262_144);
    const machine = (...errors: string[]) => ({
      StartAt: 'Work',
      States: {
        Work: invokes('work', { Output: 1, Catch: [{ ErrorEquals: errors, Next: 'Caught' }], End: true }),
        Caught: { Type: 'Succeed' },
      },
    });

    const wildcard = await runToEnd(openBench(machine('States.ALL'), { functions: { work } }));
    const named = await runToEnd(openBench(machine('States.DataLimitExceeded'), { functions: { work } }));

    expect(wildcard).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect(named.status).toBe('SUCCEEDED');
  });

  it('ALL-17 assigning over 256 KiB is States.DataLimitExceeded', async () => {
    const bench = openBench(pass(1, { Assign: { big: "{% $pad('', 262144) %}" } }));

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('ALL-10 the history has at most 25,000 events: the last one is the failure', async () => {
    const bench = openBench({
      StartAt: 'A',
      States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } },
    });

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.Runtime', events: 25_000 });
    expect(ended.cause).toBe('The execution reached the maximum number of history events (25000).');
    expect(ended).toMatchObject({
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution history event limit exceeded',
    });
    expect(typesOf(bench, ended.executionArn).at(-1)).toBe('ExecutionFailed');
  });

  it('OPS-06 errorOutput carries Error and Cause into the catcher’s Assign and Output', async () => {
    const bench = openBench(
      {
        StartAt: 'Work',
        States: {
          Work: invokes('work', {
            Assign: { never: 1 },
            Catch: [
              {
                ErrorEquals: ['Broken'],
                Assign: { error: '{% $states.errorOutput.Error %}' },
                Output: {
                  cause: '{% $parse($states.errorOutput.Cause).errorMessage %}',
                  kept: '{% $states.input.kept %}',
                },
                Next: 'Show',
              },
            ],
            End: true,
          }),
          Show: { Type: 'Pass', Output: { error: '{% $error %}', input: '{% $states.input %}' }, End: true },
        },
      },
      {
        functions: {
          work: () => {
            throw new FunctionError('Broken', 'in two');
          },
        },
      },
    );

    const ended = await runToEnd(bench, { kept: 7 });

    expect(outputOf(ended)).toEqual({ error: 'Broken', input: { cause: 'in two', kept: 7 } });
    expect(typesOf(bench, ended.executionArn).slice(4, 7)).toEqual([
      'TaskFailed',
      'TaskStateExited',
      'PassStateEntered',
    ]);
  });

  it('OPS-06 a catcher without Output passes the error output on', async () => {
    const bench = openBench(
      {
        StartAt: 'Work',
        States: {
          Work: invokes('work', {
            TimeoutSeconds: 5,
            Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'End' }],
            End: true,
          }),
          End: { Type: 'Succeed' },
        },
      },
      { functions: { work: (_, { clock }) => clock.sleep(60_000) } },
    );

    const ended = await runToEnd(bench);

    expect(outputOf(ended)).toEqual({ Error: 'States.Timeout' });
  });
});
