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
        .looseObject({ KeySchema: z.unknown().optional(), StateMachineName: z.unknown().optional() })
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
});
