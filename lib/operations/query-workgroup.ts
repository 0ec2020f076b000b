import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { TenantId } from '../../lambdas/model/ids.ts';
import type { Mapping } from '../../lambdas/model/mapping.ts';
import type { LakeKey } from '../storage/lake-key.ts';
import { datasetQueries, loadQueries } from './saved-queries.ts';

/** Props of `QueryWorkgroup`. */
export interface QueryWorkgroupProps {
  tenant: TenantId;
  /** `<lake>-<tenant>`. */
  name: string;
  bucket: IBucket;
  key: LakeKey;
  databaseName: string;
  datasets: Readonly<Record<string, Mapping>>;
  /** Gigabytes that one query may read: Athena ends one that reads more. */
  scanLimitGigabytes: number;
}

const BYTES_OF_GIGABYTE = 1024 ** 3;

/**
 * Where a tenant's data is queried: an Athena workgroup whose results are encrypted and lie under `athena/<tenant>/` of the
 * lake's bucket, whose queries cannot read more than the limit, and which has the saved queries.
 */
export class QueryWorkgroup extends Construct {
  readonly workgroup: CfnWorkGroup;

  constructor(scope: Construct, id: string, props: QueryWorkgroupProps) {
    super(scope, id);
    this.workgroup = new CfnWorkGroup(this, 'Workgroup', {
      name: props.name,
      description: `CXone data of ${props.tenant}`,
      // Athena deletes no workgroup that has ever run a query, so that the stack could not be deleted: queries that people saved go with it, data does not.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        // Without it each query could choose another place, or none of the limits.
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: props.scanLimitGigabytes * BYTES_OF_GIGABYTE,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${props.bucket.bucketName}/athena/${props.tenant}/`,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: props.key.key.keyArn },
        },
      },
    });
    const queries = [
      ...loadQueries(),
      ...Object.entries(props.datasets).flatMap(([dataset, mapping]) => datasetQueries(dataset, mapping)),
    ];
    for (const query of queries)
      new CfnNamedQuery(this, query.name.replaceAll(/[^a-z0-9]+/g, '-'), {
        name: query.name,
        description: query.description,
        database: props.databaseName,
        queryString: query.sql,
        workGroup: this.workgroup.name,
      }).addResourceDependency(this.workgroup);
  }
}
