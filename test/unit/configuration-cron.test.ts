import { describe, expect, it } from 'vitest';
import { cronProblem } from '../../lib/schedule-expression.ts';

describe('cronProblem', () => {
  it.each([
    '30 3 * * ? *',
    '0 0 1 * ? *',
    '0/15 8-17 ? * MON-FRI *',
    '0 10 ? * 6L 2024-2030',
    '0 9 ? * 2#1 *',
    '0 9 L * ? *',
    '0 9 LW * ? *',
    '0 9 15W * ? *',
    '5,35 14 ? JAN,JUL sun *',
    '59 23 31 12 ? 2199',
  ])('OPS-01 takes what EventBridge takes: %s', (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
  });

  it.each([
    ['60 3 * * ? *', /minutes/],
    ['0 24 * * ? *', /hours/],
    ['0 3 0 * ? *', /day of the month/],
    ['0 3 * 13 ? *', /month/],
    ['0 3 ? * 8 *', /day of the week/],
    ['0 3 * * ? 1969', /year/],
    ['0 3-5-7 * * ? *', /hours/],
    ['0/0 3 * * ? *', /minutes/],
    ['1/2/3 3 * * ? *', /minutes/],
    ['0, 3 * * ? *', /minutes/],
    ['x y * * ? *', /minutes, hours$/],
    ['0 3 * * ?', /year/],
  ])('OPS-01 says which field of %s is wrong', (cron, field) => {
    expect(cronProblem(cron)).toMatch(field);
  });

  it.each(['0 3 * * * *', '0 3 ? * ? *'])(
    'OPS-01 wants one question mark, not none and not two: %s',
    (cron) => {
      expect(cronProblem(cron)).toMatch(/\? as day of the month or as day of the week/);
    },
  );
});
