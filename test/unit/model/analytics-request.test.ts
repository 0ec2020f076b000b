import { describe, expect, it } from 'vitest';
import { AnalyticsPipeline } from '../../../lambdas/model/analytics-pipeline.ts';
import { AnalyticsFilter, filterProblems } from '../../../lambdas/model/analytics-request.ts';
import { ANALYTICS_DATASET, PlanSettings } from '../../../lambdas/model/payloads.ts';
import { parseOrRefuse, Refusal } from '../../../lambdas/model/refusal.ts';
import { parseRunInput } from '../../../lambdas/planning/run-input.ts';
import { thrownBy } from '../../support/thrown.ts';

const equals = (field: string, value: unknown = 'x') => ({ operator: 'equals', field, value });
const or = (...filters: unknown[]) => ({ operator: 'or', filters });
const and = (...filters: unknown[]) => ({ operator: 'and', filters });

describe('ANA-02 filters', () => {
  it.each([
    ['a comparison', equals('direction')],
    ['a list of values', { operator: 'in', field: 'medium', value: ['voice', 'chat'] }],
    ['an or over three fields', or(equals('a'), equals('b'), and(equals('c'), equals('a')))],
    ['an and over many fields', and(...'abcdefgh'.split('').map((field) => equals(field)))],
    [
      'two ors over three fields each',
      and(or(equals('a'), equals('b'), equals('c')), or(equals('d'), equals('e'))),
    ],
  ])('ANA-02 take %s', (_, filter) => {
    expect(AnalyticsFilter.safeParse(filter).success).toBe(true);
    expect(filterProblems(filter, 'filters')).toEqual([]);
  });

  it.each([
    ['an or over four fields', or(...'abcd'.split('').map((field) => equals(field))), ['filters']],
    [
      'an or over four fields, two of them deeper',
      and(equals('z'), or(equals('a'), equals('b'), and(equals('c'), equals('d')))),
      ['filters.filters[1]'],
    ],
    [
      'every or that is too wide',
      or(or(...'abcd'.split('').map((field) => equals(field)))),
      ['filters', 'filters.filters[0]'],
    ],
  ])('ANA-02 refuse %s', (_, filter, paths) => {
    expect(AnalyticsFilter.safeParse(filter).success).toBe(true);
    expect(filterProblems(filter, 'filters').map(({ path }) => path)).toEqual(paths);
  });

  it('ANA-02 refuse what stands too deep, without following it', () => {
    let filter: unknown = equals('a');
    for (let depth = 0; depth < 5_000; depth += 1) filter = { operator: 'and', filters: [filter] };

    const problems = filterProblems(filter, 'filters');

    expect(problems).toHaveLength(1);
    expect(problems[0]?.expected).toContain('deeper than 20');
  });

  it.each([
    ['an unknown operator', { operator: 'like', field: 'a', value: 'x' }],
    ['a comparison without a field', { operator: 'equals', value: 'x' }],
    ['an empty or', or()],
    ['an empty list', { operator: 'in', field: 'a', value: [] }],
    ['an object as a value', equals('a', {})],
  ])('ANA-02 refuse %s', (_, filter) => {
    expect(AnalyticsFilter.safeParse(filter).success).toBe(false);
  });
});

describe('ANA-02 the configured request', () => {
  it('ANA-02 is refused at synth with every problem at once', () => {
    const settings = {
      columns: ['id', 'id', 'with space'],
      format: 'pdf',
      pageSize: 5_001,
      rangeDays: 91,
      filters: or(...'abcd'.split('').map((field) => equals(field))),
    };

    const refused = () => parseOrRefuse(AnalyticsPipeline, settings, 'The pipeline');

    expect(refused).toThrow(Refusal);
    for (const problem of ['columns[1]', 'columns[2]', 'format', 'pageSize', 'rangeDays', 'filters'])
      expect(refused).toThrow(problem);
  });

  it('ANA-02 has at least one column and at most 150', () => {
    const many = Array.from({ length: 151 }, (_, index) => `c${index}`);

    expect(AnalyticsPipeline.safeParse({ columns: [] }).success).toBe(false);
    expect(AnalyticsPipeline.safeParse({ columns: many }).success).toBe(false);
    expect(AnalyticsPipeline.safeParse({ columns: many.slice(1) }).success).toBe(true);
  });
});

describe('ANA-01 the input of a run', () => {
  const plan = PlanSettings.parse({
    pipeline: 'analytics-export',
    datasets: [{ dataset: ANALYTICS_DATASET }],
    rangeDays: 90,
    settleMinutes: 120,
    catchUpDays: 14,
    restateDays: 0,
  });
  const parse = (input: unknown) => parseRunInput(input, '2024-05-16T03:30:00.000Z', plan).input;

  it.each([
    ['2024-05-01', '2024-05-03', '2024-05-01', '2024-05-03'],
    ['2024-05-01T10:00:00Z', '2024-05-02T10:00:00Z', '2024-05-01', '2024-05-03'],
    ['2024-02-28T23:59:59.999Z', '2024-03-01T00:00:00.000Z', '2024-02-28', '2024-03-01'],
    ['2024-02-28', '2024-02-29T00:00:00.001Z', '2024-02-28', '2024-03-01'],
  ])('ANA-01 widens %s to %s to whole days', (from, to, first, end) => {
    expect(parse({ from, to })).toMatchObject({ from: first, to: end });
  });

  it('ANA-01 refuses days that have not ended, also by an instant', async () => {
    const error = await thrownBy(() => parse({ from: '2024-05-14', to: '2024-05-16T01:00:00Z' }));

    expect(error.message).toContain('to: found');
  });

  it('ANA-02 refuses instants that are none, empty ranges and wrong overrides in one answer', async () => {
    const error = await thrownBy(() =>
      parse({ from: '2024-05-14T25:00:00Z', to: '2024-05-14', format: 'xml', reportId: '', report: 'x' }),
    );

    for (const path of ['from', 'format', 'reportId', 'report'])
      expect(error.message).toContain(`${path}: found`);
  });
});
