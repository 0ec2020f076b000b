import { createHash } from 'node:crypto';
import { GenerationId } from '../model/ids.ts';
import { lakeColumns } from '../model/lake-columns.ts';
import type { TransformRequest } from './request.ts';

/**
 * Raised whenever the same input would give other bytes: a change of the rules, of DuckDB, or of a file's
 * layout.
 */
export const TRANSFORM_VERSION = 1;

/** What determines a generation: digests of the parts, and everything that is done to them. */
export type GenerationInput = Pick<
  TransformRequest,
  'day' | 'format' | 'mapping' | 'key' | 'outputs' | 'thresholds'
> & { parts: readonly { number: number; sha256: string }[] };

/**
 * The id of the generation that these parts make under these rules: the same for the same content whatever
 * the job, run or time, and another as soon as any of it differs. The order in which parts or outputs are
 * listed makes no difference.
 */
export function generationId(input: GenerationInput): GenerationId {
  const parts = input.parts.toSorted((left, right) => left.number - right.number);
  const content = {
    version: TRANSFORM_VERSION,
    day: input.day,
    format: input.format,
    parts: parts.map(({ sha256 }) => sha256),
    mapping: digestOf(input.mapping),
    columns: lakeColumns(input.mapping),
    key: input.key,
    outputs: input.outputs.toSorted(),
    thresholds: input.thresholds,
  };
  return GenerationId.parse(digestOf(content).slice(0, 32));
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
