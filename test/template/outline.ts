import { z } from 'zod';

/** Characters of a line. */
const WIDTH = 140;

const Resource = z.looseObject({ Type: z.string(), Metadata: z.unknown().optional() });
const Template = z.looseObject({ Resources: z.record(z.string(), Resource) });

/**
 * A template as people can read it and compare it line by line: references are written `<Id>` and `<Id.Attribute>`, logical ids
 * without the digests that the construct library ends them with, definitions of machines as what they are. Digests of assets are left
 * out, so that a change of a handler's code changes nothing here.
 */
export function outlineOf(template: unknown): string {
  const { Resources, ...rest } = Template.parse(template);
  const resources = Object.entries(Resources).map(([id, { Type, Metadata: _, ...resource }]) => {
    const lines = nested(folded(resource), 1);
    return [`${readable(id)}: ${Type}`, ...lines].join('\n');
  });
  return `${[...nested(folded(rest), 0), '', ...resources.toSorted()].join('\n')}\n`;
}

/** A logical id without the digest at its end: of its path, of a version's code. */
function readable(id: string): string {
  return id.replace(/[0-9A-F]{8}([0-9a-f]{32})?$/, '');
}

/** What is written instead of digests of assets, in names of objects and whatever else. */
const DIGEST = /[0-9a-f]{64}/g;

/** The value without intrinsic functions: they become texts. */
function folded(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(DIGEST, '<digest>');
  if (Array.isArray(value)) return value.map(folded);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, folded(item)] as const);
  const [first] = entries;
  if (first !== undefined && entries.length === 1) {
    const text = intrinsic(...first);
    if (text !== undefined) return text;
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, opened(key, item)]));
}

function intrinsic(name: string, argument: unknown): string | undefined {
  const list = Array.isArray(argument) ? argument.map(String) : [];
  switch (name) {
    case 'Ref':
      return `<${readable(String(argument))}>`;
    case 'Fn::GetAtt':
      return `<${readable(list[0] ?? '')}.${list.slice(1).join('.')}>`;
    case 'Fn::ImportValue':
      return `<${String(argument).replaceAll(/(?:[0-9A-F]{8})+(?=[A-Z][a-z]|$)/g, '')}>`;
    case 'Fn::Sub':
      return typeof argument === 'string' ? argument.replaceAll(/\$\{([^}]+)\}/g, '<$1>') : undefined;
    case 'Fn::Join':
      return joined(argument);
    default:
      return undefined;
  }
}

function joined(argument: unknown): string | undefined {
  const parsed = z.tuple([z.string(), z.array(z.unknown())]).safeParse(argument);
  return parsed.success ? parsed.data[1].map(inline).join(parsed.data[0]) : undefined;
}

/** Definitions of machines, dashboards and settings are JSON within a text; names of policies and dependencies end with digests. */
function opened(key: string, value: unknown): unknown {
  if (key === 'PolicyName' || key === 'DependsOn')
    return Array.isArray(value)
      ? value.map((id) => readable(String(id))).toSorted()
      : readable(String(value));
  if (key === 'Retry' && Array.isArray(value)) return value.map(retrierWords);
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return openedWithin(JSON.parse(value));
  } catch {
    return value;
  }
}

function openedWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(openedWithin);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, opened(key, openedWithin(item))]),
  );
}

const Retrier = z.strictObject({
  ErrorEquals: z.array(z.string()),
  IntervalSeconds: z.number(),
  MaxAttempts: z.number(),
  BackoffRate: z.number(),
  MaxDelaySeconds: z.number().optional(),
  JitterStrategy: z.string(),
});

/** A retrier in one line: the same ones stand in nearly every state. */
function retrierWords(value: unknown): unknown {
  const { data } = Retrier.safeParse(value);
  if (data === undefined) return value;
  const longest = data.MaxDelaySeconds === undefined ? '' : ` to ${data.MaxDelaySeconds} s`;
  const pace = `${data.MaxAttempts} times, ${data.IntervalSeconds} s x${data.BackoffRate}${longest}, ${data.JitterStrategy}`;
  return `${pace}: ${data.ErrorEquals.join(' ')}`;
}

function nested(value: unknown, depth: number): string[] {
  const indent = '  '.repeat(depth);
  if (Array.isArray(value))
    return value.flatMap((item) => {
      const line = inline(item);
      if (indent.length + line.length + 2 <= WIDTH) return [`${indent}- ${line}`];
      const lines = nested(item, depth + 1);
      return [`${indent}-${(lines[0] ?? '').slice(indent.length + 1)}`, ...lines.slice(1)];
    });
  if (typeof value !== 'object' || value === null) return [`${indent}${inline(value)}`];
  return Object.entries(value).flatMap(([key, item]) => {
    const line = `${indent}${key}: ${inline(item)}`;
    if (line.length <= WIDTH || typeof item !== 'object' || item === null) return [line];
    return [`${indent}${key}:`, ...nested(item, depth + 1)];
  });
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${key}: ${inline(item)}`)
    .join(', ')} }`;
}
