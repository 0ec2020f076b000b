import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MOST_REPORTS } from '../../lambdas/model/reports.ts';
import { buildApp } from '../../lib/app.ts';
import { loadConfiguration } from '../../lib/configuration-file.ts';
import {
  MOST_RESOURCES,
  MOST_TEMPLATE_BYTES,
  requireTemplateLimits,
  templateSize,
} from '../../lib/template-limits.ts';
import {
  configurationFile,
  FURTHER_PIPELINES,
  scratchFolder,
  shippedMapping,
  tenant,
  WEBHOOK,
} from './synthesised.ts';

/** A mapping of so many columns, each described at some length. */
function wideMapping(columns: number) {
  const mapping = shippedMapping('report-skill-performance.v1');
  const further = Array.from({ length: columns - mapping.columns.length }, (_, index) => ({
    source: `metric.further.value${index}`,
    column: `further_value_${index}`,
    type: 'integer',
    description: 'A further value of the interval, as CXone counts it',
  }));
  return { ...mapping, columns: [...mapping.columns, ...further] };
}

/** A tenant with everything that takes resources, and so many reports. */
function everything(reports: number, columns: number): string {
  const listed = Array.from({ length: reports }, (_, index) => ({
    dataset: `report_${index}`,
    reportId: `RPT-${index}`,
    mapping: 'wide.v1',
    key: ['interval_start', 'skill_id'],
  }));
  const pipelines = {
    ...FURTHER_PIPELINES,
    dataActions: { schedule: {} },
    reports: { reports: listed },
  };
  return configurationFile(
    { lake: { alarmEmail: 'care@example.com' }, tenants: [tenant('acme', { pipelines, webhook: WEBHOOK })] },
    { 'wide.v1': wideMapping(columns) },
  );
}

/** Columns of a mapping of which so many reports stay within what their mappings may have together. */
const COLUMNS = 16;

describe('a tenant with every pipeline, a webhook and as many reports as it may have', () => {
  const outdir = scratchFolder();
  const app = buildApp(everything(MOST_REPORTS, COLUMNS), { outdir, bundling: false, validation: false });
  const assembly = app.synth();
  const size = (stack: string) => templateSize(assembly.getStackByName(stack).templateFullPath);

  it('OPS-01 fits into stacks of CloudFormation, by resources and by bytes', () => {
    const sizes = ['cxone-export-acme', 'cxone-export-acme-Alarms'].map(size);

    for (const { bytes, resources } of sizes) {
      expect(resources).toBeGreaterThan(MOST_RESOURCES - 100);
      expect(resources).toBeLessThanOrEqual(MOST_RESOURCES);
      expect(bytes).toBeLessThan(MOST_TEMPLATE_BYTES);
    }
    expect(() => requireTemplateLimits(assembly)).not.toThrow();
    const guide = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
    const [own, alarms] = sizes.map(({ resources }) => resources);
    expect(guide).toContain(
      `**${MOST_REPORTS} reports a tenant**: ${own} resources, and ${alarms} in the stack of alarms`,
    );
  });

  it('OPS-01 OPS-02 has no role whose policy is larger than it may be: what is over would be a policy of its own', () => {
    const { Resources } = assembly.getStackByName('cxone-export-acme').template;

    expect(Object.values(Resources)).not.toContainEqual(
      expect.objectContaining({ Type: 'AWS::IAM::ManagedPolicy' }),
    );
  });

  it('OPS-01 is refused with one report more, by the configuration already', () => {
    const load = () => loadConfiguration(everything(MOST_REPORTS + 1, COLUMNS));

    expect(load).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({
            path: 'tenants[0].pipelines.reports.reports',
            expected: expect.stringContaining('make a second tenant of the others'),
          }),
        ],
      }),
    );
  });

  it('OPS-01 is refused at synth where its template is larger than CloudFormation takes', () => {
    const [stack] = assembly.stacks;
    const file = join(scratchFolder(), 'large.template.json');
    const template = JSON.parse(readFileSync(stack?.templateFullPath ?? '', 'utf8'));
    writeFileSync(file, JSON.stringify({ ...template, Description: 'x'.repeat(MOST_TEMPLATE_BYTES) }));
    const large = { stacks: [{ stackName: 'large', templateFullPath: file }] };

    expect(() => requireTemplateLimits(large)).toThrow(/The deployment is refused: 1 problem\b/);
  });
});
