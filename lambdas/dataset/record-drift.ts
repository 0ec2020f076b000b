import { catalogued } from '../model/errors.ts';
import { lakeMapping, type Mapping } from '../model/mapping.ts';
import type { ColumnDrift } from './columns.ts';
import type { RecordFindings } from './record-findings.ts';

/** Names that a message lists, and characters of each. */
const LISTED = 10;
const NAME_CHARACTERS = 60;

/** How records differ from the mapping. */
export interface RecordDrift extends ColumnDrift {
  /** Lake columns whose values came as another kind of JSON than their type's, in the mapping's order. */
  retyped: string[];
}

/** What is new, what no record has, and what came as another kind of value. */
export function recordDrift(findings: RecordFindings, mapping: Mapping): RecordDrift {
  const { columns } = lakeMapping(mapping);
  const { records, absent, otherKind, unknown } = findings;
  const named = (is: (position: number) => boolean) =>
    columns.filter((_, position) => is(position)).map(({ column }) => column);
  return {
    unknownColumns: [...unknown.keys()].toSorted(),
    missingOptional: named((position) => records > 0 && absent[position] === records),
    retyped: named((position) => (otherKind[position] ?? 0) > 0),
  };
}

/** Throws `FieldsUnknown` where there are fields that the mapping does not know and it says that there must be none. */
export function requireKnownFields({ unknown, unknownBeyond }: RecordFindings, { newFields }: Mapping): void {
  if (newFields !== 'fail' || unknown.size === 0) return;
  const names = [...unknown.keys()].toSorted().slice(0, LISTED);
  const listed = names.map((name) => JSON.stringify(name.slice(0, NAME_CHARACTERS))).join(', ');
  const fields = `${unknown.size}${unknownBeyond > 0 ? ' or more' : ''}`;
  throw catalogued('FieldsUnknown', `${fields} fields are in no mapping: ${listed}.`, {
    fields: unknown.size,
  });
}
