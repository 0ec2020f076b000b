import type { CfnTable } from 'aws-cdk-lib/aws-glue';
import { lakeColumns } from '../../lambdas/model/lake-columns.ts';
import type { Mapping } from '../../lambdas/model/mapping.ts';

/** What a table is in Glue. */
export type TableInput = CfnTable.TableInputProperty;

/** Where a tenant's objects lie: the address of its bucket and its id. */
export interface TableSource {
  bucketName: string;
  tenant: string;
}

/** Name of the table that says what is loaded. */
export const LOADS_TABLE = 'loads';

/** Name of the table over a dataset's quarantine. */
export function quarantineTable(dataset: string): string {
  return `${dataset}_quarantine`;
}

/** Letters of a comment that Glue takes. Source: Glue's API, `Column`. */
const COMMENT_LETTERS = 255;

/** Hive's names for Parquet: what Athena, Spark and Redshift Spectrum read the table with. */
const PARQUET = {
  inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
};

/**
 * Athena's names for JSON, one document a line. A column whose field is spelled otherwise names it in `mapping.<column>`, in small letters: the SerDe
 * makes those of every field before it looks for one, and some of its versions take the mapping as it is written, so that one with capitals finds nothing.
 */
function jsonLines(fields: Readonly<Record<string, string>> = {}) {
  const renamed = Object.entries(fields).map(([column, field]) => [`mapping.${column}`, field.toLowerCase()]);
  return {
    inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    serdeInfo: {
      serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
      parameters: { 'ignore.malformed.json': 'false', ...Object.fromEntries(renamed) },
    },
  };
}

/** A dataset's rows, partitioned by `dt`, the UTC day as text. */
export function datasetTable(dataset: string, mapping: Mapping, source: TableSource): TableInput {
  return {
    name: dataset,
    description: `${mapping.name}, version ${mapping.version} of its mapping`,
    tableType: 'EXTERNAL_TABLE',
    parameters: { classification: 'parquet', EXTERNAL: 'TRUE' },
    partitionKeys: [{ name: 'dt', type: 'string', comment: 'The UTC day' }],
    storageDescriptor: {
      ...PARQUET,
      columns: describedColumns(mapping),
      location: `s3://${source.bucketName}/lake/${source.tenant}/${dataset}/`,
    },
  };
}

/** What is loaded: a row a dataset and day, as `current.json` says. It needs no partitions and is never behind a commit. */
export function loadsTable(source: TableSource): TableInput {
  return {
    name: LOADS_TABLE,
    description: 'What is loaded: a row for each committed day of each dataset',
    tableType: 'EXTERNAL_TABLE',
    parameters: { classification: 'json', EXTERNAL: 'TRUE' },
    storageDescriptor: {
      ...jsonLines({ committed_at: 'committedAt', max_event: 'maxEvent', counts: 'rows' }),
      columns: [
        { name: 'dataset', type: 'string', comment: 'Name of its table' },
        { name: 'day', type: 'string', comment: 'The UTC day, as dt has it' },
        { name: 'generation', type: 'string', comment: 'The current one' },
        { name: 'replaced', type: 'string', comment: 'The generation that was current before' },
        { name: 'committed_at', type: 'string', comment: 'ISO 8601, UTC' },
        { name: 'max_event', type: 'string', comment: 'The latest event of the day, ISO 8601, UTC' },
        {
          name: 'counts',
          type: 'struct<parsed:bigint,rowsout:bigint,duplicates:bigint,superseded:bigint,rejects:bigint,outsidewindow:bigint>',
          comment: 'parsed = rowsout + duplicates + superseded + rejects',
        },
        { name: 'files', type: 'bigint' },
        { name: 'bytes', type: 'bigint' },
      ],
      location: `s3://${source.bucketName}/current/${source.tenant}/`,
    },
  };
}

/** Why rows were left out, without the rows: those may hold anything. Of every generation: join it with `loads` for the current ones. */
export function quarantinedRows(dataset: string, source: TableSource): TableInput {
  return {
    name: quarantineTable(dataset),
    description: `Rejected and superseded rows of ${dataset}: where each was, and why`,
    tableType: 'EXTERNAL_TABLE',
    parameters: { classification: 'json', EXTERNAL: 'TRUE' },
    storageDescriptor: {
      // `column` is a word of SQL.
      ...jsonLines({ source_column: 'column' }),
      compressed: true,
      columns: [
        { name: 'part', type: 'bigint', comment: 'Number of the part' },
        { name: 'line', type: 'bigint', comment: 'Line of the part, from 1' },
        { name: 'reason', type: 'string' },
        { name: 'source_column', type: 'string', comment: 'The column that the reason is about' },
      ],
      location: `s3://${source.bucketName}/quarantine/${source.tenant}/${dataset}/`,
    },
  };
}

function describedColumns(mapping: Mapping): { name: string; type: string; comment?: string }[] {
  const comments = new Map(mapping.columns.map(({ column, description }) => [column, description]));
  return lakeColumns(mapping).map((column) => {
    const comment = (comments.get(column.name) ?? '').replaceAll(/\s+/g, ' ').slice(0, COMMENT_LETTERS);
    return comment === '' ? column : { ...column, comment };
  });
}
