import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { LakeSettings } from '../lambdas/model/configuration.ts';
import { AuditKey } from './storage/audit-key.ts';
import { LakeBucket } from './storage/lake-bucket.ts';
import { LakeKey } from './storage/lake-key.ts';
import { Ledger } from './storage/ledger.ts';
import { Topics } from './storage/topics.ts';

/** What all tenants share: key, bucket, ledger and topics. One stack a lake, `<lake>-lake`. */
export class LakeStack extends Stack {
  readonly key: LakeKey;
  readonly auditKey: AuditKey;
  readonly bucket: LakeBucket;
  readonly ledger: Ledger;
  readonly topics: Topics;

  constructor(scope: Construct, settings: LakeSettings) {
    super(scope, `${settings.name}-lake`, { description: 'CXone export: lake, ledger, key and topics' });
    this.key = new LakeKey(this, 'Key', { existingArn: settings.keyArn });
    this.auditKey = new AuditKey(this, 'AuditKey', { existingArn: settings.auditKeyArn });
    this.bucket = new LakeBucket(this, 'Bucket', {
      key: this.key,
      existingName: settings.bucketName,
      retention: settings.retention,
      objectLock: locks(settings).length > 0,
    });
    this.ledger = new Ledger(this, 'Ledger', { key: this.key });
    this.topics = new Topics(this, 'Topics', { key: this.key, alarmEmail: settings.alarmEmail });
    this.warnOfGiven(settings);
    new CfnOutput(this, 'LakeBucketName', { value: this.bucket.bucket.bucketName });
    new CfnOutput(this, 'AuditKeyArn', { value: this.auditKey.key.keyArn });
    new CfnOutput(this, 'LedgerTableName', { value: this.ledger.table.tableName });
    new CfnOutput(this, 'NoticeTopicArn', { value: this.topics.notices.topicArn });
    new CfnOutput(this, 'AlarmTopicArn', { value: this.topics.alarms.topicArn });
  }

  /** Says what is the owner's to see to where bucket or key are given. */
  private warnOfGiven(settings: LakeSettings): void {
    const { bucketName, keyArn } = settings;
    if (bucketName !== undefined)
      Annotations.of(this).addWarningV2(
        'cxone-export:given-bucket',
        `The bucket ${bucketName} is given: its encryption with the lake's key, its block of public access, its refusal of plain HTTP, its versions and its lifecycle rules are not set here.`,
      );
    if (bucketName !== undefined && locks(settings).length > 0)
      Annotations.of(this).addWarningV2(
        'cxone-export:given-bucket-lock',
        `${locks(settings).join(' and ')} set: the bucket ${bucketName} must have Object Lock, or nothing that is to be locked can be written.`,
      );
    if (keyArn !== undefined)
      Annotations.of(this).addWarningV2(
        'cxone-export:given-key',
        "The key is given: its policy must let this account's IAM policies decide, and let cloudwatch.amazonaws.com, events.amazonaws.com and logs.<region>.amazonaws.com use it. See lib/storage/lake-key.ts for the statements.",
      );
  }
}

/** The settings that lock objects, by name. */
function locks(settings: LakeSettings): string[] {
  return (['auditLockDays', 'archiveLockDays'] as const).filter((name) => settings[name] !== undefined);
}
