import { Stack } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { TenantId } from '../../lambdas/model/ids.ts';
import { lakeColumns } from '../../lambdas/model/lake-columns.ts';
import type { Mapping } from '../../lambdas/model/mapping.ts';

/** Props of `TenantCatalog`. */
export interface TenantCatalogProps {
  tenant: TenantId;
  /** Name of the lake: databases of several lakes in one account differ in it. */
  lakeName: string;
  bucket: IBucket;
  /** The mapping of each dataset: a table each. */
  datasets: Readonly<Record<string, Mapping>>;
}

/** Hive's names for Parquet: what Athena, Spark and Redshift Spectrum read the table with. */
const PARQUET = {
  inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
};

/**
 * A tenant's Glue database with one table a dataset, partitioned by `dt`, the UTC day as text. The commit of a window adds
 * its partition, or points it at another generation.
 */
export class TenantCatalog extends Construct {
  readonly databaseName: string;
  private readonly tables: readonly string[];

  constructor(scope: Construct, id: string, props: TenantCatalogProps) {
    super(scope, id);
    // Hyphens would have to be quoted in every query.
    this.databaseName = `${props.lakeName}_${props.tenant}`.replaceAll('-', '_');
    this.tables = Object.keys(props.datasets);
    const catalogId = Stack.of(this).account;
    const database = new CfnDatabase(this, 'Database', {
      catalogId,
      databaseInput: { name: this.databaseName, description: `CXone data of ${props.tenant}` },
    });
    for (const [dataset, mapping] of Object.entries(props.datasets)) {
      const table = new CfnTable(this, dataset, {
        catalogId,
        databaseName: this.databaseName,
        tableInput: {
          name: dataset,
          description: `${mapping.name}, version ${mapping.version} of its mapping`,
          tableType: 'EXTERNAL_TABLE',
          parameters: { classification: 'parquet', EXTERNAL: 'TRUE' },
          partitionKeys: [{ name: 'dt', type: 'string', comment: 'The UTC day' }],
          storageDescriptor: {
            ...PARQUET,
            columns: describedColumns(mapping),
            location: `s3://${props.bucket.bucketName}/lake/${props.tenant}/${dataset}/`,
          },
        },
      });
      table.addResourceDependency(database);
    }
  }

  /** Lets the grantee look partitions of this tenant's tables up, add them and point them elsewhere. */
  grantPublish(grantee: IGrantable): void {
    const arn = (resource: string) => Stack.of(this).formatArn({ service: 'glue', resource });
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['glue:CreatePartition', 'glue:GetPartition', 'glue:GetTable', 'glue:UpdatePartition'],
        resources: [
          arn('catalog'),
          arn(`database/${this.databaseName}`),
          ...this.tables.map((table) => arn(`table/${this.databaseName}/${table}`)),
        ],
      }),
    );
  }
}

/** Letters of a comment that Glue takes. Source: Glue's API, `Column`. */
const COMMENT_LETTERS = 255;

function describedColumns(mapping: Mapping): { name: string; type: string; comment?: string }[] {
  const comments = new Map(mapping.columns.map(({ column, description }) => [column, description]));
  return lakeColumns(mapping).map((column) => {
    const comment = (comments.get(column.name) ?? '').replaceAll(/\s+/g, ' ').slice(0, COMMENT_LETTERS);
    return comment === '' ? column : { ...column, comment };
  });
}
