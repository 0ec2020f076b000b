import { z } from 'zod';
import { embeddedAccount, embeddedArn, embeddedRegion } from '../aws/names.ts';
import type { CloudAssembly, SynthesisedStack, TemplateResource } from './cloud-assembly.ts';
import { generatedName, type Identity, identityRule } from './identities.ts';
import { Unresolvable } from './refused.ts';

/** What stands for a value that is left out (`AWS::NoValue`). */
const noValue = Symbol('AWS::NoValue');

const pair = z.tuple([z.string(), z.unknown()]);
const list = z.array(z.unknown());
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** Resolves the intrinsic functions of an assembly's templates to local names, ARNs and plain values. */
export class Resolver {
  readonly #stacks: ReadonlyMap<string, SynthesisedStack>;
  #exports: Map<string, { stack: string; value: unknown }> | undefined;

  constructor({ stacks }: CloudAssembly) {
    this.#stacks = new Map(stacks.map((stack) => [stack.name, stack]));
  }

  /** Whether a resource is made at all. */
  included(stack: string, resource: TemplateResource): boolean {
    return resource.Condition === undefined || this.#condition(stack, resource.Condition, resource.Condition);
  }

  /** A value of a stack's template without intrinsic functions. Throws `Unresolvable` with the path. */
  resolve(stack: string, value: unknown, path: string): unknown {
    const resolved = this.#resolve(stack, value, path);
    return resolved === noValue ? undefined : resolved;
  }

  /** What `Ref` and `Fn::GetAtt` give of a resource. Throws `Unresolvable`. */
  identity(stackName: string, logicalId: string, path: string): Identity {
    const stack = this.#stack(stackName);
    const resource = stack.template.Resources[logicalId];
    if (!resource) throw new Unresolvable(path, `there is no resource ${logicalId} in ${stackName}`);
    if (resource.Type === 'AWS::Lambda::Version') return this.#versionIdentity(stack, logicalId, path);
    if (resource.Type === 'AWS::Lambda::Alias') return this.#aliasIdentity(stackName, resource, path);
    const rule = identityRule(resource.Type);
    if (!rule) throw new Unresolvable(path, `${resource.Type} ${logicalId} has no local identity`);
    const given =
      rule.nameProperty === undefined ? glueName(resource) : resource.Properties[rule.nameProperty];
    const own = given === undefined ? undefined : this.#text(stackName, given, `${path} → ${logicalId}`);
    return rule.identify(own ?? generatedName(resource.Type, stackName, logicalId, rule.longestName));
  }

  /** The number that a version resource has among its function's: from 1, in the template's order. */
  versionNumber(stackName: string, logicalId: string): number {
    const stack = this.#stack(stackName);
    const functionOf = (id: string) =>
      this.resolve(
        stackName,
        stack.template.Resources[id]?.Properties.FunctionName,
        `${stackName}.${id}.FunctionName`,
      );
    const siblings = Object.entries(stack.template.Resources)
      .filter(
        ([id, other]) => other.Type === 'AWS::Lambda::Version' && functionOf(id) === functionOf(logicalId),
      )
      .map(([id]) => id);
    return siblings.indexOf(logicalId) + 1;
  }

  #versionIdentity(stack: SynthesisedStack, logicalId: string, path: string): Identity {
    const name = this.#text(stack.name, stack.template.Resources[logicalId]?.Properties.FunctionName, path);
    const number = String(this.versionNumber(stack.name, logicalId));
    const arn = `${functionArn(name)}:${number}`;
    return { ref: arn, attributes: { Version: number, FunctionArn: arn } };
  }

  #aliasIdentity(stack: string, resource: TemplateResource, path: string): Identity {
    const name = this.#text(stack, resource.Properties.FunctionName, path);
    const arn = `${functionArn(name)}:${this.#text(stack, resource.Properties.Name, path)}`;
    return { ref: arn, attributes: { AliasArn: arn } };
  }

  #stack(name: string): SynthesisedStack {
    const stack = this.#stacks.get(name);
    if (!stack) throw new Unresolvable(name, 'there is no such stack');
    return stack;
  }

  #text(stack: string, value: unknown, path: string): string {
    const parsed = text.safeParse(this.#resolve(stack, value, path));
    if (!parsed.success) throw new Unresolvable(path, 'must resolve to a text');
    return parsed.data;
  }

  #list(stack: string, value: unknown, path: string): unknown[] {
    const parsed = list.safeParse(this.#resolve(stack, value, path));
    if (!parsed.success) throw new Unresolvable(path, 'must resolve to a list');
    return parsed.data;
  }

  #resolve(stack: string, value: unknown, path: string): unknown {
    if (Array.isArray(value)) {
      return value
        .map((item, index) => this.#resolve(stack, item, `${path}[${index}]`))
        .filter((item) => item !== noValue);
    }
    if (typeof value === 'string' && value.includes('{{resolve:')) {
      throw new Unresolvable(path, 'dynamic references are not embedded');
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (entries.length === 1 && first && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
      return this.#intrinsic(stack, first[0], first[1], `${path}.${first[0]}`);
    }
    return Object.fromEntries(
      entries
        .map(([key, item]) => [key, this.#resolve(stack, item, `${path}.${key}`)] as const)
        .filter(([, item]) => item !== noValue),
    );
  }

  #intrinsic(stack: string, name: string, argument: unknown, path: string): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(stack, this.#text(stack, argument, path), path);
      case 'Fn::GetAtt':
        return this.#attribute(stack, argument, path);
      case 'Fn::Join': {
        const [separator, parts] = this.#arguments(argument, pair, path);
        const texts = this.#list(stack, parts, path).map((part) => this.#text(stack, part, path));
        return texts.join(separator);
      }
      case 'Fn::Sub':
        return this.#substitute(stack, argument, path);
      case 'Fn::ImportValue':
        return this.#import(this.#text(stack, argument, path), path);
      case 'Fn::Select': {
        const [index, values] = this.#arguments(argument, z.tuple([z.coerce.number(), z.unknown()]), path);
        const selected = this.#list(stack, values, path)[index];
        if (selected === undefined) throw new Unresolvable(path, `there is no element ${index}`);
        return selected;
      }
      case 'Fn::Split': {
        const [separator, whole] = this.#arguments(argument, pair, path);
        return this.#text(stack, whole, path).split(separator);
      }
      case 'Fn::If': {
        const [condition, yes, no] = this.#arguments(
          argument,
          z.tuple([z.string(), z.unknown(), z.unknown()]),
          path,
        );
        return this.#resolve(stack, this.#condition(stack, condition, path) ? yes : no, path);
      }
      case 'Fn::FindInMap': {
        const keys = this.#list(stack, argument, path).map(String);
        const [map = '', top = '', second = ''] = keys;
        const found = this.#stack(stack).template.Mappings[map]?.[top]?.[second];
        if (found === undefined) throw new Unresolvable(path, `there is no ${keys.join('.')} in Mappings`);
        return found;
      }
      case 'Fn::Base64':
        return Buffer.from(this.#text(stack, argument, path)).toString('base64');
      default:
        throw new Unresolvable(path, `${name} is not embedded`);
    }
  }

  #arguments<Schema extends z.ZodType>(argument: unknown, schema: Schema, path: string): z.infer<Schema> {
    const parsed = schema.safeParse(argument);
    if (!parsed.success) throw new Unresolvable(path, 'has not the arguments that it needs');
    return parsed.data;
  }

  #ref(stack: string, name: string, path: string): unknown {
    if (name === 'AWS::NoValue') return noValue;
    const pseudo = pseudoParameter(stack, name);
    if (pseudo !== undefined) return pseudo;
    const parameter = this.#stack(stack).template.Parameters[name];
    if (!parameter) return this.identity(stack, name, path).ref;
    if (parameter.Default === undefined || parameter.Type.startsWith('AWS::SSM::')) {
      throw new Unresolvable(path, `parameter ${name} has no value here`);
    }
    return parameter.Default;
  }

  #attribute(stack: string, argument: unknown, path: string): string {
    const parts =
      typeof argument === 'string' ? argument.split('.') : this.#list(stack, argument, path).map(String);
    const [logicalId = '', ...rest] = parts;
    const attribute = rest.join('.');
    const { attributes } = this.identity(stack, logicalId, path);
    const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    if (value === undefined) throw new Unresolvable(path, `${logicalId} has no attribute ${attribute} here`);
    return value;
  }

  #substitute(stack: string, argument: unknown, path: string): string {
    const [template, variables] =
      typeof argument === 'string'
        ? [argument, {}]
        : this.#arguments(argument, z.tuple([z.string(), z.record(z.string(), z.unknown())]), path);
    return template.replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return this.#text(stack, variables[name], path);
      if (name.includes('.')) return this.#attribute(stack, name, path);
      return this.#text(stack, { Ref: name }, path);
    });
  }

  #import(name: string, path: string): unknown {
    this.#exports ??= this.#readExports();
    const found = this.#exports.get(name);
    if (!found) throw new Unresolvable(path, `no stack exports ${name}`);
    return this.#resolve(found.stack, found.value, `${path} → ${found.stack}.Outputs`);
  }

  #readExports(): Map<string, { stack: string; value: unknown }> {
    const exports = new Map<string, { stack: string; value: unknown }>();
    for (const { name: stack, template } of this.#stacks.values()) {
      for (const [id, output] of Object.entries(template.Outputs)) {
        if (!output.Export) continue;
        const name = this.#text(stack, output.Export.Name, `${stack}.Outputs.${id}.Export.Name`);
        exports.set(name, { stack, value: output.Value });
      }
    }
    return exports;
  }

  #condition(stack: string, name: string, path: string): boolean {
    const { Conditions } = this.#stack(stack).template;
    if (!Object.hasOwn(Conditions, name)) throw new Unresolvable(path, `there is no condition ${name}`);
    return this.#holds(stack, Conditions[name], `${stack}.Conditions.${name}`);
  }

  #holds(stack: string, expression: unknown, path: string): boolean {
    const [[name, argument] = ['', undefined]] = Object.entries(
      this.#arguments(expression, z.record(z.string(), z.unknown()), path),
    );
    const operands = () => this.#arguments(argument, list, path).map((one) => this.#holds(stack, one, path));
    switch (name) {
      case 'Condition':
        return this.#condition(stack, this.#arguments(argument, z.string(), path), path);
      case 'Fn::Equals': {
        const [left, right] = this.#list(stack, argument, path);
        return JSON.stringify(left) === JSON.stringify(right);
      }
      case 'Fn::And':
        return operands().every(Boolean);
      case 'Fn::Or':
        return operands().some(Boolean);
      case 'Fn::Not':
        return !operands()[0];
      default:
        throw new Unresolvable(path, `${name} is not embedded`);
    }
  }
}

// Glue's resources have their names inside their inputs.
function glueName(resource: TemplateResource): unknown {
  const input = resource.Properties.DatabaseInput ?? resource.Properties.TableInput;
  const parsed = z.object({ Name: z.unknown() }).safeParse(input);
  return parsed.success ? parsed.data.Name : undefined;
}

function functionArn(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : embeddedArn('lambda', `function:${nameOrArn}`);
}

function pseudoParameter(stack: string, name: string): string | undefined {
  switch (name) {
    case 'AWS::AccountId':
      return embeddedAccount;
    case 'AWS::Region':
      return embeddedRegion;
    case 'AWS::Partition':
      return 'aws';
    case 'AWS::URLSuffix':
      return 'amazonaws.com';
    case 'AWS::StackName':
      return stack;
    case 'AWS::StackId':
      return embeddedArn('cloudformation', `stack/${stack}/embedded`);
    default:
      return undefined;
  }
}
