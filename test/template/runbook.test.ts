import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ALARMS } from '../../lib/operations/alarms.ts';
import { FURTHER_PIPELINES, synthesise, tenant, WEBHOOK } from './synthesised.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const headings = [...runbook.matchAll(/^### (.*)$/gm)].flatMap(([, heading = '']) => heading.split(', '));

/** `RenewTokenFor…` stands for all states whose names begin so. */
function hasHeading(name: string): boolean {
  return headings.some((heading) =>
    heading.endsWith('…') ? name.startsWith(heading.slice(0, -1)) : heading === name,
  );
}

/** States that do something and can fail, or in which an execution may be seen for long: not Choice and Succeed. */
const WORKING = ['Task', 'Map', 'Wait', 'Pass'];

const Definition = z.object({
  Properties: z.object({
    DefinitionString: z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }),
  }),
});

function workingStates(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { States: states = {} } = z
    .looseObject({ States: z.record(z.string(), z.looseObject({ Type: z.string() })).optional() })
    .catch({})
    .parse(value);
  const named = Object.entries(states).flatMap(([name, { Type }]) => (WORKING.includes(Type) ? [name] : []));
  return [...named, ...Object.values(value).flatMap(workingStates)];
}

describe('docs/runbook.md', () => {
  it('OPS-03 has an article of the same name for every alarm', () => {
    const missing = Object.values(ALARMS).filter(({ title }) => !headings.includes(title));

    expect(missing).toEqual([]);
  });

  it('ALL-10 has an article for every state that can fail or keep an execution waiting', () => {
    const machines = Object.values(
      synthesise({ tenants: [tenant('acme', { pipelines: FURTHER_PIPELINES, webhook: WEBHOOK })] })(
        'cxone-export-acme',
      ).findResources('AWS::StepFunctions::StateMachine'),
    );
    const states = machines.flatMap((machine) => {
      const [, pieces] = Definition.parse(machine).Properties.DefinitionString['Fn::Join'];
      return workingStates(
        JSON.parse(pieces.map((piece) => (typeof piece === 'string' ? piece : 'arn')).join('')),
      );
    });

    expect(states).toContain('Download');
    expect(states.filter((state) => !hasHeading(state) && !/^Begin/.test(state))).toEqual([]);
  });
});
