import type { ItemUpdate } from '../model/ports.ts';

/** What a write does to an item's attributes. */
export interface Change {
  set?: Readonly<Record<string, unknown>>;
  /** Set where the attribute is absent, else left. */
  setOnce?: Readonly<Record<string, unknown>>;
  /** Numbers are added to numbers, sets of strings are united. */
  add?: Readonly<Record<string, number | Set<string>>>;
  /** Elements taken out of sets of strings. */
  take?: Readonly<Record<string, Set<string>>>;
  remove?: readonly string[];
}

/** One clause that must hold for a write to happen. */
export type Clause =
  | { attribute: string; is: 'absent' | 'present' }
  | { attribute: string; is: '=' | '<' | '<=' | '>' | '>='; value: unknown }
  | { any: readonly Clause[] };

/**
 * Writes a change and its condition (all clauses) as DynamoDB expressions, every name and value bound. A value that is
 * undefined is not written: `set: { a: undefined }` leaves `a` as it is.
 */
export function conditionalUpdate(change: Change, clauses: readonly Clause[] = []): ItemUpdate {
  const names = new Map<string, string>();
  const values: Record<string, unknown> = {};
  const name = (attribute: string) => {
    const bound = names.get(attribute) ?? `#n${names.size}`;
    names.set(attribute, bound);
    return bound;
  };
  const value = (bound: unknown) => {
    const placeholder = `:v${Object.keys(values).length}`;
    values[placeholder] = bound;
    return placeholder;
  };
  const written = (record: Readonly<Record<string, unknown>> = {}) =>
    Object.entries(record).filter(([, held]) => held !== undefined);
  const section = (keyword: string, parts: string[]) =>
    parts.length === 0 ? [] : [`${keyword} ${parts.join(', ')}`];

  const update = [
    ...section('SET', [
      ...written(change.set).map(([attribute, held]) => `${name(attribute)} = ${value(held)}`),
      ...written(change.setOnce).map(
        ([attribute, held]) => `${name(attribute)} = if_not_exists(${name(attribute)}, ${value(held)})`,
      ),
    ]),
    ...section(
      'ADD',
      written(change.add).map(([attribute, held]) => `${name(attribute)} ${value(held)}`),
    ),
    ...section(
      'DELETE',
      written(change.take).map(([attribute, held]) => `${name(attribute)} ${value(held)}`),
    ),
    ...section('REMOVE', (change.remove ?? []).map(name)),
  ].join(' ');
  const condition = clauses.map((clause) => clauseText(clause, name, value)).join(' AND ');
  return {
    update,
    ...(condition === '' ? {} : { condition }),
    names: Object.fromEntries([...names].map(([attribute, bound]) => [bound, attribute])),
    ...(Object.keys(values).length === 0 ? {} : { values }),
  };
}

function clauseText(
  clause: Clause,
  name: (attribute: string) => string,
  value: (bound: unknown) => string,
): string {
  if ('any' in clause) return `(${clause.any.map((inner) => clauseText(inner, name, value)).join(' OR ')})`;
  switch (clause.is) {
    case 'absent':
      return `attribute_not_exists(${name(clause.attribute)})`;
    case 'present':
      return `attribute_exists(${name(clause.attribute)})`;
    case '=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `${name(clause.attribute)} ${clause.is} ${value(clause.value)}`;
  }
}
