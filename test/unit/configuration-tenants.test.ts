import { describe, expect, it } from 'vitest';
import { Refusal } from '../../lambdas/model/refusal.ts';
import { loadConfiguration } from '../../lib/configuration-file.ts';
import { configurationFile, FURTHER_PIPELINES, tenant } from '../template/synthesised.ts';

/** Loads a configuration that is to be refused; each problem as `path: what would be right`. */
function problemsOf(configuration: unknown): string[] {
  try {
    loadConfiguration(configurationFile(configuration));
  } catch (error) {
    if (error instanceof Refusal) return error.problems.map(({ path, expected }) => `${path}: ${expected}`);
    throw error;
  }
  throw new Error('The configuration was not refused');
}

const withFamilies = (families: object) => ({
  tenants: [tenant('acme', { families, pipelines: FURTHER_PIPELINES })],
});

/** Settings of a family in so many bytes, and some more. */
const ofBytes = (bytes: number) => ({
  scopes: Array.from({ length: 10 }, (_, index) => `${'s'.repeat(bytes / 10 - 3)}${index}`),
});

describe('the archive’s settings', () => {
  it('OPS-01 are held against the scheduler and the machine as those of every pipeline', () => {
    const archive = { schedule: { cron: '61 5 * * ? *' }, value: '{% $states.input %}' };

    const problems = problemsOf({ tenants: [tenant('acme', { pipelines: { archive } })] });

    expect(problems).toEqual([
      expect.stringMatching(/^tenants\[0\]\.pipelines\.archive\.schedule\.cron: .*look at its minutes$/),
      expect.stringMatching(/^tenants\[0\]\.pipelines\.archive\.value: must not begin with \{%/),
    ]);
  });
});

describe('the families of a tenant', () => {
  it('OPS-01 are refused where one is larger than a function’s variables, whichever pipeline calls it', () => {
    expect(problemsOf(withFamilies({ interactions: ofBytes(2_600) }))).toEqual([
      expect.stringMatching(/^tenants\[0\]\.families\.interactions: must be at most 2500 bytes/),
    ]);
  });

  it('OPS-01 are refused where they are too large together: the token function has all of them', () => {
    const families = Object.fromEntries(
      ['dataDownload', 'analytics', 'reporting', 'interactions'].map((name) => [name, ofBytes(900)]),
    );

    expect(problemsOf(withFamilies(families))).toEqual([
      expect.stringMatching(/^tenants\[0\]\.families: must be at most 3396 bytes of JSON together/),
    ]);
  });

  it('OPS-01 have no path for a call that there is not, and none that leaves out the id', () => {
    const endpoints = { sumbit: '/v1/jobs', status: '/v1/jobs/status' };

    expect(problemsOf(withFamilies({ dataDownload: { endpoints } }))).toEqual([
      'tenants[0].families.dataDownload.endpoints.status: must hold {id}, as /api/v2/data/download/requests/{id} does',
      'tenants[0].families.dataDownload.endpoints.sumbit: must be one of the calls submit, status',
    ]);
  });
});

describe('a configuration with a mistake in one place', () => {
  it('OPS-01 is held against mappings, names and AWS everywhere else: all problems are told at once', () => {
    const problems = problemsOf({
      lake: { alarmEmail: 'nobody' },
      tenants: [
        tenant('lake'),
        tenant('acme', { pipelines: { cdr: { key: ['nothing'] } } }),
        { id: 'third' },
      ],
    });

    expect(problems).toEqual([
      'lake.alarmEmail: must be an e-mail address',
      'tenants[2].secret: must be a string',
      'tenants[2].baseUrl: must be a string',
      expect.stringMatching(/^tenants\[0\]\.id: must not be "lake"/),
      'tenants[1].pipelines.cdr.key[0]: must be a column of mappings/cdr.v1.json',
    ]);
  });
});
