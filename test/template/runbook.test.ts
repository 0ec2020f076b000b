import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalogueEntry } from '../../lambdas/model/error-catalogue.ts';
import { ALARMS } from '../../lib/operations/alarms.ts';
import { FURTHER_PIPELINES, synthesise, tenant, WEBHOOK } from './synthesised.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

/** Names in the headings of a chapter of the runbook, or of all. */
function headingsOf(chapters: RegExp): string[] {
  return runbook
    .split(/^## /m)
    .filter((chapter) => chapters.test(chapter))
    .flatMap((chapter) => [...chapter.matchAll(/^### (.*)$/gm)])
    .flatMap(([, heading = '']) => heading.split(', '));
}

const STATE_HEADINGS = headingsOf(/^States/);

/** `RenewTokenFor…` stands for all states whose names begin so. */
const covers = (heading: string, name: string) =>
  heading.endsWith('…') ? name.startsWith(heading.slice(0, -1)) : heading === name;

const Definition = z.object({
  Properties: z.object({
    DefinitionString: z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }),
  }),
});

interface FoundState {
  name: string;
  type: string;
}

function statesIn(value: unknown): FoundState[] {
  if (typeof value !== 'object' || value === null) return [];
  const { States: states = {} } = z
    .looseObject({ States: z.record(z.string(), z.looseObject({ Type: z.string() })).optional() })
    .catch({})
    .parse(value);
  const named = Object.entries(states).map(([name, { Type: type }]) => ({ name, type }));
  return [...named, ...Object.values(value).flatMap(statesIn)];
}

/** What a definition matches in `Retry` and `Catch`, and what its Fail states end with. */
function errorsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { ErrorEquals = [], Error: error = [] } = z
    .looseObject({
      ErrorEquals: z.array(z.string()).optional(),
      Error: z
        .string()
        .transform((name) => [name])
        .optional(),
    })
    .catch({})
    .parse(value);
  return [...ErrorEquals, ...error, ...Object.values(value).flatMap(errorsIn)];
}

const templates = synthesise({
  tenants: [
    tenant('acme', { pipelines: { ...FURTHER_PIPELINES, dataActions: { schedule: {} } }, webhook: WEBHOOK }),
  ],
});
const template = templates('cxone-export-acme');
const definitions: unknown[] = Object.values(template.findResources('AWS::StepFunctions::StateMachine')).map(
  (machine) => {
    const [, pieces] = Definition.parse(machine).Properties.DefinitionString['Fn::Join'];
    return JSON.parse(pieces.map((piece) => (typeof piece === 'string' ? piece : 'arn')).join(''));
  },
);

describe('docs/runbook.md', () => {
  it('OPS-03 has an article of the same name for every alarm, and none for what is no alarm', () => {
    const found = [template, templates('cxone-export-acme-Alarms')].flatMap((one) =>
      Object.values(one.findResources('AWS::CloudWatch::Alarm')),
    );
    const alarms = found.map((alarm) => {
      const name = z.object({ Properties: z.object({ AlarmName: z.string() }) }).parse(alarm)
        .Properties.AlarmName;
      return name.slice(name.indexOf(': ') + 2);
    });

    expect(headingsOf(/^Alarms/).toSorted()).toEqual([...new Set(alarms)].toSorted());
    expect(
      Object.values(ALARMS)
        .map(({ title }) => title)
        .toSorted(),
    ).toEqual([...new Set(alarms)].toSorted());
  });

  it('ALL-10 has an article for every state but those that end an execution well, and none for what is no state', () => {
    const states = definitions.flatMap(statesIn).filter(({ type }) => type !== 'Succeed');

    expect(definitions).toHaveLength(7);
    expect(states.map(({ name }) => name)).toContain('Download');
    const without = states.filter(({ name }) => !STATE_HEADINGS.some((heading) => covers(heading, name)));
    expect([...new Set(without.map(({ name }) => name))]).toEqual([]);
    expect(STATE_HEADINGS.filter((heading) => !states.some(({ name }) => covers(heading, name)))).toEqual([]);
  });

  it('ALL-10 has every error that a machine matches or ends with in the catalogue', () => {
    const matched = [...new Set(definitions.flatMap(errorsIn))];

    expect(matched).toEqual(expect.arrayContaining(['Lambda.Unknown', 'TokenRejected', 'PartNotReady']));
    expect(
      matched.filter((name) => catalogueEntry(name) === undefined),
      'States.ALL is no way on',
    ).toEqual([]);
  });
});
