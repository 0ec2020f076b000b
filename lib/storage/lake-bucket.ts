import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { LakeSettings } from '../../lambdas/model/configuration.ts';
import type { TenantId } from '../../lambdas/model/ids.ts';
import type { LakeKey } from './lake-key.ts';

/** First segment of every key in the lake. The second is the tenant. */
export type LakePrefix = 'raw' | 'lake' | 'export' | 'quarantine' | 'current' | 'runs' | 'adhoc';

/** Props of `LakeBucket`. */
export interface LakeBucketProps {
  key: LakeKey;
  /** Name of a bucket that is there already. Its encryption, versions, lifecycle and policy are its owner's. */
  existingName?: string | undefined;
  retention: LakeSettings['retention'];
}

/** Days after which a multipart upload that was never completed is removed: no function lives longer than 15 minutes. */
const INCOMPLETE_UPLOAD_DAYS = 7;

/** Days that an expired or overwritten object of a prefix with its own retention is still recoverable. */
const RECOVERY_DAYS = 1;

/** The bucket that holds all data of the lake: encrypted with the lake's key, private, TLS 1.2 or later, versioned, retained. */
export class LakeBucket extends Construct {
  readonly bucket: IBucket;
  private readonly key: LakeKey;

  constructor(scope: Construct, id: string, props: LakeBucketProps) {
    super(scope, id);
    this.key = props.key;
    this.bucket =
      props.existingName === undefined
        ? this.ownBucket(props.retention)
        : Bucket.fromBucketName(this, 'Bucket', props.existingName);
  }

  private ownBucket(retention: LakeSettings['retention']): Bucket {
    return new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key.key,
      bucketKeyEnabled: true,
      versioned: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: lifecycleRules(retention),
      serverAccessLogsBucket: this.accessLogs(retention),
      serverAccessLogsPrefix: 'lake/',
    });
  }

  /** Who read what, as S3 itself tells it. S3 delivers these logs to buckets with S3's own encryption only. */
  private accessLogs(retention: LakeSettings['retention']): Bucket {
    return new Bucket(this, 'AccessLogs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ id: 'access-logs', expiration: Duration.days(retention.logDays) }],
    });
  }

  /**
   * Lets the grantee read a tenant's objects under these prefixes, and list them: every list names one of the prefixes, so
   * no other tenant's keys are seen. Asking for an absent object by its key answers 403; a list by that key tells.
   */
  grantRead(grantee: IGrantable, tenant: TenantId, prefixes: readonly LakePrefix[]): void {
    if (prefixes.length === 0) return;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:GetObject'], resources: this.objects(tenant, prefixes) }),
    );
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}/${tenant}/*`) } },
      }),
    );
    this.key.grantThrough(grantee, 's3');
  }

  /** Lets the grantee write a tenant's objects under these prefixes. Nothing is ever deleted by a function. */
  grantWrite(grantee: IGrantable, tenant: TenantId, prefixes: readonly LakePrefix[]): void {
    if (prefixes.length === 0) return;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:AbortMultipartUpload', 's3:PutObject'],
        resources: this.objects(tenant, prefixes),
      }),
    );
    this.key.grantThrough(grantee, 's3');
  }

  private objects(tenant: TenantId, prefixes: readonly LakePrefix[]): string[] {
    return prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}/${tenant}/*`));
  }
}

function lifecycleRules(retention: LakeSettings['retention']): LifecycleRule[] {
  const expires = (prefix: LakePrefix, days: number): LifecycleRule => ({
    id: prefix,
    prefix: `${prefix}/`,
    expiration: Duration.days(days),
    noncurrentVersionExpiration: Duration.days(RECOVERY_DAYS),
  });
  return [
    expires('raw', retention.rawDays),
    expires('quarantine', retention.quarantineDays),
    expires('runs', retention.runRecordDays),
    expires('adhoc', retention.rawDays),
    {
      id: 'everything',
      noncurrentVersionExpiration: Duration.days(retention.supersededGenerationDays),
      abortIncompleteMultipartUploadAfter: Duration.days(INCOMPLETE_UPLOAD_DAYS),
      expiredObjectDeleteMarker: true,
    },
  ];
}
