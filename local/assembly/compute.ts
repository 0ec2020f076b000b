import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Unresolvable } from './refused.ts';
import { defined, looseNumber, looseText, type ResourceReader, tagList } from './resources.ts';
import type { LambdaFunction, StateMachine } from './types.ts';

const functionProperties = z.object({
  Code: z.object({ S3Key: z.string().optional(), ZipFile: z.string().optional() }),
  Environment: z
    .object({ Variables: z.record(z.string(), looseText).default({}) })
    .default({ Variables: {} }),
  EphemeralStorage: z.object({ Size: looseNumber }).default({ Size: 512 }),
  Handler: z.string().default('index.handler'),
  MemorySize: looseNumber.default(128),
  Runtime: z.string().default(''),
  Timeout: looseNumber.default(3),
});

const versionProperties = z.object({ FunctionName: z.string() });

/** Reads a function; defaults are Lambda's. `related` are the versions and aliases of all functions. */
export function readFunction(
  reader: ResourceReader,
  assets: ReadonlyMap<string, string>,
  related: readonly ResourceReader[],
): LambdaFunction {
  const properties = reader.properties(functionProperties);
  const { ref: name, attributes } = reader.identity;
  const arn = attributes.Arn ?? name;
  const key = properties.Code.S3Key;
  const assetPath = key === undefined ? undefined : assets.get(key);
  const path = `${reader.origin.stack}.${reader.origin.logicalId}.Code`;
  if (key !== undefined && assetPath === undefined)
    throw new Unresolvable(path, `the assembly has no asset ${key}`);
  const entry = reader.origin.metadata['cxone-export:entry'];
  const arnsOf = (type: string) =>
    related
      .filter((other) => other.type === type)
      .filter((other) => [name, arn].includes(other.properties(versionProperties).FunctionName))
      .map((other) => other.identity.ref);
  return defined({
    ...reader.origin,
    arn,
    name,
    timeoutSeconds: properties.Timeout,
    memoryMegabytes: properties.MemorySize,
    diskMegabytes: properties.EphemeralStorage.Size,
    environment: properties.Environment.Variables,
    runtime: properties.Runtime,
    handler: properties.Handler,
    assetPath,
    entry: typeof entry === 'string' ? entry : undefined,
    versions: arnsOf('AWS::Lambda::Version'),
    aliases: arnsOf('AWS::Lambda::Alias'),
  });
}

const machineProperties = z.object({
  Definition: z.record(z.string(), z.unknown()).optional(),
  DefinitionString: z.string().optional(),
  DefinitionS3Location: z.object({ Key: z.string() }).optional(),
  DefinitionSubstitutions: z.record(z.string(), looseText).default({}),
  StateMachineType: z.enum(['STANDARD', 'EXPRESS']).default('STANDARD'),
  Tags: tagList,
});

/** Reads a state machine, with its substitutions made. */
export function readStateMachine(reader: ResourceReader, assets: ReadonlyMap<string, string>): StateMachine {
  const properties = reader.properties(machineProperties);
  const { ref: arn, attributes } = reader.identity;
  const definition = definitionText(properties, assets);
  if (definition === undefined) {
    throw new Unresolvable(
      `${reader.origin.stack}.${reader.origin.logicalId}`,
      'the machine has no definition here',
    );
  }
  return {
    ...reader.origin,
    arn,
    name: attributes.Name ?? arn,
    definition: definition.replace(/\$\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(properties.DefinitionSubstitutions, name)
        ? (properties.DefinitionSubstitutions[name] ?? whole)
        : whole,
    ),
    type: properties.StateMachineType,
    tags: properties.Tags,
  };
}

function definitionText(
  properties: z.infer<typeof machineProperties>,
  assets: ReadonlyMap<string, string>,
): string | undefined {
  if (properties.DefinitionString !== undefined) return properties.DefinitionString;
  if (properties.Definition !== undefined) return JSON.stringify(properties.Definition);
  const path = assets.get(properties.DefinitionS3Location?.Key ?? '');
  return path === undefined ? undefined : readFileSync(path, 'utf8');
}
