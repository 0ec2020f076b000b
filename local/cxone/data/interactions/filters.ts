import type { FieldValue, Interaction } from './record.ts';
import type { Filter } from './settings.ts';

/** Whether a record passes a filter. A field that is absent or null passes no comparison. */
export function passes(record: Interaction, filter: Filter): boolean {
  switch (filter.operator) {
    case 'and':
      return filter.filters.every((inner) => passes(record, inner));
    case 'or':
      return filter.filters.some((inner) => passes(record, inner));
    case 'in':
      return Array.isArray(filter.value) && filter.value.includes(record.get(filter.field));
    case 'equals':
      return record.get(filter.field) === filter.value;
    case 'greaterThan':
      return compared(record.get(filter.field), filter.value) > 0;
    case 'lessThan':
      return compared(record.get(filter.field), filter.value) < 0;
  }
}

function compared(found: FieldValue | undefined, value: unknown): number {
  if (typeof found === 'number' && typeof value === 'number') return found - value;
  if (typeof found === 'string' && typeof value === 'string')
    return found < value ? -1 : found > value ? 1 : 0;
  return Number.NaN;
}

/** The most fields that any `or` is over, at any depth: CXone refuses more than three. */
export function widestOr(filter: Filter): number {
  if (!('filters' in filter)) return 0;
  const inner = Math.max(0, ...filter.filters.map(widestOr));
  return filter.operator === 'or' ? Math.max(inner, fieldsOf(filter).size) : inner;
}

function fieldsOf(filter: Filter): Set<string> {
  return 'filters' in filter
    ? new Set(filter.filters.flatMap((inner) => [...fieldsOf(inner)]))
    : new Set([filter.field]);
}
