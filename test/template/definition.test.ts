import aslValidator from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { definitionOf, FURTHER_PIPELINES, Machine, synthesise, tenant, WEBHOOK } from './synthesised.ts';

const acme = synthesise({ tenants: [tenant('acme', { pipelines: FURTHER_PIPELINES, webhook: WEBHOOK })] })(
  'cxone-export-acme',
);

/** The validator holds that a literal has a letter at least; Amazon States Language does not say so, and `""` is a spelling of null. */
function withoutEmptyText(definition: object): object {
  return JSON.parse(JSON.stringify(definition, (_, value) => (value === '' ? 'empty' : value)));
}

describe('a machine with many reports', () => {
  it('OPS-01 ALL-17 stays within what AWS takes, with as long mappings as the configuration may have', () => {
    const columns = Array.from({ length: 100 }, (_, index) => ({
      source: `metric.group.value_${index}`,
      column: `value_${index}`,
      type: 'double',
      description: '"quoted" words, '.repeat(17),
    }));
    const window = {
      source: 'interval.startTime',
      column: 'interval_start',
      type: 'timestamp',
      required: true,
    };
    const mapping = {
      name: 'long',
      version: 1,
      windowColumn: 'interval_start',
      columns: [window, ...columns],
    };
    const reports = Array.from({ length: 3 }, (_, index) => ({
      dataset: `report_${index}`,
      reportId: `${index}`,
      mapping: 'long.v1',
      key: ['interval_start'],
    }));

    const stack = synthesise(
      { tenants: [tenant('acme', { pipelines: { ...FURTHER_PIPELINES, reports: { reports } } })] },
      { 'long.v1': mapping },
    )('cxone-export-acme').toJSON();

    const machines = Object.values(stack.Resources).flatMap(
      (resource) => Machine.safeParse(resource).data ?? [],
    );
    const lengths = machines.map((machine) => JSON.stringify(definitionOf(machine)).length);
    expect(JSON.stringify(stack, undefined, 1).length).toBeLessThan(1_000_000);
    expect(Math.max(...lengths)).toBeLessThan(1_000_000);
    expect(Math.max(...lengths)).toBeGreaterThan(120_000);
  });
});

describe('the definitions of all machines', () => {
  const definitions = Object.values(acme.findResources('AWS::StepFunctions::StateMachine')).map(definitionOf);

  it('OPS-06 are Amazon States Language', () => {
    const results = definitions.map((definition) => aslValidator(withoutEmptyText(definition)));

    expect(results.length).toBeGreaterThan(0);
    for (const { isValid, errors } of results)
      expect({ isValid, errors }).toEqual({ isValid: true, errors: [] });
  });

  it('OPS-06 are JSONata throughout and end after 14 days', () => {
    for (const definition of definitions)
      expect(definition).toMatchObject({ QueryLanguage: 'JSONata', TimeoutSeconds: 14 * 24 * 3_600 });
  });
});
