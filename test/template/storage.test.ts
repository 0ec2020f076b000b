import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { environmentOf, statementsOfFunction, synthesise, tenant } from './synthesised.ts';

const templates = synthesise({
  lake: { retention: { rawDays: 11, quarantineDays: 22, runRecordDays: 33, supersededGenerationDays: 44 } },
  tenants: [tenant('acme')],
});
const lake = templates('cxone-export-lake');
const acme = templates('cxone-export-acme');

describe('the lake’s bucket', () => {
  it('OPS-02 is encrypted with the lake’s key, private, versioned and retained', () => {
    lake.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: Match.objectLike({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              BucketKeyEnabled: true,
              ServerSideEncryptionByDefault: {
                SSEAlgorithm: 'aws:kms',
                KMSMasterKeyID: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
              },
            },
          ],
        },
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        LoggingConfiguration: Match.objectLike({ LogFilePrefix: 'lake/' }),
      }),
    });
  });

  it('OPS-02 refuses plain HTTP and TLS below 1.2, as every bucket of the stack does', () => {
    const buckets = Object.keys(lake.findResources('AWS::S3::Bucket'));
    const denials = (condition: unknown) =>
      Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: condition })]);

    for (const bucket of buckets)
      for (const condition of [
        { Bool: { 'aws:SecureTransport': 'false' } },
        { NumericLessThan: { 's3:TlsVersion': 1.2 } },
      ])
        lake.hasResourceProperties('AWS::S3::BucketPolicy', {
          Bucket: { Ref: bucket },
          PolicyDocument: { Statement: denials(condition) },
        });

    expect(buckets).toHaveLength(2);
  });

  it('ALL-19 OPS-02 expires each prefix as configured, old versions and uploads that were never completed', () => {
    const rule = (prefix: string, days: number) =>
      Match.objectLike({
        Prefix: prefix,
        ExpirationInDays: days,
        // Of two rules that meet S3 honours the shorter: what has expired is gone for good a day later.
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        Status: 'Enabled',
      });

    lake.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: [
          rule('raw/', 11),
          rule('quarantine/', 22),
          rule('runs/', 33),
          rule('adhoc/', 11),
          rule('athena/', 7),
          Match.objectLike({
            NoncurrentVersionExpiration: { NoncurrentDays: 44 },
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
            ExpiredObjectDeleteMarker: true,
          }),
        ],
      },
    });
  });

  it('OPS-07 never expires what is committed', () => {
    const buckets = Object.values(
      lake.findResources('AWS::S3::Bucket', { Properties: { VersioningConfiguration: Match.anyValue() } }),
    );

    const expiring = buckets.flatMap(({ Properties }) =>
      Properties.LifecycleConfiguration.Rules.filter(
        (rule: { ExpirationInDays?: number }) => rule.ExpirationInDays !== undefined,
      ).map((rule: { Prefix?: string }) => rule.Prefix),
    );

    expect(expiring).toEqual(['raw/', 'quarantine/', 'runs/', 'adhoc/', 'athena/']);
  });
});

describe('the audit chain', () => {
  it('ALL-12 has a key of its own for authentication, retained', () => {
    lake.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
    });
  });

  it('ALL-12 is locked where the lake says so, and Object Lock is off otherwise', () => {
    const locked = synthesise({ lake: { auditLockDays: 365 }, tenants: [tenant('acme')] });
    const [retention] = statementsOfFunction(locked('cxone-export-acme'), 'audit').filter(({ actions }) =>
      actions.includes('s3:PutObjectRetention'),
    );

    locked('cxone-export-lake').hasResourceProperties('AWS::S3::Bucket', { ObjectLockEnabled: true });
    expect(environmentOf(locked('cxone-export-acme'), 'audit').AUDIT_LOCK_DAYS).toBe('365');
    expect(retention?.resources).toEqual([expect.stringMatching(/\/audit\/acme\/\*$/)]);
    lake.resourcePropertiesCountIs('AWS::S3::Bucket', { ObjectLockEnabled: true }, 0);
  });
});

describe('the archive', () => {
  it('ARC-05 makes the bucket one with Object Lock where its objects are to be locked', () => {
    const archiving = { ...tenant('acme'), pipelines: { archive: {} } };
    const locked = synthesise({ lake: { archiveLockDays: 3_650 }, tenants: [archiving] });
    const [retention] = statementsOfFunction(locked('cxone-export-acme'), 'seal-archive-day').filter(
      ({ actions }) => actions.includes('s3:PutObjectRetention'),
    );

    locked('cxone-export-lake').hasResourceProperties('AWS::S3::Bucket', { ObjectLockEnabled: true });
    expect(environmentOf(locked('cxone-export-acme'), 'seal-archive-day').ARCHIVE_LOCK_DAYS).toBe('3650');
    expect(retention?.resources).toEqual([expect.stringMatching(/\/archive\/acme\/\*$/)]);
  });
});

describe('the ledger', () => {
  it('OPS-02 is on demand, encrypted, recoverable, protected and retained', () => {
    lake.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: Match.objectLike({
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
        SSESpecification: {
          SSEEnabled: true,
          SSEType: 'KMS',
          KMSMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
        },
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      }),
    });
  });
});

describe('key, topics and queue', () => {
  it('OPS-02 rotates the key and retains it', () => {
    lake.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({ EnableKeyRotation: true }),
    });
  });

  it('OPS-02 lets alarms and logs of this account and rules use the key and nobody else', () => {
    const [key] = Object.values(lake.findResources('AWS::KMS::Key'));
    const [owner, ...services] = key?.Properties.KeyPolicy.Statement ?? [];

    expect(owner.Action).toBe('kms:*');
    expect(JSON.stringify(owner.Principal)).toContain(':root');
    expect(services).toHaveLength(3);
    for (const service of services) {
      expect(service.Principal.Service).toBeDefined();
      // EventBridge tells KMS no source: with a condition on it, dead letters of rules would be lost.
      if (service.Principal.Service === 'events.amazonaws.com') expect(service.Condition).toBeUndefined();
      else expect(JSON.stringify(service.Condition)).toContain('AWS::AccountId');
    }
  });

  it('OPS-02 encrypts both topics with the lake’s key and refuses plain HTTP', () => {
    lake.resourceCountIs('AWS::SNS::Topic', 2);
    lake.allResourcesProperties('AWS::SNS::Topic', {
      KmsMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
    });
    lake.allResourcesProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('OPS-03 lets this account’s alarms publish although the topic has a policy', () => {
    lake.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    });
  });

  it('OPS-02 keeps dead letters 14 days, encrypted, TLS only', () => {
    acme.hasResourceProperties('AWS::SQS::Queue', {
      KmsMasterKeyId: Match.objectLike({ 'Fn::ImportValue': Match.anyValue() }),
      MessageRetentionPeriod: 14 * 24 * 3_600,
    });
    acme.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('OPS-01 shows bucket, table, topics, machine, database and queue as outputs', () => {
    const outputs = [...Object.keys(lake.findOutputs('*')), ...Object.keys(acme.findOutputs('*'))];

    expect(outputs).toEqual(
      expect.arrayContaining([
        'LakeBucketName',
        'LedgerTableName',
        'NoticeTopicArn',
        'AlarmTopicArn',
        'CdrExportMachineArn',
        'GlueDatabaseName',
        'DeadLetterQueueUrl',
      ]),
    );
  });
});
