import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { LakeSettings } from '../../lambdas/model/configuration.ts';
import type { EnvironmentOf, FunctionName } from '../../lambdas/model/environment.ts';
import type { FamilyName } from '../../lambdas/model/families.ts';
import type { ConfiguredTenant } from '../configuration-file.ts';
import type { LakeStack } from '../lake-stack.ts';
import type { TenantCatalog } from '../operations/catalog.ts';
import { CALLERS, LAKE_ACCESS, LEDGER_ACCESS } from './access.ts';
import { PipelineFunction } from './pipeline-function.ts';

/** The families that the pipelines of this release call: tokens are fetched for no other. */
const FAMILIES: readonly FamilyName[] = ['dataDownload'];

/** Props of `TenantFunctions`. */
export interface TenantFunctionsProps {
  configured: ConfiguredTenant;
  settings: LakeSettings;
  lake: LakeStack;
  catalog: TenantCatalog;
  /** Names of the tenant's machines: functions look executions up by them. */
  machineNames: readonly string[];
}

/** Every function of a tenant by its name. */
export type FunctionsByName = { readonly [Name in FunctionName]: PipelineFunction<Name> };

/** A tenant's functions, each with its environment and with exactly the permissions that its work takes. */
export class TenantFunctions extends Construct {
  readonly byName: FunctionsByName;
  private readonly props: TenantFunctionsProps;

  constructor(scope: Construct, id: string, props: TenantFunctionsProps) {
    super(scope, id);
    this.props = props;
    this.byName = this.make();
    for (const one of Object.values(this.byName)) this.grantStores(one);
    for (const name of CALLERS)
      props.lake.key.grantOpenTokens(this.byName[name].role, this.tenant, FAMILIES, ['access']);
    props.lake.key.grantSealTokens(this.byName.token.role, this.tenant, FAMILIES);
    this.grantCredentials();
    props.catalog.grantPublish(this.byName.publish.role);
    props.lake.topics.grantNotify(this.byName.record.role);
    this.grantLookUp();
  }

  private get tenant() {
    return this.props.configured.tenant.id;
  }

  private make(): FunctionsByName {
    const { lake, settings, configured, catalog } = this.props;
    const base = { TENANT: this.tenant, LEDGER_TABLE: lake.ledger.table.tableName };
    const LAKE_BUCKET = lake.bucket.seenFrom(Stack.of(this)).bucketName;
    const KEY_ARN = lake.key.key.keyArn;
    const egress = settings.proxy === undefined ? {} : { EGRESS_PROXY: settings.proxy };
    const calls = { ...base, KEY_ARN, FAMILY: JSON.stringify(configured.families.dataDownload), ...egress };
    const families = Object.fromEntries(FAMILIES.map((name) => [name, configured.families[name]]));
    const { transformMemory: memory, transformDisk: disk } = configured.cdr.settings;
    return {
      plan: this.function('plan', { ...base, LAKE_BUCKET }),
      claim: this.function('claim', base),
      token: this.function('token', {
        ...base,
        KEY_ARN,
        CREDENTIALS_SECRET: configured.tenant.secret,
        FAMILIES: JSON.stringify(families),
        ...egress,
      }),
      submit: this.function('submit', calls),
      poll: this.function('poll', { ...calls, LAKE_BUCKET }),
      download: this.function('download', { ...calls, LAKE_BUCKET }),
      transform: this.function(
        'transform',
        { ...base, LAKE_BUCKET, DISK_MEGABYTES: `${disk}`, MEMORY_MEGABYTES: `${memory}` },
        { memory, disk },
      ),
      commit: this.function('commit', base),
      publish: this.function('publish', { ...base, LAKE_BUCKET, GLUE_DATABASE: catalog.databaseName }),
      reconcile: this.function('reconcile', { ...base, LAKE_BUCKET }),
      record: this.function('record', { ...base, LAKE_BUCKET, NOTICE_TOPIC: lake.topics.notices.topicArn }),
    };
  }

  private function<Name extends FunctionName>(
    name: Name,
    environment: EnvironmentOf<Name>,
    size: { memory?: number; disk?: number } = {},
  ): PipelineFunction<Name> {
    const { lake, settings } = this.props;
    const id = name.charAt(0).toUpperCase() + name.slice(1);
    return new PipelineFunction(this, id, {
      name,
      tenant: this.tenant,
      lake: settings,
      key: lake.key,
      environment,
      ...size,
    });
  }

  private grantStores({ name, role }: PipelineFunction): void {
    const { lake } = this.props;
    lake.ledger.grant(role, this.tenant, LEDGER_ACCESS[name]);
    const objects = LAKE_ACCESS[name];
    if (objects === undefined) return;
    lake.bucket.grantRead(role, this.tenant, objects.read);
    lake.bucket.grantWrite(role, this.tenant, objects.write);
  }

  /** The token function alone reads the client credentials. Secrets Manager adds six characters to a secret's name. */
  private grantCredentials(): void {
    const { role } = this.byName.token;
    const { secret } = this.props.configured.tenant;
    role.addToPolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [
          Stack.of(this).formatArn({
            service: 'secretsmanager',
            resource: `secret:${secret}-??????`,
          }),
        ],
      }),
    );
    this.props.lake.key.grantThrough(role, 'secretsmanager');
  }

  /** Whether a claim's owner lives, and what became of a run: asked of this tenant's machines only. */
  private grantLookUp(): void {
    const executions = this.props.machineNames.map((machine) =>
      Stack.of(this).formatArn({ service: 'states', resource: `execution:${machine}:*` }),
    );
    for (const { role } of [this.byName.claim, this.byName.record])
      role.addToPolicy(new PolicyStatement({ actions: ['states:DescribeExecution'], resources: executions }));
  }
}
