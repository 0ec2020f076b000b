import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AssemblyRefused } from './refused.ts';

const properties = z.record(z.string(), z.unknown());

const resource = z.object({
  Type: z.string(),
  Properties: properties.default({}),
  Metadata: properties.default({}),
  Condition: z.string().optional(),
});

const template = z.object({
  Resources: z.record(z.string(), resource).default({}),
  Parameters: z.record(z.string(), z.object({ Type: z.string(), Default: z.unknown() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), properties)).default({}),
  Outputs: z
    .record(
      z.string(),
      z.object({
        Value: z.unknown(),
        Export: z.object({ Name: z.unknown() }).optional(),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
});

const manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z
        .object({
          templateFile: z.string().optional(),
          stackName: z.string().optional(),
          directoryName: z.string().optional(),
          file: z.string().optional(),
        })
        .optional(),
    }),
  ),
});

const assetManifest = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

/** A resource as the template has it. */
export type TemplateResource = z.infer<typeof resource>;

/** A stack as `cdk synth` wrote it. */
export interface SynthesisedStack {
  name: string;
  template: z.infer<typeof template>;
}

/** What a cloud assembly's files hold. */
export interface CloudAssembly {
  stacks: SynthesisedStack[];
  /** Paths of file assets by the S3 key that templates name them by. */
  assets: Map<string, string>;
}

/**
 * Reads a cloud assembly (`cdk.out`), with the assemblies nested in it.
 *
 * @throws AssemblyRefused where a file is missing or not of the form that `cdk synth` writes
 */
export function readCloudAssembly(folder: string): CloudAssembly {
  const assembly: CloudAssembly = { stacks: [], assets: new Map() };
  const { artifacts } = parseFile(join(folder, 'manifest.json'), manifest);
  for (const [id, { type, properties: facts }] of Object.entries(artifacts)) {
    if (type === 'aws:cloudformation:stack' && facts?.templateFile !== undefined) {
      const read = parseFile(join(folder, facts.templateFile), template);
      assembly.stacks.push({ name: facts.stackName ?? id, template: read });
    } else if (type === 'cdk:asset-manifest' && facts?.file !== undefined) {
      addAssets(assembly.assets, folder, parseFile(join(folder, facts.file), assetManifest));
    } else if (type === 'cdk:cloud-assembly' && facts?.directoryName !== undefined) {
      const nested = readCloudAssembly(join(folder, facts.directoryName));
      assembly.stacks.push(...nested.stacks);
      for (const [key, path] of nested.assets) assembly.assets.set(key, path);
    }
  }
  return assembly;
}

function addAssets(
  assets: Map<string, string>,
  folder: string,
  { files }: z.infer<typeof assetManifest>,
): void {
  for (const { source, destinations } of Object.values(files)) {
    if (source.path === undefined) continue;
    for (const { objectKey } of Object.values(destinations))
      assets.set(objectKey, resolve(folder, source.path));
  }
}

function parseFile<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new AssemblyRefused([`${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new AssemblyRefused(
    parsed.error.issues.map((issue) => `${path}: ${issue.path.join('.')}: ${issue.message}`),
  );
}
