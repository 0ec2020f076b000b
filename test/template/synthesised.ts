import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Template } from 'aws-cdk-lib/assertions';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';
import { z } from 'zod';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import { buildApp } from '../../lib/app.ts';
import { type Statement, statementsByRole } from './role-statements.ts';

export type { Statement } from './role-statements.ts';

const MAPPINGS = fileURLToPath(new URL('../../config/mappings', import.meta.url));

/** The pipelines that a tenant has only if it says so, with what they must have. */
export const FURTHER_PIPELINES = {
  analytics: {},
  archive: { media: {} },
  dataActions: {},
  reports: {
    reports: [
      {
        dataset: 'skills',
        reportId: 'RPT-7',
        mapping: 'report-skill-performance.v1',
        key: ['interval_start', 'skill_id'],
      },
      {
        dataset: 'agents',
        reportId: 'RPT-8',
        mapping: 'report-agent-performance.v1',
        key: ['interval_start', 'agent_id', 'skill_id'],
      },
    ],
  },
};

/** The functions of a tenant that has call detail records alone, in the order of a run. */
export const CDR_FUNCTION_NAMES = [
  'plan',
  'claim',
  'token',
  'submit',
  'poll',
  'download',
  'transform',
  'commit',
  'publish',
  'audit',
  'reconcile',
  'record',
  'operate',
  'doctor',
  'roll-back',
] as const satisfies FunctionName[];

/** A webhook with what it must have. */
export const WEBHOOK = { url: 'https://receiver.example.com/ingest', secret: 'cxone/acme-webhook' };

/** Every function of a tenant that has all pipelines and a webhook. */
export const FUNCTION_NAMES = [
  ...CDR_FUNCTION_NAMES,
  'list-ranges',
  'submit-export',
  'poll-export',
  'fetch-export',
  'transform-records',
  'plan-updates',
  'list-actions',
  'update-actions',
  'audit-updates',
  'reconcile-updates',
  'read-report',
  'plan-archive',
  'list-interactions',
  'look-up-interactions',
  'list-archive-days',
  'seal-archive-day',
  'store-media',
  'mark-archive-day',
  'reconcile-archive',
  'deliver',
] as const satisfies FunctionName[];

const SCRATCH = mkdtempSync(join(tmpdir(), 'template-test-'));
process.once('exit', () => rmSync(SCRATCH, { recursive: true, force: true }));

/** A new folder that is gone when the tests are over. */
export function scratchFolder(): string {
  return mkdtempSync(join(SCRATCH, 'folder-'));
}

/** Writes a configuration and its mappings into a folder of their own; returns the configuration's path. */
export function configurationFile(configuration: unknown, mappings: Record<string, unknown> = {}): string {
  const folder = scratchFolder();
  cpSync(MAPPINGS, join(folder, 'mappings'), { recursive: true });
  for (const [name, mapping] of Object.entries(mappings))
    writeFileSync(join(folder, 'mappings', `${name}.json`), JSON.stringify(mapping));
  const file = join(folder, 'configuration.json');
  writeFileSync(file, typeof configuration === 'string' ? configuration : JSON.stringify(configuration));
  return file;
}

/** A mapping that ships, as plain JSON to be changed. */
export function shippedMapping(
  name = 'cdr.v1',
): Record<string, unknown> & { columns: Record<string, unknown>[] } {
  const text = readFileSync(join(MAPPINGS, `${name}.json`), 'utf8');
  return z.looseObject({ columns: z.array(z.record(z.string(), z.unknown())) }).parse(JSON.parse(text));
}

/** A tenant that has what it must and no more. */
export function tenant(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, secret: `cxone/${id}`, baseUrl: `https://${id}.example.com`, ...more };
}

/** Synthesises without bundling and validation. */
export function assembled(configuration: unknown, mappings: Record<string, unknown> = {}): CloudAssembly {
  const outdir = scratchFolder();
  const app = buildApp(configurationFile(configuration, mappings), {
    outdir,
    bundling: false,
    validation: false,
  });
  return app.synth();
}

/** Synthesises likewise; the templates by the stacks' names. */
export function synthesise(
  configuration: unknown,
  mappings: Record<string, unknown> = {},
): (stack: string) => Template {
  const assembly = assembled(configuration, mappings);
  return (stack) => Template.fromJSON(assembly.getStackByName(stack).template);
}

const Joined = z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) });

/** The resource of a machine. */
export const Machine = z.object({ Properties: z.object({ DefinitionString: Joined }) });

const MachineDefinition = z.looseObject({ States: z.record(z.string(), z.unknown()) });

/** What stands in a definition for a resource that only a deployment knows. */
const EXAMPLE_ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:example:1';

/** The definition of a machine's resource as AWS would see it. */
export function definitionOf(resource: unknown): z.infer<typeof MachineDefinition> {
  const [, pieces] = Machine.parse(resource).Properties.DefinitionString['Fn::Join'];
  const partition = JSON.stringify({ Ref: 'AWS::Partition' });
  const text = pieces.map((piece) => {
    if (typeof piece === 'string') return piece;
    return JSON.stringify(piece) === partition ? 'aws' : EXAMPLE_ARN;
  });
  return MachineDefinition.parse(JSON.parse(text.join('')));
}

const FunctionJson = z.object({
  Metadata: z.looseObject({ 'cxone-export:entry': z.string() }),
  Properties: z.looseObject({
    Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
    Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
  }),
});

/** A function's resource, found by the source it is made of. */
export function functionOf(
  template: Template,
  name: FunctionName,
): z.infer<typeof FunctionJson> & { id: string } {
  const found = Object.entries(template.findResources('AWS::Lambda::Function'))
    .map(([id, resource]) => ({ id, ...FunctionJson.parse(resource) }))
    .find((resource) => resource.Metadata['cxone-export:entry'] === `lambdas/handlers/${name}.ts`);
  if (found === undefined) throw new Error(`The template has no function ${name}`);
  return found;
}

/** A function's environment; references are written as `<LogicalId.Attribute>`. */
export function environmentOf(template: Template, name: FunctionName): Record<string, string> {
  const variables = functionOf(template, name).Properties.Environment.Variables;
  return Object.fromEntries(
    Object.entries(variables).map(([variable, value]) => [
      variable,
      typeof value === 'string' ? value : flattenCfnReference(value),
    ]),
  );
}

/** Everything that a function's role allows. */
export function statementsOfFunction(template: Template, name: FunctionName): Statement[] {
  const [role] = functionOf(template, name).Properties.Role['Fn::GetAtt'];
  return statementsByRole(template.findResources('AWS::IAM::Policy')).get(role) ?? [];
}

/** Everything that any role of the stack allows. */
export function allStatements(template: Template): Statement[] {
  return [...statementsByRole(template.findResources('AWS::IAM::Policy')).values()].flat();
}
