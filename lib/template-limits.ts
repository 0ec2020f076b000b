import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Problem, Refusal } from '../lambdas/model/refusal.ts';

/** Bytes of a template that CloudFormation takes from S3 (its quotas: 1 MB). */
export const MOST_TEMPLATE_BYTES = 1_000_000;

/** Resources that a template may have (the same quotas). CDK refuses more by itself, in words of its own. */
export const MOST_RESOURCES = 500;

/** Templates as `cdk synth` has written them. */
export interface SynthesisedStacks {
  readonly stacks: readonly { readonly stackName: string; readonly templateFullPath: string }[];
}

const Template = z.object({ Resources: z.record(z.string(), z.unknown()) });

/** How large a template is. */
export function templateSize(file: string): { bytes: number; resources: number } {
  const text = readFileSync(file, 'utf8');
  const { Resources } = Template.parse(JSON.parse(text));
  return { bytes: Buffer.byteLength(text), resources: Object.keys(Resources).length };
}

/**
 * Refuses templates that CloudFormation would refuse half an hour later, with what makes them smaller.
 *
 * @throws Refusal with every stack that is too large
 */
export function requireTemplateLimits({ stacks }: SynthesisedStacks): void {
  const problems = stacks.flatMap(({ stackName, templateFullPath }): Problem[] => {
    const { bytes, resources } = templateSize(templateFullPath);
    if (bytes <= MOST_TEMPLATE_BYTES && resources <= MOST_RESOURCES) return [];
    const expected = `must be at most ${MOST_TEMPLATE_BYTES} bytes and ${MOST_RESOURCES} resources: shorten descriptions of mappings, or make a second tenant of some of the reports`;
    return [{ path: stackName, found: `a template of ${bytes} bytes and ${resources} resources`, expected }];
  });
  if (problems.length > 0) throw new Refusal('The deployment', problems);
}
