import { describe, expect, it } from 'vitest';
import { DefinitionRefused } from '../../../local/engine/errors.ts';
import { loadMachine, OWN_RESOURCES } from '../../../local/engine/load.ts';
import { invokes, MACHINE } from './harness.ts';

const resources = new Set<string>(OWN_RESOURCES);

/** The problems that loading finds. */
function problemsOf(definition: unknown): readonly string[] {
  const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
  try {
    loadMachine({ arn: MACHINE, name: 'nightly', definition: text }, resources);
    return [];
  } catch (error) {
    if (error instanceof DefinitionRefused) return error.problems;
    throw error;
  }
}

const machine = (states: object, startAt = 'First') => ({
  QueryLanguage: 'JSONata',
  StartAt: startAt,
  States: states,
});
const end = { Type: 'Succeed' };

describe('definitions refused at load', () => {
  it.each([
    ['text that is not JSON', 'no json', ['(whole): must be JSON']],
    [
      'the JSONPath dialect',
      { StartAt: 'First', States: { First: end } },
      ['States.First.QueryLanguage: must be JSONata, is JSONPath'],
    ],
    [
      'a state that is in JSONPath',
      machine({ First: { ...end, QueryLanguage: 'JSONPath' } }),
      ['States.First.QueryLanguage: must be JSONata, is JSONPath'],
    ],
    [
      'a StartAt that does not exist',
      machine({ First: end }, 'Nowhere'),
      ['StartAt: no state Nowhere', 'States.First: cannot be reached'],
    ],
    [
      'a Next that does not exist',
      machine({ First: { Type: 'Pass', Next: 'Nowhere' } }),
      ['States.First.Next: no state Nowhere'],
    ],
    [
      'targets of rules, defaults and catchers that do not exist',
      machine({
        First: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'A' }], Default: 'Work' },
        Work: invokes('f', { Catch: [{ ErrorEquals: ['X'], Next: 'B' }], End: true }),
      }),
      ['States.First.Choices[0].Next: no state A', 'States.Work.Catch[0].Next: no state B'],
    ],
    [
      'neither Next nor End',
      machine({ First: { Type: 'Pass' } }),
      ['States.First: must have exactly one of Next and End: true'],
    ],
    [
      'a state that cannot be reached',
      machine({ First: end, Island: { Type: 'Pass', Next: 'First' } }),
      ['States.Island: cannot be reached'],
    ],
    [
      'a resource without integration',
      machine({ First: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true } }),
      ['States.First.Resource: arn:aws:states:::sqs:sendMessage is not supported'],
    ],
    [
      'arguments that a resource does not know or needs',
      machine({
        First: invokes('f', { Arguments: { InvocationType: 'Event', ClientContext: 'x' }, End: true }),
      }),
      [
        'States.First.Arguments.ClientContext: is not supported',
        'States.First.Arguments: must have FunctionName',
        'States.First.Arguments.InvocationType: must be RequestResponse',
      ],
    ],
    [
      'States.ALL that is not alone or not last',
      machine({
        First: invokes('f', {
          Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['Throttled'] }],
          Catch: [{ ErrorEquals: ['States.ALL', 'X'], Next: 'Last' }],
          End: true,
        }),
        Last: end,
      }),
      [
        'States.First.Retry[0].ErrorEquals: States.ALL must come last',
        'States.First.Catch[0].ErrorEquals: States.ALL must stand alone',
      ],
    ],
    [
      'an expression that does not parse',
      machine({ First: { Type: 'Pass', Output: { day: '{% $states.input. %}' }, End: true } }),
      ['States.First.Output.day: is not JSONata: Unexpected end of expression'],
    ],
    [
      'an expression that is not closed',
      machine({ First: { Type: 'Pass', Output: '{% 1', End: true } }),
      ['States.First.Output: a JSONata expression begins with {% and ends with %}'],
    ],
    [
      'a variable that no path assigns',
      machine({
        First: { Type: 'Pass', Output: '{% $later %}', Next: 'Second' },
        Second: { Type: 'Pass', Assign: { later: 1 }, End: true },
      }),
      ['States.First.Output: $later is assigned on no path to this state'],
    ],
    [
      'a variable of the parent in a child of a Map Run',
      machine({
        First: { Type: 'Pass', Assign: { outer: 1 }, Next: 'Each' },
        Each: {
          Type: 'Map',
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'Inner',
            States: { Inner: { Type: 'Pass', Output: '{% $outer %}', End: true } },
          },
          End: true,
        },
      }),
      ['States.Each.ItemProcessor.States.Inner.Output: $outer is assigned on no path to this state'],
    ],
    [
      'an inline iteration that assigns a name of the outer scope',
      machine({
        First: { Type: 'Pass', Assign: { outer: 1 }, Next: 'Each' },
        Each: {
          Type: 'Map',
          Items: [1],
          ItemProcessor: {
            StartAt: 'Inner',
            States: { Inner: { Type: 'Pass', Assign: { outer: 2 }, End: true } },
          },
          End: true,
        },
      }),
      ['States.Each.ItemProcessor.States.Inner.Assign.outer: an outer scope assigns this name'],
    ],
    [
      'a child of a Map Run that assigns a name of its parent',
      machine({
        First: { Type: 'Pass', Assign: { outer: 1 }, Next: 'Each' },
        Each: {
          Type: 'Map',
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'Inner',
            States: { Inner: { Type: 'Pass', Assign: { outer: 2 }, End: true } },
          },
          End: true,
        },
      }),
      ['States.Each.ItemProcessor.States.Inner.Assign.outer: an outer scope assigns this name'],
    ],
    [
      '$eval, $states.result without a result and $states.errorOutput outside Catch',
      machine({
        First: {
          Type: 'Pass',
          Output: ["{% $eval('1') %}", '{% $states.result %}', '{% $states.errorOutput.Error %}'],
          End: true,
        },
      }),
      [
        'States.First.Output[0]: $eval is not offered by Step Functions',
        'States.First.Output[1]: $states.result has no value here',
        'States.First.Output[2]: $states.errorOutput has no value here',
      ],
    ],
    [
      'fields of the distributed mode on an inline Map, and one label twice',
      machine({
        First: {
          Type: 'Map',
          Label: 'windows',
          ToleratedFailureCount: 1,
          ItemProcessor: { StartAt: 'Inner', States: { Inner: end } },
          End: true,
        },
      }),
      [
        'States.First.ToleratedFailureCount: only a Map in mode DISTRIBUTED has it',
        'States.First.Label: only a Map in mode DISTRIBUTED has it',
      ],
    ],
  ])('OPS-06 refuses %s', (_, definition, expected) => {
    const problems = problemsOf(definition);

    expect(problems).toEqual(expected);
  });

  it.each([
    'Parameters',
    'ResultPath',
    'InputPath',
    'OutputPath',
    'ResultSelector',
    'HeartbeatSeconds',
    'Credentials',
    'TimeoutSecondsPath',
  ])('OPS-06 refuses the field %s on a Task', (field) => {
    const problems = problemsOf(machine({ First: invokes('f', { [field]: 5, End: true }) }));

    expect(problems).toEqual([`States.First: Unrecognized key: "${field}"`]);
  });

  it('OPS-06 refuses Parallel and unknown state types', () => {
    const problems = problemsOf(machine({ First: { Type: 'Parallel', Branches: [], End: true } }));

    expect(problems[0]).toMatch(/^States\.First\.Type: Invalid/);
  });

  it('ALL-02 reports the problems of all states at once', () => {
    const problems = problemsOf(
      machine({
        First: { Type: 'Pass', Result: 1, Next: 'Second' },
        Second: { Type: 'Wait', Seconds: -1, Timestamp: 'soon', End: true },
        Third: { Type: 'Task', Resource: 'x', End: true },
      }),
    );

    expect(problems.map((problem) => problem.split(':')[0])).toEqual(
      expect.arrayContaining([
        'States.First',
        'States.Second.Seconds',
        'States.Second.Timestamp',
        'States.Third.Resource',
      ]),
    );
  });

  it('OPS-06 accepts names that an expression binds itself, and built-in functions', () => {
    const output =
      '{% ($f := function($a) { $a * 2 }; $sum($map([1, 2], function($v, $i) { $f($v) + $i })) & $uuid() & $now()) %}';

    const problems = problemsOf(machine({ First: { Type: 'Pass', Output: output, End: true } }));

    expect(problems).toEqual([]);
  });
});
