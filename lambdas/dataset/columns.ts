import { catalogued } from '../model/errors.ts';
import { droppedSources, lakeMapping, type MappedColumn, type Mapping } from '../model/mapping.ts';
import type { LocalPart } from './parts.ts';

/** Columns that a part may have: far more than can be asked for. */
const MOST_COLUMNS = 2_000;
/** Problems that a message lists before it only counts them. */
const LISTED = 10;

/** Where a part's columns belong. */
export interface ColumnPlan {
  part: LocalPart;
  /** For each column of the mapping its position in the part, or undefined where the part lacks it. */
  positions: readonly (number | undefined)[];
  /** Columns that the mapping does not know and that are to be kept, in the order of their names. */
  unknown: readonly { name: string; position: number }[];
}

/** How the columns of the window's parts differ from the mapping. */
export interface ColumnDrift {
  /** Names in the source, sorted. */
  unknownColumns: string[];
  /** Lake columns that at least one part lacks, in the mapping's order. */
  missingOptional: string[];
}

/**
 * Whether every row needs a value in the column: the mapping says so, the key holds it, or the window depends
 * on it.
 */
export function isRequired(column: MappedColumn, mapping: Mapping, key: readonly string[]): boolean {
  return column.required || key.includes(column.column) || mapping.windowColumn === column.column;
}

/**
 * Finds the mapping's columns in every part by name or alias. Throws one `RequiredColumnMissing` with the
 * problems of all parts: a required column absent, or two columns for one; and `PartMalformed` for a name
 * that a part has twice, and `FieldsUnknown` where the mapping wants no new columns. The plans are those of the
 * lake's columns: what is dropped has no place in them.
 */
export function planColumns(
  parts: readonly LocalPart[],
  mapping: Mapping,
  key: readonly string[],
): { plans: ColumnPlan[]; drift: ColumnDrift } {
  const problems = parts.flatMap((part) => problemsOf(part, mapping, key));
  if (problems.length > 0)
    throw catalogued('RequiredColumnMissing', listed(problems), { problems: problems.length });
  // Only now is the first row known to be a header: names are not a call's values, and may be shown.
  const twice = parts.flatMap(namesGivenTwice);
  if (twice.length > 0) throw catalogued('PartMalformed', listed(twice), { problems: twice.length });
  const plans = parts.map((part) => planOf(part, mapping));
  const said = plans.filter(({ part }) => part.columns !== undefined);
  const unknownColumns = [
    ...new Set(plans.flatMap(({ unknown }) => unknown.map(({ name }) => name))),
  ].toSorted();
  if (mapping.newFields === 'fail' && unknownColumns.length > 0)
    throw catalogued('FieldsUnknown', listed(unknownColumns.map(shown)), { fields: unknownColumns.length });
  return {
    plans: plans.map((plan) => keeping(plan, mapping)),
    drift: {
      unknownColumns,
      missingOptional: lakeMapping(mapping)
        .columns.filter((_, index) => said.some(({ positions }) => positions[index] === undefined))
        .map(({ column }) => column),
    },
  };
}

/**
 * Finds the mapping's columns in one part, before the others are known; undefined where `planColumns` is going to refuse the part.
 */
export function planPart(part: LocalPart, mapping: Mapping, key: readonly string[]): ColumnPlan | undefined {
  const sound = namesGivenTwice(part).length === 0 && problemsOf(part, mapping, key).length === 0;
  return sound ? keeping(planOf(part, mapping), mapping) : undefined;
}

/** The plan without the new columns that the mapping wants left out. */
function keeping(plan: ColumnPlan, { newFields }: Mapping): ColumnPlan {
  return newFields === 'ignore' ? { ...plan, unknown: [] } : plan;
}

function namesGivenTwice({ number: part, columns: names = [] }: LocalPart): string[] {
  if (names.length > MOST_COLUMNS) return [`part ${part} has ${names.length} columns`];
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(repeated)].map((name) => `part ${part} has two columns called ${shown(name)}`);
}

function problemsOf(
  { number: part, columns: names }: LocalPart,
  mapping: Mapping,
  key: readonly string[],
): string[] {
  if (names === undefined) return [];
  return mapping.columns.flatMap((column) => {
    const found = [column.source, ...column.aliases].filter((source) => names.includes(source));
    if (found.length > 1)
      return [
        `part ${part} has ${found.length} columns for ${column.column}: ${found.map(shown).join(', ')}`,
      ];
    if (found.length === 0 && isRequired(column, mapping, key))
      return [`part ${part} lacks ${[column.source, ...column.aliases].map(shown).join(' or ')}`];
    return [];
  });
}

function planOf(part: LocalPart, mapping: Mapping): ColumnPlan {
  const names = part.columns ?? [];
  const dropped = droppedSources(mapping);
  const positions = lakeMapping(mapping).columns.map(({ source, aliases }) => {
    const position = names.findIndex((name) => name === source || aliases.includes(name));
    return position < 0 ? undefined : position;
  });
  const unknown = names
    .map((name, position) => ({ name, position }))
    .filter(({ name, position }) => !positions.includes(position) && !dropped.includes(name))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  return { part, positions, unknown };
}

function listed(problems: readonly string[]): string {
  const more = problems.length > LISTED ? `; and ${problems.length - LISTED} more` : '';
  return `${problems.slice(0, LISTED).join('; ')}${more}.`;
}

function shown(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
