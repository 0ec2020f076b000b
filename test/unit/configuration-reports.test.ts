import { describe, expect, it } from 'vitest';
import { Mapping, withoutDefaults } from '../../lambdas/model/mapping.ts';
import { Refusal } from '../../lambdas/model/refusal.ts';
import { loadConfiguration } from '../../lib/configuration-file.ts';
import { shippedMappings } from '../../lib/shipped-mappings.ts';
import { configurationFile, tenant } from '../template/synthesised.ts';

const REPORT = {
  dataset: 'skills',
  reportId: 'RPT-7',
  mapping: 'report-skill-performance.v1',
  key: ['interval_start', 'skill_id'],
};

const withReports = (reports: object[], settings: object = {}) => ({
  tenants: [tenant('acme', { pipelines: { reports: { reports, ...settings } } })],
});

function problemsOf(configuration: unknown, mappings: Record<string, unknown> = {}): string[] {
  try {
    loadConfiguration(configurationFile(configuration, mappings));
  } catch (error) {
    if (error instanceof Refusal) return error.problems.map(({ path, expected }) => `${path}: ${expected}`);
    throw error;
  }
  throw new Error('The configuration was not refused');
}

describe('the configuration of reports', () => {
  it('REP-01 needs a dataset, a report, a mapping and a key for each; the rest has defaults', () => {
    const { tenants } = loadConfiguration(configurationFile(withReports([REPORT])));

    const [configured] = tenants;
    expect(configured?.pipelines).toContain('report-sync');
    expect(configured?.datasets.map(({ dataset }) => dataset)).toContain('skills');
    expect(configured?.reports?.settings).toMatchObject({
      restateDays: 2,
      catchUpDays: 14,
      windowsAtOnce: 4,
    });
    expect(configured?.reports?.reports).toMatchObject([
      { report: { intervalMinutes: 60, parameters: {} }, mapping: { name: 'report-skill-performance' } },
    ]);
  });

  it('OPS-01 may be left out: the pipeline is not deployed then', () => {
    const { tenants } = loadConfiguration(configurationFile({ tenants: [tenant('acme')] }));

    expect(tenants[0]?.pipelines).not.toContain('report-sync');
    expect(tenants[0]?.reports).toBeUndefined();
  });

  it('OPS-01 is refused with all its problems at once', () => {
    const problems = problemsOf(
      withReports(
        [
          { ...REPORT, parameters: { timezone: 'UTC' }, intervalMinutes: 45 },
          { ...REPORT, mapping: 'Nowhere' },
        ],
        { restateDays: 13 },
      ),
    );

    const at = 'tenants[0].pipelines.reports';
    expect(problems.map((problem) => problem.split(': ')[0])).toEqual(
      expect.arrayContaining([
        `${at}.reports[0].parameters`,
        `${at}.reports[0].intervalMinutes`,
        `${at}.reports[1].mapping`,
        `${at}.reports[1].dataset`,
        `${at}.restateDays`,
      ]),
    );
  });

  it('OPS-01 is held against mappings, other tables, the scheduler and the machine', () => {
    const problems = problemsOf(
      withReports(
        [
          { ...REPORT, dataset: 'cdr', key: ['interval_start', 'skill_name'] },
          { ...REPORT, dataset: 'loads', parameters: { skill: '{% $secret %}' } },
          { ...REPORT, dataset: 'skills_quarantine' },
          REPORT,
        ],
        { schedule: { cron: '0 4 31 2 * *' } },
      ),
    );

    const at = 'tenants[0].pipelines.reports';
    expect(problems.map((problem) => problem.split(': ')[0])).toEqual(
      expect.arrayContaining([
        `${at}.schedule.cron`,
        `${at}.reports[0].dataset`,
        `${at}.reports[0].key[1]`,
        `${at}.reports[1].dataset`,
        `${at}.reports[1].parameters.skill`,
        `${at}.reports[2].dataset`,
      ]),
    );
  });

  it('CDR-12 ALL-19 has no masked column in a key', () => {
    const shipped = shippedMappings().find(({ mapping }) => mapping.name === 'report-skill-performance');
    const columns = shipped?.mapping.columns.map((column) =>
      column.column === 'skill_id' ? { ...column, privacy: 'mask' } : column,
    );

    const problems = problemsOf(withReports([{ ...REPORT, mapping: 'masked.v1' }]), {
      'masked.v1': { ...shipped?.mapping, columns },
    });

    expect(problems).toEqual([
      expect.stringMatching(/^tenants\[0\]\.pipelines\.reports\.reports\[0\]\.key\[1\]: .* keeps or hashes/),
    ]);
  });

  it('OPS-01 ALL-17 keeps one definition within what AWS takes: mappings and questions of all reports together', () => {
    const [shipped] = shippedMappings().filter(({ mapping }) => mapping.name === 'report-agent-performance');
    const long = {
      ...shipped?.mapping,
      columns: shipped?.mapping.columns.map((column) => ({ ...column, description: 'x'.repeat(400) })),
    };
    const key = ['interval_start', 'agent_id', 'skill_id'];
    const many = Array.from({ length: 51 }, (_, index) => ({
      ...REPORT,
      dataset: `report_${index}`,
      mapping: 'long.v1',
      key,
      parameters: { filter: 'x'.repeat(3_000) },
    }));

    const problems = problemsOf(withReports(many), { 'long.v1': long });

    expect(problems).toEqual([
      expect.stringContaining('must be at most 50, as many as fit into a stack'),
      expect.stringContaining('in the mappings of all reports together'),
      expect.stringContaining('in the ids and parameters of all reports together'),
    ]);
  });

  it.each(shippedMappings())(
    'REP-05 the mapping of $dataset is the same, written without its defaults',
    ({ mapping }) => {
      expect(Mapping.parse(withoutDefaults(mapping))).toEqual(mapping);
    },
  );
});
