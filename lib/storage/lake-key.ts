import { Aws } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { FamilyName } from '../../lambdas/model/families.ts';
import type { TenantId } from '../../lambdas/model/ids.ts';

/** Services that use the key for a role of ours, each bounded to what it encrypts for us. */
export type KeyService = 's3' | 'dynamodb' | 'sns' | 'sqs' | 'secretsmanager';

/** Kinds of token: a part of their encryption context. */
export type TokenKind = 'access' | 'refresh';

/** Props of `LakeKey`. */
export interface LakeKeyProps {
  /** ARN of a key that is there already. Its policy is its owner's: it must let this account's policies decide and the services below use it. */
  existingArn?: string | undefined;
}

/** What a service needs of the key to do its work for a caller. Source: the services' own guides on encryption at rest. */
const ACTIONS_THROUGH: Readonly<Record<KeyService, readonly string[]>> = {
  s3: ['kms:Decrypt', 'kms:GenerateDataKey'],
  dynamodb: [
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:GenerateDataKey',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
  ],
  sns: ['kms:Decrypt', 'kms:GenerateDataKey'],
  sqs: ['kms:Decrypt', 'kms:GenerateDataKey'],
  secretsmanager: ['kms:Decrypt'],
};

/** The one key of the lake: data, ledger, messages, logs, and the seal of tokens. Rotated yearly, retained. */
export class LakeKey extends Construct {
  readonly key: IKey;

  constructor(scope: Construct, id: string, props: LakeKeyProps = {}) {
    super(scope, id);
    this.key =
      props.existingArn === undefined ? this.ownKey() : Key.fromKeyArn(this, 'Key', props.existingArn);
  }

  private ownKey(): Key {
    const key = new Key(this, 'Key', {
      description: 'CXone export: lake, ledger, messages, logs and tokens',
      enableKeyRotation: true,
    });
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'MessagesOfAlarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    // EventBridge tells KMS no source, so that a condition on one would lose what it could not deliver a second time, silently: its user guide
    // ("Amazon EventBridge targets") has this statement as it is, and SNS's says that such conditions are not supported. The queue's policy says which rule may send.
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'DeadLettersOfRules',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
      }),
    );
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LogGroups',
        principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
        actions: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
          'kms:GenerateDataKey',
          'kms:GenerateDataKeyWithoutPlaintext',
          'kms:DescribeKey',
        ],
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:*`,
          },
        },
      }),
    );
    return key;
  }

  /** Lets a service use the key on behalf of the grantee. Calls to KMS of its own remain refused. */
  grantThrough(grantee: IGrantable, service: KeyService): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: [...ACTIONS_THROUGH[service]],
        resources: [this.key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.amazonaws.com` } },
      }),
    );
  }

  /** Lets the grantee open sealed tokens of a tenant's families, of these kinds only. */
  grantOpenTokens(
    grantee: IGrantable,
    tenant: TenantId,
    families: readonly FamilyName[],
    kinds: readonly TokenKind[],
  ): void {
    this.grantTokens(grantee, ['kms:Decrypt'], tenant, families, kinds);
  }

  /** Lets the grantee seal tokens of a tenant's families, and open them. */
  grantSealTokens(grantee: IGrantable, tenant: TenantId, families: readonly FamilyName[]): void {
    this.grantTokens(grantee, ['kms:Decrypt', 'kms:Encrypt'], tenant, families, ['access', 'refresh']);
  }

  /** Lets the grantee have data keys made for a tenant's archive objects. It opens none. */
  grantSealArchives(grantee: IGrantable, tenant: TenantId): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['kms:GenerateDataKey'],
        resources: [this.key.keyArn],
        conditions: {
          StringEquals: { 'kms:EncryptionContext:tenant': tenant, 'kms:EncryptionContext:kind': 'archive' },
        },
      }),
    );
  }

  private grantTokens(
    grantee: IGrantable,
    actions: string[],
    tenant: TenantId,
    families: readonly FamilyName[],
    kinds: readonly TokenKind[],
  ): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions,
        resources: [this.key.keyArn],
        conditions: {
          StringEquals: {
            'kms:EncryptionContext:tenant': tenant,
            'kms:EncryptionContext:family': [...families],
            'kms:EncryptionContext:kind': [...kinds],
          },
        },
      }),
    );
  }
}
