import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { TenantId } from '../../lambdas/model/ids.ts';
import type { LakeKey } from './lake-key.ts';

/** Kinds of item: the second segment of every partition key, `<tenant>#<kind>#…`. */
export type ItemKind =
  | 'window'
  | 'part'
  | 'reading'
  | 'breaker'
  | 'token'
  | 'refresh'
  | 'mark'
  | 'run'
  | 'limiter'
  | 'drift'
  | 'hashKey'
  | 'attempt'
  | 'page'
  | 'audit'
  | 'action'
  | 'pause'
  | 'archive'
  | 'delivery';

/** What may be done with items of one kind: reading one, changing one, reading a partition. Never a scan. */
export type LedgerAction = 'GetItem' | 'UpdateItem' | 'Query';

/** What a function may do, by kind of item. */
export type LedgerAccess = Readonly<Partial<Record<ItemKind, readonly LedgerAction[]>>>;

/** The table that holds the truth about windows, tokens, limits and runs. On demand, encrypted, recoverable to any second of 35 days, protected and retained. */
export class Ledger extends Construct {
  readonly table: Table;
  private readonly key: LakeKey;

  constructor(scope: Construct, id: string, props: { key: LakeKey }) {
    super(scope, id);
    this.key = props.key;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: props.key.key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      timeToLiveAttribute: 'expiresAt',
    });
  }

  /** Lets the grantee reach a tenant's items of some kinds: each action is bounded by the partition keys that begin with tenant and kind. */
  grant(grantee: IGrantable, tenant: TenantId, access: LedgerAccess): void {
    const kindsByActions = new Map<string, { actions: readonly LedgerAction[]; kinds: string[] }>();
    for (const [kind, actions] of Object.entries(access)) {
      const of = [...actions].sort();
      const entry = kindsByActions.get(of.join()) ?? { actions: of, kinds: [] };
      entry.kinds.push(kind);
      kindsByActions.set(of.join(), entry);
    }
    for (const { actions, kinds } of kindsByActions.values())
      grantee.grantPrincipal.addToPrincipalPolicy(
        new PolicyStatement({
          actions: actions.map((action) => `dynamodb:${action}`),
          resources: [this.table.tableArn],
          conditions: {
            'ForAllValues:StringLike': {
              'dynamodb:LeadingKeys': kinds.map((kind) => `${tenant}#${kind}#*`),
            },
          },
        }),
      );
    if (kindsByActions.size > 0) this.key.grantThrough(grantee, 'dynamodb');
  }
}
