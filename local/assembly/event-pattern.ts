import { Unresolvable } from './refused.ts';
import type { Assembly, EventRule, RuleTarget } from './types.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Whether an event matches an EventBridge pattern: nested fields, each with a list of exact values or `{ "prefix": … }`;
 * a field whose value is a list matches by any element. Throws `Unresolvable` for every other kind of pattern, whatever
 * the event.
 */
export function matchesEventPattern(pattern: Json, event: Json): boolean {
  return matchesObject(pattern, event, 'pattern');
}

function matchesObject(pattern: Json, event: unknown, path: string): boolean {
  // Every field is looked at, also after one that does not match: what is not embedded is refused at once.
  const matches = Object.entries(pattern).map(([name, wanted]) => {
    const value = isObject(event) && Object.hasOwn(event, name) ? event[name] : undefined;
    const field = `${path}.${name}`;
    if (name.startsWith('$')) throw new Unresolvable(field, 'is not embedded');
    if (isObject(wanted)) return matchesObject(wanted, value, field);
    if (!Array.isArray(wanted)) throw new Unresolvable(field, 'must be a list or an object');
    return matchesAny(wanted, value, field);
  });
  return matches.every(Boolean);
}

function matchesAny(wanted: readonly unknown[], value: unknown, path: string): boolean {
  const candidates: readonly unknown[] = Array.isArray(value) ? value : [value];
  const matchers = wanted.map((one, index) => matcher(one, `${path}[${index}]`));
  return candidates.some((candidate) => matchers.some((matches) => matches(candidate)));
}

function matcher(wanted: unknown, path: string): (value: unknown) => boolean {
  if (wanted === null || ['string', 'number', 'boolean'].includes(typeof wanted))
    return (value) => value === wanted;
  if (isObject(wanted) && Object.keys(wanted).length === 1 && typeof wanted.prefix === 'string') {
    const { prefix } = wanted;
    return (value) => typeof value === 'string' && value.startsWith(prefix);
  }
  throw new Unresolvable(path, `${JSON.stringify(wanted)} is not embedded`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A target that an event is for, and what it gets. */
export interface Delivery {
  rule: EventRule;
  target: RuleTarget;
  input: unknown;
}

/**
 * The targets of the enabled rules on the default bus that an event matches. Throws `Unresolvable` for a target with
 * an input path or transformer.
 */
export function deliveriesOf(assembly: Assembly, event: Json): Delivery[] {
  return assembly.rules
    .filter((rule) => rule.enabled && rule.bus === 'default')
    .filter((rule) => rule.pattern !== undefined && matchesEventPattern(rule.pattern, event))
    .flatMap((rule) =>
      rule.targets.map((target) => {
        if (target.inputPath !== undefined || target.inputTransformer !== undefined) {
          throw new Unresolvable(
            `${rule.name}.${target.id}`,
            'input paths and transformers are not embedded',
          );
        }
        return { rule, target, input: target.input === undefined ? event : JSON.parse(target.input) };
      }),
    );
}
