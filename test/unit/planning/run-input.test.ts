import { describe, expect, it } from 'vitest';
import { parseRunInput } from '../../../lambdas/planning/run-input.ts';
import { thrownBy } from '../../support/thrown.ts';
import { CDR_PLAN } from '../../support/window-ledger.ts';

const START = '2024-05-16T03:30:05.123Z';

/** The paths that a refusal names, each with the problem. */
async function problemsOf(input: unknown): Promise<string[]> {
  const error = await thrownBy(() => parseRunInput(input, START, CDR_PLAN));
  expect(error.name).toBe('InputRefused');
  return error.message.replace(/^The input has \d+ problems?: /, '').split('; ');
}

describe('an input that is taken', () => {
  it.each([
    ['ALL-01 {}', {}],
    ['one day', { date: '2024-05-15' }],
    ['a range', { from: '2024-05-01', to: '2024-05-08' }],
    ['a range that ends today', { from: '2024-05-01', to: '2024-05-16' }],
    ['a refresh of a day', { date: '2024-02-29', refresh: true }],
    ['a refresh of a range', { from: '2023-12-31', to: '2024-01-01', refresh: true }],
    ['a republication of a range', { from: '2023-12-31', to: '2024-01-01', republish: true }],
    ['a dry run', { dryRun: true }],
    ['what is switched off', { refresh: false, dryRun: false }],
  ])('%s', (_, input) => {
    const parsed = parseRunInput(input, START, CDR_PLAN);

    expect(parsed).toEqual({ input, instant: Date.parse(START) });
  });

  it('ALL-01 counts from the schedule’s own time where it is given, however late it is delivered', () => {
    const scheduledTime = '2024-05-14T03:30:00Z';

    const { instant } = parseRunInput({ scheduledTime }, START, CDR_PLAN);

    expect(instant).toBe(Date.parse(scheduledTime));
  });
});

describe('ALL-02 an input that is refused', () => {
  it.each([
    ['a number', 5, ['(whole): found a whole number, must be an object']],
    ['null', null, ['(whole): found null, must be an object']],
    ['a text', '{}', ['(whole): found a string of 2 characters, must be an object']],
    ['a list', [1, 2], ['(whole): found an array of 2, must be an object']],
    [
      'an unknown key',
      { dates: '2024-05-15' },
      ['dates: found a string of 10 characters, this key is not known here: remove it or mend its spelling'],
    ],
    ['a day that is a number', { date: 20240515 }, ['date: found a whole number, must be a string']],
    [
      'a day in another form',
      { date: '15.05.2024' },
      ['date: found a string of 10 characters, must be a day like 2024-05-15'],
    ],
    [
      'a schedule that lies ahead of the run',
      { scheduledTime: '2031-01-01T00:00:00Z' },
      ['scheduledTime: found a string of 20 characters, must not be after the start of the execution'],
    ],
    [
      '29 February in a common year',
      { date: '2023-02-29' },
      ['date: found a string of 10 characters, must be a day of the calendar, such as 2024-05-15'],
    ],
    [
      'a day that has not ended',
      { date: '2024-05-16' },
      ['date: found a string of 10 characters, must be a UTC day that has ended'],
    ],
    [
      'an empty range',
      { from: '2024-05-08', to: '2024-05-08' },
      [
        'to: found a string of 10 characters, must be a day after from: the range is half-open and must not be empty',
      ],
    ],
    ['a range without an end', { from: '2024-05-08' }, ['to: found nothing, must be given where from is']],
    ['a range without a beginning', { to: '2024-05-08' }, ['from: found nothing, must be given where to is']],
    [
      'a range into tomorrow',
      { from: '2024-05-08', to: '2024-05-17' },
      [
        'to: found a string of 10 characters, must not be after today: the last day of the range has to have ended',
      ],
    ],
    [
      'a refresh of nothing',
      { refresh: true },
      ['refresh: found a boolean, must come with date, or with from and to'],
    ],
    [
      'a republication of nothing that is a refresh too',
      { refresh: true, republish: true },
      [
        'refresh: found a boolean, must come with date, or with from and to',
        'republish: found a boolean, must come with date, or with from and to',
        'republish: found a boolean, must not stand beside refresh or replay: it makes no generation',
      ],
    ],
    [
      'a wish that is a text',
      { dryRun: 'true' },
      ['dryRun: found a string of 4 characters, must be a boolean'],
    ],
    [
      'a local time',
      { scheduledTime: '2024-05-16T03:30:00+02:00' },
      [
        'scheduledTime: found a string of 25 characters, must be an instant in UTC such as 2024-05-16T03:30:00Z',
      ],
    ],
  ])('%s', async (_, input, expected) => {
    const problems = await problemsOf(input);

    expect(problems.map((problem) => problem.replace(/\.$/, ''))).toEqual(expected);
  });

  it('is told all its problems at once: of form, between fields, and of days to come', async () => {
    const input = { date: '2999-01-01', from: '2024-02-30', refresh: 'yes', colour: 'red', dryRun: 1 };

    const problems = await problemsOf(input);

    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'from',
      'refresh',
      'dryRun',
      'colour',
      'date',
      'to',
      'date',
    ]);
  });

  it('is never repeated: the message holds kinds, no values', async () => {
    const input = { date: 'hunter2hunter2', secret: 'hunter2', from: ['hunter2'], refresh: 'hunter2' };

    const error = await thrownBy(() => parseRunInput(input, START, CDR_PLAN));

    expect(error.message).not.toContain('hunter2');
  });

  it('judges days by the schedule’s time', async () => {
    const problems = await problemsOf({ scheduledTime: '2024-05-15T03:30:00Z', date: '2024-05-15' });

    expect(problems).toHaveLength(1);
  });
});
