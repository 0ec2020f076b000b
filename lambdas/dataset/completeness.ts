import { catalogued } from '../model/errors.ts';
import { lakeMapping, type Mapping } from '../model/mapping.ts';
import type { Integrity } from '../model/payloads.ts';
import type { RecordFindings } from './record-findings.ts';

/** Fields that a message names before it only counts them. */
const LISTED = 10;

/** How complete the records are, over the mapping's required fields. */
export function integrityOf(findings: RecordFindings, mapping: Mapping): Integrity {
  const { columns } = lakeMapping(mapping);
  const counted = (counts: readonly number[]) =>
    Object.fromEntries(
      columns.flatMap(({ source, required }, position): [string, number][] => {
        const count = counts[position] ?? 0;
        return required && count > 0 ? [[source, count]] : [];
      }),
    );
  const { records: total, complete: valid, absent, nulls } = findings;
  return {
    total,
    valid,
    ...(total === 0 ? {} : { rate: valid / total }),
    missing: counted(absent),
    nulls: counted(nulls),
  };
}

/** Throws `CompletenessBelowThreshold`, naming the fields, where fewer records than the rate demands have all of them. */
export function requireCompleteness({ total, valid, missing }: Integrity, rate: number): void {
  if (valid >= total * rate) return;
  const fields = Object.entries(missing).toSorted(([, left], [, right]) => right - left);
  const named = fields.slice(0, LISTED).map(([field, count]) => `${field} is missing ${count} times`);
  const more = fields.length > LISTED ? `, and ${fields.length - LISTED} fields more` : '';
  throw catalogued(
    'CompletenessBelowThreshold',
    `${valid} of ${total} records have every required field, the rate must be ${rate}: ${named.join(', ')}${more}.`,
    { valid, total },
  );
}
