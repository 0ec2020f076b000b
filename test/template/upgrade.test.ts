import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keptRelease } from '../support/kept-release.ts';
import { FURTHER_PIPELINES, synthesise, tenant, WEBHOOK } from './synthesised.ts';

/** What holds data or is known by name outside of the stacks: under another logical id it would be made anew, empty. */
const LASTING = [
  'AWS::DynamoDB::Table',
  'AWS::S3::Bucket',
  'AWS::KMS::Key',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
  'AWS::Glue::Database',
  'AWS::StepFunctions::StateMachine',
  'AWS::Lambda::Function',
];

const Template = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: z
        .looseObject({
          KeySchema: z.unknown().optional(),
          StateMachineName: z.unknown().optional(),
          AlarmName: z.string().optional(),
        })
        .optional(),
    }),
  ),
});

/** Lasting resources by logical id, with what CloudFormation would replace them for. */
function lastingIn(template: unknown): Record<string, unknown> {
  const { Resources } = Template.parse(template);
  return Object.fromEntries(
    Object.entries(Resources)
      .filter(([, { Type }]) => LASTING.includes(Type))
      .map(([id, { Type, Properties }]) => [
        id,
        { Type, keys: Properties?.KeySchema, name: Properties?.StateMachineName },
      ]),
  );
}

/** Names of a stack's alarms. */
function alarmsIn(template: unknown): string[] {
  const { Resources } = Template.parse(template);
  return Object.values(Resources).flatMap(({ Properties }) => Properties?.AlarmName ?? []);
}

describe('a deployment over the kept release', () => {
  const { assembly } = keptRelease();
  const stacks = synthesise({
    tenants: [tenant('acme', { pipelines: FURTHER_PIPELINES, webhook: WEBHOOK })],
  });

  it.each(['cxone-export-lake', 'cxone-export-acme'])(
    'ALL-18 replaces no ledger, bucket, key, machine or function of the stack %s',
    (stack) => {
      const before = lastingIn(JSON.parse(assembly[`${stack}.template.json`] ?? ''));

      const after = lastingIn(stacks(stack).toJSON());

      expect(Object.keys(before).length).toBeGreaterThan(4);
      expect(after).toMatchObject(before);
    },
  );

  it('ALL-18 OPS-03 makes no alarm by a name that another stack still has: each stack is deployed by itself', () => {
    const names = ['cxone-export-lake', 'cxone-export-acme-Alarms', 'cxone-export-acme'];
    const before = (stack: string) => {
      const template = assembly[`${stack}.template.json`];
      return template === undefined ? [] : alarmsIn(JSON.parse(template));
    };

    const taken = names.flatMap((stack) => {
      const others = names.filter((other) => other !== stack).flatMap(before);
      return alarmsIn(stacks(stack).toJSON()).filter((name) => others.includes(name));
    });

    expect(before('cxone-export-acme').length).toBeGreaterThan(20);
    expect(taken).toEqual([]);
  });
});
