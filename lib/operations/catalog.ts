import { Stack } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { TenantId } from '../../lambdas/model/ids.ts';
import type { Mapping } from '../../lambdas/model/mapping.ts';
import { datasetTable, loadsTable, quarantinedRows } from './glue-tables.ts';

/** Props of `TenantCatalog`. */
export interface TenantCatalogProps {
  tenant: TenantId;
  /** Name of the lake: databases of several lakes in one account differ in it. */
  lakeName: string;
  bucket: IBucket;
  /** The mapping of each dataset: a table each. */
  datasets: Readonly<Record<string, Mapping>>;
}

/**
 * A tenant's Glue database: one table a dataset, partitioned by `dt`, the UTC day as text; one over its quarantine; and
 * `loads`, which says what is there. The commit of a window adds its partition, or points it at another generation.
 */
export class TenantCatalog extends Construct {
  readonly databaseName: string;

  constructor(scope: Construct, id: string, props: TenantCatalogProps) {
    super(scope, id);
    // Hyphens would have to be quoted in every query.
    this.databaseName = `${props.lakeName}_${props.tenant}`.replaceAll('-', '_');
    const catalogId = Stack.of(this).account;
    const database = new CfnDatabase(this, 'Database', {
      catalogId,
      databaseInput: { name: this.databaseName, description: `CXone data of ${props.tenant}` },
    });
    const source = { bucketName: props.bucket.bucketName, tenant: props.tenant };
    const inputs = [
      ...Object.entries(props.datasets).flatMap(([dataset, mapping]) => [
        datasetTable(dataset, mapping, source),
        quarantinedRows(dataset, source),
      ]),
      loadsTable(source),
    ];
    for (const tableInput of inputs) {
      const table = new CfnTable(this, String(tableInput.name), {
        catalogId,
        databaseName: this.databaseName,
        tableInput,
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
          // By name, fifty reports' tables are more than a role's policy holds.
          arn(`table/${this.databaseName}/*`),
        ],
      }),
    );
  }
}
