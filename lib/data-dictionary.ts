import { lakeColumns } from '../lambdas/model/lake-columns.ts';
import type { MappedColumn, Mapping } from '../lambdas/model/mapping.ts';
import { loadsTable, quarantinedRows } from './operations/glue-tables.ts';

const INTRODUCTION = `# Data dictionary

The tables of a tenant's Glue database and their columns. Every instant is UTC: \`timestamp\` columns have no zone of their own and
mean UTC, \`dt\` and \`day\` are UTC days. Durations are decimal seconds, whatever unit CXone gives them in. Text stays as CXone
spells it, with leading zeros and \`+\`.

A day in local time is a condition on the instant, not on \`dt\`: a day of Berlin lies in two partitions. As a view, in Athena:

\`\`\`sql
CREATE VIEW cdr_berlin AS
SELECT *, CAST(with_timezone(start_time, 'UTC') AT TIME ZONE 'Europe/Berlin' AS timestamp) AS start_time_local
FROM cdr
\`\`\`

The cast is there because a view of Athena cannot have a column with a zone. Filter on \`dt\` as well, one day wider on both sides: it is
what keeps a query from reading everything.

This page is made from \`config/mappings\` by \`npm run dictionary\`.
`;

/** What the load adds to every row. */
const ADDED: Readonly<Record<string, string>> = {
  load_window: 'The window that the row came with: its UTC day',
  load_generation: 'The generation of the window that the row is in',
  extra_columns: 'Fields that the mapping does not know, a JSON object by their names; NULL without any',
};

/** A table as the dictionary shows it. */
export interface DictionaryTable {
  /** Name of the table: the dataset. */
  dataset: string;
  mapping: Mapping;
}

/** The dictionary of these datasets' tables, as the Markdown text of docs/data-dictionary.md. */
export function dataDictionaryText(tables: readonly DictionaryTable[]): string {
  const source = { bucketName: 'lake', tenant: 'tenant' };
  return [
    INTRODUCTION,
    ...tables.map(({ dataset, mapping }) => datasetArticle(dataset, mapping)),
    plainArticle(
      'loads',
      'What is loaded: a row for each committed day of each dataset.',
      loadsTable(source),
    ),
    plainArticle(
      '<dataset>_quarantine',
      'Rejected and superseded rows of a dataset, of every generation that is still kept: where each was and why, without the row itself.',
      quarantinedRows('dataset', source),
    ),
  ].join('\n');
}

function datasetArticle(dataset: string, mapping: Mapping): string {
  const bySource = new Map(mapping.columns.map((column) => [column.column, column]));
  const lines = lakeColumns(mapping).map(({ name, type }) => {
    const mapped = bySource.get(name);
    return `| \`${name}\` | ${type} | ${mapped === undefined ? '' : sourceOf(mapped)} | ${mapped?.required ? 'always' : ''} | ${mapped?.description || (ADDED[name] ?? '')} |`;
  });
  return [
    `## ${dataset}\n`,
    `Mapping \`${mapping.name}\`, version ${mapping.version}. A row belongs to the UTC day of \`${mapping.windowColumn}\`.\n`,
    '| column | type | in CXone | there | meaning |',
    '| --- | --- | --- | --- | --- |',
    '| `dt` | string, partition | | always | The UTC day, `2024-05-15` |',
    ...lines,
    '',
  ].join('\n');
}

function sourceOf({ source, aliases, unit }: MappedColumn): string {
  const also = aliases.length === 0 ? '' : `, also ${aliases.map((alias) => `\`${alias}\``).join(', ')}`;
  return `\`${source}\`${also}${unit === undefined ? '' : `, in ${unit}`}`;
}

function plainArticle(name: string, meaning: string, table: ReturnType<typeof loadsTable>): string {
  const descriptor = table.storageDescriptor;
  const columns = descriptor !== undefined && 'columns' in descriptor ? descriptor.columns : undefined;
  const listed = Array.isArray(columns) ? columns : [];
  const lines = listed.flatMap((column) =>
    'name' in column ? [`| \`${column.name}\` | ${column.type ?? ''} | ${column.comment ?? ''} |`] : [],
  );
  return [
    `## ${name}\n`,
    `${meaning}\n`,
    '| column | type | meaning |',
    '| --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}
