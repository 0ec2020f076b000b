import { withoutDefaults } from '../lambdas/model/mapping.ts';
import { ANALYTICS_DATASET, CDR_DATASET } from '../lambdas/model/payloads.ts';
import { kindOf, type Problem } from '../lambdas/model/refusal.ts';
import { MOST_REPORTS } from '../lambdas/model/reports.ts';
import type { ConfiguredReports } from './configuration-file.ts';
import { expressionProblems, keyProblems, mappingSizeProblems } from './mapping-checks.ts';
import { LOADS_TABLE, quarantineTable } from './operations/glue-tables.ts';

/**
 * Bytes of JSON that the mappings of all reports may have together: they are literals of one state machine, whose definition
 * may be 1 MB, as may be the template of the tenant’s stack: that holds them escaped, beside the tables that they become, and half of it is
 * taken by everything else. Mappings of 40 columns take 5 KB each.
 */
const ALL_MAPPINGS_BYTES = 128 * 1024;

/** Bytes of JSON that the questions of all reports may have together: they are a literal of one state, which is to stay under 64 KiB. */
const ALL_QUESTIONS_BYTES = 48 * 1024;

/** What no single file can see of a tenant's reports: against their mappings, the other tables, and what AWS takes. */
export function reportsProblems(
  { reports }: ConfiguredReports,
  datasets: readonly string[],
  path: string,
): Problem[] {
  const mappings = reports.map(({ mapping }) => withoutDefaults(mapping));
  const questions = reports.map(({ report: { dataset, reportId, parameters } }) => [
    dataset,
    reportId,
    parameters,
  ]);
  return [
    ...reports.flatMap(({ report, mapping }, index) => {
      const at = `${path}.reports[${index}]`;
      return [...tableProblems(datasets, report.dataset, at), ...keyProblems(report, mapping, at)];
    }),
    ...[...new Map(reports.map(({ report, mapping }) => [report.mapping, mapping]))].flatMap(
      ([name, mapping]) => [
        ...mappingSizeProblems(name, mapping),
        ...expressionProblems(mapping, `mappings/${name}.json: `),
      ],
    ),
    ...countProblems(reports.length, `${path}.reports`),
    ...sizeProblems(mappings, ALL_MAPPINGS_BYTES, 'mappings of all reports together', `${path}.reports`),
    ...sizeProblems(
      questions,
      ALL_QUESTIONS_BYTES,
      'ids and parameters of all reports together',
      `${path}.reports`,
    ),
  ];
}

/** A dataset whose table's name another table has: of another pipeline, of a quarantine, or the list of what is loaded. */
function tableProblems(datasets: readonly string[], dataset: string, path: string): Problem[] {
  const taken = [CDR_DATASET, ANALYTICS_DATASET, LOADS_TABLE, ...datasets.map(quarantineTable)];
  if (!taken.includes(dataset)) return [];
  const expected = `must not be the name of another table: ${taken.join(', ')}`;
  return [{ path: `${path}.dataset`, found: kindOf(dataset), expected }];
}

/** More reports than the tenant's stack has room for. */
function countProblems(count: number, path: string): Problem[] {
  if (count <= MOST_REPORTS) return [];
  const expected = `must be at most ${MOST_REPORTS}, as many as fit into a stack of CloudFormation: make a second tenant of the others`;
  return [{ path, found: `an array of ${count}`, expected }];
}

function sizeProblems(value: unknown, limit: number, what: string, path: string): Problem[] {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes <= limit) return [];
  return [
    { path, found: `${bytes} bytes of JSON`, expected: `must have at most ${limit} bytes in the ${what}` },
  ];
}
