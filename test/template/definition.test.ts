import aslValidator from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FURTHER_PIPELINES, synthesise, tenant, WEBHOOK } from './synthesised.ts';

const acme = synthesise({ tenants: [tenant('acme', { pipelines: FURTHER_PIPELINES, webhook: WEBHOOK })] })(
  'cxone-export-acme',
);

const Joined = z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) });
const Machine = z.object({ Properties: z.object({ DefinitionString: Joined }) });

const Definition = z.looseObject({ States: z.record(z.string(), z.unknown()) });

/** What stands in a definition for a resource that only a deployment knows. */
const EXAMPLE_ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:example:1';

/** The definition as AWS would see it. */
function definitionOf(resource: unknown): z.infer<typeof Definition> {
  const [, pieces] = Machine.parse(resource).Properties.DefinitionString['Fn::Join'];
  const partition = JSON.stringify({ Ref: 'AWS::Partition' });
  const text = pieces.map((piece) => {
    if (typeof piece === 'string') return piece;
    return JSON.stringify(piece) === partition ? 'aws' : EXAMPLE_ARN;
  });
  return Definition.parse(JSON.parse(text.join('')));
}

/** The validator holds that a literal has a letter at least; Amazon States Language does not say so, and `""` is a spelling of null. */
function withoutEmptyText(definition: unknown): unknown {
  return JSON.parse(JSON.stringify(definition, (_, value) => (value === '' ? 'empty' : value)));
}

describe('the definitions of all machines', () => {
  const definitions = Object.values(acme.findResources('AWS::StepFunctions::StateMachine')).map(definitionOf);

  it('OPS-06 are Amazon States Language', () => {
    const results = definitions.map((definition) =>
      aslValidator(Definition.parse(withoutEmptyText(definition))),
    );

    expect(results.length).toBeGreaterThan(0);
    for (const { isValid, errors } of results)
      expect({ isValid, errors }).toEqual({ isValid: true, errors: [] });
  });

  it('OPS-06 are JSONata throughout and end after 14 days', () => {
    for (const definition of definitions)
      expect(definition).toMatchObject({ QueryLanguage: 'JSONata', TimeoutSeconds: 14 * 24 * 3_600 });
  });
});
