import { z } from 'zod';
import type { TemplateResource } from './cloud-assembly.ts';
import type { Identity } from './identities.ts';
import { Unresolvable } from './refused.ts';
import type { Resolver } from './resolver.ts';
import type { Origin } from './types.ts';

/** A resource of one stack, to be read property by property. */
export interface ResourceReader {
  readonly type: string;
  readonly origin: Origin;
  readonly identity: Identity;
  /** The resolved properties that the schema names. Throws `Unresolvable` where they do not fit it. */
  properties<Schema extends z.ZodType>(schema: Schema): z.infer<Schema>;
}

/** A reader of a resource; only what its schema names is resolved. */
export function readResource(
  resolver: Resolver,
  stack: string,
  logicalId: string,
  resource: TemplateResource,
): ResourceReader {
  const path = `${stack}.${logicalId}`;
  return {
    type: resource.Type,
    origin: { stack, logicalId, metadata: resource.Metadata },
    get identity() {
      return resolver.identity(stack, logicalId, path);
    },
    properties(schema) {
      const wanted =
        schema instanceof z.ZodObject ? Object.keys(schema.shape) : Object.keys(resource.Properties);
      const present = wanted.filter((name) => Object.hasOwn(resource.Properties, name));
      const resolved = present.map((name) => [
        name,
        resolver.resolve(stack, resource.Properties[name], `${path}.Properties.${name}`),
      ]);
      const parsed = schema.safeParse(Object.fromEntries(resolved));
      if (parsed.success) return parsed.data;
      const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
      throw new Unresolvable(`${path}.Properties`, issues.join('; '));
    },
  };
}

/** A text in a template, where CloudFormation also takes numbers and truth values. */
export const looseText = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** A number in a template, where CloudFormation also takes text. */
export const looseNumber = z.coerce.number();

/** A tag list as a record. */
export const tagList = z
  .array(z.object({ Key: z.string(), Value: looseText }))
  .default([])
  .transform((tags) => Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])));

/** Leaves out what is undefined, as `exactOptionalPropertyTypes` wants it. */
export function defined<Value extends Record<string, unknown>>(
  value: Value,
): {
  [Name in keyof Value as undefined extends Value[Name] ? Name : never]?: Exclude<Value[Name], undefined>;
} & {
  [Name in keyof Value as undefined extends Value[Name] ? never : Name]: Value[Name];
};
export function defined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}
