import { createHash } from 'node:crypto';
import { GenerationId } from '../model/ids.ts';
import { lakeColumns } from '../model/lake-columns.ts';
import { keyFingerprint } from './privacy.ts';
import type { TransformRequest } from './request.ts';

/**
 * Versions of the two transforms, each raised whenever its same input would give other bytes: a change of the rules, of DuckDB, or of a
 * file's layout. Of records, 2 has row groups of 40,960.
 */
export const TRANSFORM_VERSIONS = { calls: 1, records: 2 } as const;

/** What a transform makes a window of: calls of whole parts, or records. */
export type TransformKind = keyof typeof TRANSFORM_VERSIONS;

/** What determines a generation: digests of the parts, and everything that is done to them. */
export type GenerationInput = GenerationRules &
  Pick<TransformRequest, 'format'> & { parts: readonly { number: number; sha256: string }[] };

/** Everything that is done to a window's content. */
export type GenerationRules = Pick<
  TransformRequest,
  'day' | 'mapping' | 'key' | 'outputs' | 'thresholds' | 'privacyKey'
>;

/**
 * The id of the generation that these parts make under these rules: the same for the same content whatever
 * the job, run or time, and another as soon as any of it differs. The order in which parts or outputs are
 * listed makes no difference.
 */
export function generationId(input: GenerationInput): GenerationId {
  const parts = input.parts.toSorted((left, right) => left.number - right.number);
  const privacyKey = keyFingerprint(input.mapping, input.privacyKey);
  return generationOf('calls', input, {
    format: input.format,
    parts: parts.map(({ sha256 }) => sha256),
    ...(privacyKey === undefined ? {} : { privacyKey }),
  });
}

/** What determines a generation of records. */
export interface RecordContent {
  /** A digest of all records that does not depend on their order. */
  records: string;
  /** A digest of what was left out of them for another one with the same key. */
  dropped: string;
  completeness: number;
}

/**
 * The id of the generation that records make: the same for the same records in whatever order and parts they came, as long as the
 * same ones win among those with the same key.
 */
export function recordGenerationId(rules: GenerationRules, content: RecordContent): GenerationId {
  const privacyKey = keyFingerprint(rules.mapping, rules.privacyKey);
  return generationOf('records', rules, {
    format: 'records',
    ...content,
    ...(privacyKey === undefined ? {} : { privacyKey }),
  });
}

function generationOf(
  kind: TransformKind,
  { day, mapping, key, outputs, thresholds }: GenerationRules,
  content: object,
): GenerationId {
  const determined = {
    version: TRANSFORM_VERSIONS[kind],
    day,
    ...content,
    mapping: digestOf(mapping),
    columns: lakeColumns(mapping),
    key,
    outputs: outputs.toSorted(),
    thresholds,
  };
  return GenerationId.parse(digestOf(determined).slice(0, 32));
}

/**
 * SHA-256 of a value's canonical JSON: keys sorted at every depth, so that their order in a file makes no
 * difference.
 */
export function digestOf(value: unknown): string {
  const canonical = JSON.stringify(value, (_, nested: unknown) =>
    typeof nested === 'object' && nested !== null && !Array.isArray(nested)
      ? Object.fromEntries(Object.entries(nested).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : nested,
  );
  return createHash('sha256').update(canonical).digest('hex');
}
