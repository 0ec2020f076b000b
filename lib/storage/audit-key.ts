import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** Props of `AuditKey`. */
export interface AuditKeyProps {
  /** ARN of an HMAC_256 key that is there already. Its policy must let this account's policies decide. */
  existingArn?: string | undefined;
}

/**
 * The key that authenticates the audit chains of all tenants (HMAC-SHA-256). It never leaves KMS, so that nobody who can write
 * ledger and bucket can write another past. KMS does not rotate such keys; retained.
 */
export class AuditKey extends Construct {
  readonly key: IKey;

  constructor(scope: Construct, id: string, props: AuditKeyProps = {}) {
    super(scope, id);
    this.key =
      props.existingArn === undefined
        ? new Key(this, 'Key', {
            description: 'CXone export: authenticates audit records',
            keySpec: KeySpec.HMAC_256,
            keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
          })
        : Key.fromKeyArn(this, 'Key', props.existingArn);
  }

  /** Lets the grantee authenticate messages. The message names tenant and pipeline, the key is the lake's. */
  grantAuthenticate(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['kms:GenerateMac'], resources: [this.key.keyArn] }),
    );
  }
}
