import { blursKey, type Mapping } from '../lambdas/model/mapping.ts';
import { kindOf, type Problem } from '../lambdas/model/refusal.ts';
import { cronProblem } from './schedule-expression.ts';

/*
 * What no single file can see and every pipeline has: settings against their mapping, and against what AWS takes.
 */

/** Bytes of JSON that a mapping may have: the machine hands it to the transform in a state, which is to stay under 64 KiB. */
const MAPPING_BYTES = 48 * 1024;

/** Lake columns of a key that a row may lack, or by which different records would look the same. */
export function keyProblems(
  { key, mapping: name }: { key: readonly string[]; mapping: string },
  mapping: Mapping,
  path: string,
): Problem[] {
  const shown = `mappings/${name}.json`;
  return key.flatMap((entry, index): Problem[] => {
    const column = mapping.columns.find((candidate) => candidate.column === entry);
    if (column && blursKey(column))
      return [
        {
          path: `${path}.key[${index}]`,
          found: `a column whose privacy is ${column.privacy}`,
          expected: `must be a column that ${shown} keeps or hashes: different records would have the same key and all but one be left out`,
        },
      ];
    if (column?.required) return [];
    const expected = column
      ? `must be a required column: ${shown} does not say so of this one`
      : `must be a column of ${shown}`;
    return [{ path: `${path}.key[${index}]`, found: kindOf(entry), expected }];
  });
}

/** A mapping that is too long for a state. */
export function mappingSizeProblems(name: string, mapping: Mapping): Problem[] {
  const bytes = Buffer.byteLength(JSON.stringify(mapping));
  if (bytes <= MAPPING_BYTES) return [];
  return [
    {
      path: `mappings/${name}.json: (whole)`,
      found: `${bytes} bytes of JSON`,
      expected: `must be at most ${MAPPING_BYTES} bytes with its defaults: shorten the descriptions`,
    },
  ];
}

/** A schedule that EventBridge would refuse. */
export function scheduleProblems(cron: string, path: string): Problem[] {
  const problem = cronProblem(cron);
  if (problem === undefined) return [];
  return [{ path: `${path}.schedule.cron`, found: kindOf(cron), expected: problem }];
}

/** A text that Step Functions would take for an expression of ours: settings and mapping stand in the definition of the machine. */
export function expressionProblems(value: unknown, path: string): Problem[] {
  if (typeof value === 'string')
    return value.startsWith('{%')
      ? [
          {
            path,
            found: kindOf(value),
            expected: 'must not begin with {%, which begins an expression of the machine',
          },
        ]
      : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    const separator = path.endsWith(' ') ? '' : '.';
    return expressionProblems(entry, Array.isArray(value) ? `${path}[${key}]` : `${path}${separator}${key}`);
  });
}
