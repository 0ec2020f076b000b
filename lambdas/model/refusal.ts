import type { z } from 'zod';
import { catalogued } from './errors.ts';

/** One thing that is wrong with an input or a configuration. */
export interface Problem {
  /** Where: `tenants[0].pipelines.cdr.columns[3]`; `(whole)` for the value itself. */
  path: string;
  /** The kind of what stands there, never the value: it may be a secret. */
  found: string;
  /** What would be right. */
  expected: string;
}

/** Thrown by whoever is given a value that cannot be used: carries all its problems. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly subject: string;
  readonly problems: readonly Problem[];

  constructor(subject: string, problems: readonly Problem[]) {
    super(
      `${subject} is refused: ${problems.length} problem${problems.length === 1 ? '' : 's'}. ${problems.map(problemSentence).join('; ')}.`,
    );
    this.subject = subject;
    this.problems = problems;
  }
}

/** A problem as one line for people. */
export function problemSentence(problem: Problem): string {
  return `${problem.path}: found ${problem.found}, ${problem.expected}`;
}

/** Parses a value, or throws a `Refusal` with every problem of it. `subject` begins the sentence: `The configuration`. */
export function parseOrRefuse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  subject: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Refusal(subject, problemsOf(parsed.error, value));
}

/** Parses what a state was given, or throws `SettingsRefused`: machine and function are of different releases then. */
export function parsePayload<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  subject: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw catalogued('SettingsRefused', new Refusal(subject, problemsOf(parsed.error, value)).message);
}

/** The problems that zod found, each with its path and the kind of what stands there. */
export function problemsOf(error: z.ZodError, value: unknown): Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, value));
}

function problemsOfIssue(issue: z.core.$ZodIssue, value: unknown): Problem[] {
  const found = kindOf(valueAt(value, issue.path));
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: pathText([...issue.path, key]),
      found: kindOf(valueAt(value, [...issue.path, key])),
      expected: 'this key is not known here: remove it or mend its spelling',
    }));
  if (issue.code === 'invalid_union' && issue.errors.length > 0)
    return [
      {
        path: pathText(issue.path),
        found,
        expected: issue.errors.map((branch) => branch.map(expectation).join(' and ')).join(', or '),
      },
    ];
  return [{ path: pathText(issue.path), found, expected: expectation(issue) }];
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${withArticle(issue.expected)}`;
    case 'invalid_value':
      return `must be ${issue.values.map((allowed) => JSON.stringify(allowed)).join(' or ')}`;
    case 'invalid_key':
      return issue.issues.map(expectation).join(' and ');
    case 'invalid_union':
      return 'options' in issue && issue.options !== undefined
        ? `must be ${issue.options.map((allowed) => JSON.stringify(allowed)).join(' or ')}`
        : issue.message;
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return issue.message;
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' || origin === 'set' ? ' entries' : '';
}

function withArticle(type: string): string {
  if (type === 'int') return 'a whole number';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** The kind of a value, without the value. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  switch (typeof value) {
    case 'string':
      return value === '' ? 'an empty string' : `a string of ${value.length} characters`;
    case 'number':
      return Number.isInteger(value) ? 'a whole number' : 'a number';
    case 'boolean':
      return 'a boolean';
    default:
      return `an ${typeof value}`;
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text === '' ? '(whole)' : text.replace(/^\./, '');
}
