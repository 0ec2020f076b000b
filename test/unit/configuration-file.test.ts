import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../lambdas/model/refusal.ts';
import { loadConfiguration } from '../../lib/configuration-file.ts';
import { configurationSchemaText } from '../../lib/configuration-schema.ts';
import { configurationFile, shippedMapping, tenant } from '../template/synthesised.ts';

/** Loads a configuration that is to be refused; each problem as `path: what would be right`. */
function problemsOf(configuration: unknown, mappings?: Record<string, unknown>): string[] {
  try {
    loadConfiguration(configurationFile(configuration, mappings));
  } catch (error) {
    if (error instanceof Refusal) return error.problems.map(({ path, expected }) => `${path}: ${expected}`);
    throw error;
  }
  throw new Error('The configuration was not refused');
}

const cdr = (settings: Record<string, unknown>) => tenant('acme', { pipelines: { cdr: settings } });

describe('loadConfiguration', () => {
  it('OPS-01 takes a tenant with an id, a secret and one base URL as complete', () => {
    const { tenants, warnings, configuration } = loadConfiguration(
      configurationFile({ tenants: [tenant('acme')] }),
    );

    expect(configuration.lake.name).toBe('cxone-export');
    expect(tenants).toHaveLength(1);
    expect(tenants[0]?.families.dataDownload.baseUrl).toBe('https://acme.example.com');
    expect(tenants[0]?.cdr.settings.outputs).toEqual(['parquet']);
    expect(tenants[0]?.cdr.mapping.name).toBe('cdr');
    expect(warnings).toEqual([]);
  });

  it('OPS-01 takes the example that ships', () => {
    const example = fileURLToPath(new URL('../../config/example.json', import.meta.url));

    const { tenants, warnings } = loadConfiguration(example);

    expect(tenants.map(({ tenant: { id } }) => id)).toEqual(['acme']);
    expect(warnings).toEqual([]);
  });

  describe('ALL-19 a mapping that hashes', () => {
    const mapping = shippedMapping();
    const columns = mapping.columns.map((column) =>
      column.column === 'agent_name' ? { ...column, privacy: 'hash' } : column,
    );
    const hashing = { 'cdr.v1': { ...mapping, columns } };

    it('ALL-19 is refused of a tenant without a hash key', () => {
      const problems = problemsOf({ tenants: [tenant('acme')] }, hashing);

      expect(problems).toEqual([
        'tenants[0].hashKey: must name a secret and a version: columns of cdr are to be hashed',
      ]);
    });

    it('ALL-19 is taken of a tenant with one', () => {
      const hashKey = { secret: 'cxone/acme-hash', version: '2026' };

      const file = configurationFile({ tenants: [tenant('acme', { hashKey })] }, hashing);

      expect(loadConfiguration(file).warnings).toEqual([]);
    });

    it('ALL-19 has to be there where a tenant has a hash key, or a warning is given', () => {
      const hashKey = { secret: 'cxone/acme-hash', version: '2026' };

      const { warnings } = loadConfiguration(configurationFile({ tenants: [tenant('acme', { hashKey })] }));

      expect(warnings).toEqual([
        'acme, hashKey: no mapping has a column with the privacy hash, so no function may read the key.',
      ]);
    });

    it('ALL-19 needs a secret and a version that can be named', () => {
      const problems = problemsOf({ tenants: [tenant('acme', { hashKey: { secret: 'a b', version: '' } })] });

      expect(problems.map((problem) => problem.split(':')[0])).toEqual([
        'tenants[0].hashKey.secret',
        'tenants[0].hashKey.version',
      ]);
    });
  });

  it('OPS-01 gives a family its own base URL and every other family the tenant’s', () => {
    const overrides = {
      families: {
        dataDownload: { baseUrl: 'https://files.example.com/', rate: { requests: 5, seconds: 1 } },
      },
    };

    const { tenants } = loadConfiguration(configurationFile({ tenants: [tenant('acme', overrides)] }));

    expect(tenants[0]?.families.dataDownload).toMatchObject({
      baseUrl: 'https://files.example.com',
      rate: { requests: 5, seconds: 1 },
    });
    expect(tenants[0]?.families.reporting.baseUrl).toBe('https://acme.example.com');
  });

  it('OPS-01 tells the problems of configuration and mappings together, each with its path', () => {
    const mapping = shippedMapping();
    const { unit: _, ...withoutUnit } = mapping.columns[3] ?? {};
    const broken = { ...mapping, columns: mapping.columns.with(3, withoutUnit) };
    const configuration = {
      lake: { name: 'NO' },
      tenants: [
        { ...tenant('acme'), baseUrl: 'http://acme.example.com', typo: 1 },
        cdr({ mapping: 'broken.v1' }),
      ],
    };

    const problems = problemsOf(configuration, { 'broken.v1': broken });

    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^lake\.name: /),
        expect.stringMatching(/^tenants\[0\]\.baseUrl: /),
        expect.stringMatching(/^tenants\[0\]\.typo: /),
        'mappings/broken.v1.json: columns[3].unit: must be seconds or milliseconds for a duration',
      ]),
    );
  });

  it('OPS-01 tells the problems of a mapping that the default names', () => {
    const problems = problemsOf({ tenants: [tenant('acme')], extra: 1 }, { 'cdr.v1': { name: 'cdr' } });

    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^extra: /),
        expect.stringMatching(/^mappings\/cdr\.v1\.json: version: /),
      ]),
    );
  });

  it.each([
    [
      'an unknown column',
      { key: ['nobody'] },
      'tenants[0].pipelines.cdr.key[0]: must be a column of mappings/cdr.v1.json',
    ],
    [
      'a column that may be absent',
      { key: ['call_id', 'agent_name'] },
      'tenants[0].pipelines.cdr.key[1]: must be a required column: mappings/cdr.v1.json does not say so of this one',
    ],
  ])('CDR-12 refuses %s as a key', (_, settings, problem) => {
    expect(problemsOf({ tenants: [cdr(settings)] })).toEqual([problem]);
  });

  it('CDR-10 refuses columns without one that the mapping requires', () => {
    const problems = problemsOf({ tenants: [cdr({ columns: ['CallId', 'EndTime'] })] });

    expect(problems).toEqual([
      'tenants[0].pipelines.cdr.columns: must ask for StartTime, which mappings/cdr.v1.json requires',
    ]);
  });

  it('CDR-10 takes an alias for the column that it stands for', () => {
    const mapping = shippedMapping();
    const [first, ...others] = mapping.columns;
    const renamed = {
      ...mapping,
      columns: [{ ...first, source: 'ContactId', aliases: ['CallId'] }, ...others],
    };

    const { tenants } = loadConfiguration(
      configurationFile({ tenants: [cdr({ mapping: 'renamed.v1' })] }, { 'renamed.v1': renamed }),
    );

    expect(tenants[0]?.cdr.mapping.columns[0]?.source).toBe('ContactId');
  });

  it('OPS-01 names the mapping file that is not there', () => {
    const problems = problemsOf({ tenants: [cdr({ mapping: 'absent.v9' })] });

    expect(problems).toEqual([
      expect.stringMatching(/^mappings\/absent\.v9\.json: \(whole\): must be a readable file: /),
    ]);
  });

  it('OPS-01 refuses a tenant that would take the lake’s stack', () => {
    expect(problemsOf({ tenants: [tenant('lake')] })).toEqual([
      expect.stringMatching(/^tenants\[0\]\.id: must not be "lake"/),
    ]);
  });

  it('OPS-01 refuses settings of a family that no function can be given', () => {
    const downloadHosts = Array.from({ length: 20 }, (_, index) => `${'h'.repeat(200)}${index}.example.com`);

    const problems = problemsOf({
      tenants: [tenant('acme', { families: { dataDownload: { downloadHosts } } })],
    });

    expect(problems).toEqual([
      expect.stringMatching(/^tenants\[0\]\.families\.dataDownload: must be at most 2500 bytes/),
    ]);
  });

  it('ALL-17 refuses a mapping that is too large for a state', () => {
    const mapping = shippedMapping();
    const column = { source: 'x', column: 'x', type: 'text', description: 'd'.repeat(400) };
    const more = Array.from({ length: 120 }, (_, index) => ({
      ...column,
      source: `x${index}`,
      column: `x${index}`,
    }));

    const problems = problemsOf(
      { tenants: [cdr({ mapping: 'large.v1' })] },
      { 'large.v1': { ...mapping, columns: [...mapping.columns, ...more] } },
    );

    expect(problems).toEqual([
      expect.stringMatching(/^mappings\/large\.v1\.json: \(whole\): must be at most 49152 bytes/),
    ]);
  });

  it('OPS-01 refuses text that the machine would evaluate', () => {
    const mapping = shippedMapping();
    const settings = { filters: { segments: ['fine', '{% $states.context %}'] }, mapping: 'clever.v1' };

    const problems = problemsOf(
      { tenants: [cdr(settings)] },
      { 'clever.v1': { ...mapping, nulls: ['', '{% 1 %}'] } },
    );

    const expected = 'must not begin with {%, which begins an expression of the machine';
    expect(problems).toEqual([
      `tenants[0].pipelines.cdr.filters.segments[1]: ${expected}`,
      `mappings/clever.v1.json: nulls[1]: ${expected}`,
    ]);
  });

  it('ALL-07 tells where a file stops being JSON and repeats nothing of it', () => {
    const file = configurationFile('{ "tenants": [ { "secret": "s3cr3t-value" oops } ] }');

    const refusal = () => loadConfiguration(file);

    expect(refusal).toThrow(/JSON at line 1 column \d+, must be JSON/);
    expect(refusal).not.toThrow(/s3cr3t|oops/);
  });

  it('OPS-01 says which file is not there', () => {
    expect(() => loadConfiguration('/nowhere/configuration.json')).toThrow(
      /found no file, must be a readable file: \/nowhere\/configuration\.json/,
    );
  });
});

describe('warnings of a configuration', () => {
  const warningsOf = (settings: Record<string, unknown>) =>
    loadConfiguration(configurationFile({ tenants: [cdr(settings)] })).warnings;

  it('CDR-12 ALL-19 refuses a key with a masked column, by which different calls would look the same', () => {
    const mapping = shippedMapping();
    const columns = mapping.columns.map((column) =>
      column.column === 'call_id' ? { ...column, privacy: 'mask' } : column,
    );
    const settings = { key: ['call_id', 'start_time'] };

    const problems = problemsOf({ tenants: [cdr(settings)] }, { 'cdr.v1': { ...mapping, columns } });

    expect(problems).toEqual([
      'tenants[0].pipelines.cdr.key[0]: must be a column that mappings/cdr.v1.json keeps or hashes: different records would have the same key and all but one be left out',
    ]);
  });

  it('CDR-06 warns of columns that no mapping uses', () => {
    expect(warningsOf({ columns: ['CallId', 'StartTime', 'Mood'] })).toEqual([
      'acme, cdr: column Mood is in no mapping: it lands in extra_columns and is reported as drift.',
    ]);
  });

  it.each([
    [49, false],
    [50, true],
  ])('CDR-06 with %i columns: warns %s', (count, warned) => {
    const columns = [
      'CallId',
      'StartTime',
      ...Array.from({ length: count - 2 }, (_, index) => `Extra${index}`),
    ];

    const warnings = warningsOf({ columns });

    expect(warnings.some((warning) => warning.includes('columns are asked for'))).toBe(warned);
  });

  it('ARC-09 warns of media that may come from no host', () => {
    const pipelines = { archive: { media: {} } };
    const allowing = { interactions: { downloadHosts: ['media.example.com'] } };
    const warned = (families: Record<string, unknown>) =>
      loadConfiguration(configurationFile({ tenants: [tenant('acme', { pipelines, families })] })).warnings;

    expect([warned({}), warned(allowing)]).toEqual([[expect.stringContaining('names no host')], []]);
  });

  it('CDR-13 warns of outputs that the Glue table cannot show', () => {
    expect(warningsOf({ outputs: ['csv'] })).toEqual([
      expect.stringContaining('parquet is not among the outputs'),
    ]);
  });
});

describe('config/schema.json', () => {
  it('OPS-01 is what the configuration’s schema says now: npm run schema', () => {
    const stored = readFileSync(new URL('../../config/schema.json', import.meta.url), 'utf8');

    expect(stored).toBe(configurationSchemaText());
  });
});
