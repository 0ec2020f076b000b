import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
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
export const LAKE_PREFIXES = [
  'raw',
  'lake',
  'export',
  'quarantine',
  'current',
  'runs',
  'adhoc',
  'athena',
  'audit',
  'manifests',
  'archive',
  'media',
] as const;

/** One of them. */
export type LakePrefix = (typeof LAKE_PREFIXES)[number];

/** Props of `LakeBucket`. */
export interface LakeBucketProps {
  key: LakeKey;
  /** Name of a bucket that is there already. Its encryption, versions, lifecycle and policy are its owner's. */
  existingName?: string | undefined;
  retention: LakeSettings['retention'];
  /** Whether objects can be locked against change and removal. No object is, unless whoever writes it says so. */
  objectLock: boolean;
}

/** Days after which a multipart upload that was never completed is removed: no function lives longer than 15 minutes. */
const INCOMPLETE_UPLOAD_DAYS = 7;

/** Days that the result of a query is kept: it can be had again. */
const QUERY_RESULT_DAYS = 7;

/** Days that an expired or overwritten object of a prefix with its own retention is still recoverable. */
const RECOVERY_DAYS = 1;

/** The bucket that holds all data of the lake: encrypted with the lake's key, private, TLS 1.2 or later, versioned, retained. */
export class LakeBucket extends Construct {
  readonly bucket: IBucket;
  private readonly key: LakeKey;
  private readonly exists: boolean;
  private readonly seen = new Map<Stack, IBucket>();

  constructor(scope: Construct, id: string, props: LakeBucketProps) {
    super(scope, id);
    this.key = props.key;
    this.exists = props.existingName !== undefined;
    this.bucket =
      props.existingName === undefined
        ? this.ownBucket(props)
        : Bucket.fromBucketName(this, 'Bucket', props.existingName);
  }

  private ownBucket({ retention, objectLock }: LakeBucketProps): Bucket {
    return new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key.key,
      bucketKeyEnabled: true,
      versioned: true,
      ...(objectLock ? { objectLockEnabled: true } : {}),
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

  /** The bucket as another stack sees it: by the name and the ARN that the lake's stack exports. */
  seenFrom(stack: Stack): IBucket {
    const owner = Stack.of(this);
    if (this.exists || stack === owner) return this.bucket;
    const seen =
      this.seen.get(stack) ??
      Bucket.fromBucketAttributes(stack, 'LakeBucket', {
        bucketName: owner.exportValue(this.bucket.bucketName),
        bucketArn: owner.exportValue(this.bucket.bucketArn),
      });
    this.seen.set(stack, seen);
    return seen;
  }

  /**
   * Lets the grantee read a tenant's objects under these prefixes, and list them: every list names one of the prefixes, so
   * no other tenant's keys are seen. Asking for an absent object by its key answers 403; a list by that key tells.
   */
  grantRead(grantee: IRole, tenant: TenantId, prefixes: readonly LakePrefix[]): void {
    if (prefixes.length === 0) return;
    const bucket = this.seenFrom(Stack.of(grantee));
    grantee.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:GetObject'],
        resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}/${tenant}/*`)),
      }),
    );
    grantee.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}/${tenant}/*`) } },
      }),
    );
    this.key.grantThrough(grantee, 's3');
  }

  /** Lets the grantee write a tenant's objects under these prefixes. Nothing is ever deleted by a function. */
  grantWrite(grantee: IRole, tenant: TenantId, prefixes: readonly LakePrefix[]): void {
    if (prefixes.length === 0) return;
    const bucket = this.seenFrom(Stack.of(grantee));
    grantee.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:AbortMultipartUpload', 's3:PutObject'],
        resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}/${tenant}/*`)),
      }),
    );
    this.key.grantThrough(grantee, 's3');
  }

  /** Lets the grantee lock a tenant's objects under these prefixes for a time, as it writes them. */
  grantLock(grantee: IRole, tenant: TenantId, prefixes: readonly LakePrefix[]): void {
    const bucket = this.seenFrom(Stack.of(grantee));
    grantee.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:PutObjectRetention'],
        resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}/${tenant}/*`)),
      }),
    );
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
    expires('athena', QUERY_RESULT_DAYS),
    {
      id: 'everything',
      noncurrentVersionExpiration: Duration.days(retention.supersededGenerationDays),
      abortIncompleteMultipartUploadAfter: Duration.days(INCOMPLETE_UPLOAD_DAYS),
      expiredObjectDeleteMarker: true,
    },
  ];
}
