import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { LakeSettings } from '../../lambdas/model/configuration.ts';
import { type FunctionName, variablesOf } from '../../lambdas/model/environment.ts';
import type { FamilyName } from '../../lambdas/model/families.ts';
import { FUNCTION_SIZES } from '../../lambdas/model/function-sizes.ts';
import type { HashKeySettings } from '../../lambdas/model/hash-key.ts';
import { isHashed } from '../../lambdas/model/mapping.ts';
import { CDR_DATASET } from '../../lambdas/model/payloads.ts';
import { FAMILY_OF } from '../../lambdas/model/pipelines.ts';
import type { ConfiguredTenant } from '../configuration-file.ts';
import type { LakeStack } from '../lake-stack.ts';
import type { TenantCatalog } from '../operations/catalog.ts';
import type { DeadLetters } from '../storage/dead-letters.ts';
import { CALLERS, CAPABILITIES, type Capability, LAKE_ACCESS, LEDGER_ACCESS } from './access.ts';
import { PipelineFunction } from './pipeline-function.ts';

/** Props of `TenantFunctions`. */
export interface TenantFunctionsProps {
  configured: ConfiguredTenant;
  settings: LakeSettings;
  lake: LakeStack;
  catalog: TenantCatalog;
  deadLetters: DeadLetters;
  /** Names of the tenant's machines: functions look executions up by them. */
  machineNames: readonly string[];
}

/** Functions by their names. */
export type FunctionsByName<Name extends FunctionName = FunctionName> = {
  readonly [One in Name]: PipelineFunction;
};

/** Megabytes of disk for the csv or xlsx file of an export: a larger one is asked for over fewer days, or as json. */
const RESULT_FILE_DISK = 2_048;

/** Memory and disk of a function, megabytes. */
interface Size {
  memory?: number;
  disk?: number;
}

/**
 * A tenant's functions, each with its environment and with exactly the permissions that its work takes. A function is made
 * when the first pipeline asks for it, and shared by those that ask later.
 */
export class TenantFunctions extends Construct {
  private readonly made = new Map<FunctionName, PipelineFunction>();
  private readonly props: TenantFunctionsProps;

  constructor(scope: Construct, id: string, props: TenantFunctionsProps) {
    super(scope, id);
    this.props = props;
  }

  /** The functions of these names. */
  of<Name extends FunctionName>(names: readonly Name[]): FunctionsByName<Name> {
    const found: Partial<Record<FunctionName, PipelineFunction>> = {};
    for (const name of names) found[name] = this.made.get(name) ?? this.make(name);
    if (!holdsAll(found, names)) throw new Error(`Functions are missing of ${names.join(', ')}`);
    return found;
  }

  private get tenant() {
    return this.props.configured.tenant.id;
  }

  private get families(): readonly FamilyName[] {
    return [...new Set(this.props.configured.pipelines.map((pipeline) => FAMILY_OF[pipeline]))];
  }

  private make(name: FunctionName): PipelineFunction {
    const { lake, settings } = this.props;
    const size = this.sizeOf(name);
    const made = new PipelineFunction(this, pascalCase(name), {
      name,
      tenant: this.tenant,
      lake: settings,
      key: lake.key,
      environment: this.environmentOf(name, size),
      ...size,
    });
    this.made.set(name, made);
    this.grantStores(made);
    const family = CALLERS[name];
    if (family !== undefined) lake.key.grantOpenTokens(made.role, this.tenant, [family], ['access']);
    for (const capability of CAPABILITIES[name] ?? []) this.grants[capability](made.role, name);
    return made;
  }

  /** Sizes that are a pipeline's settings. */
  private sizeOf(name: FunctionName): Size {
    const { cdr, analytics, reports } = this.props.configured;
    const ofRecords = [analytics?.settings, reports?.settings].filter((settings) => settings !== undefined);
    const sizes: Partial<Record<FunctionName, Size>> = {
      transform: { memory: cdr.settings.transformMemory, disk: cdr.settings.transformDisk },
      'transform-records': {
        memory: Math.max(...ofRecords.map(({ transformMemory }) => transformMemory)),
        disk: Math.max(...ofRecords.map(({ transformDisk }) => transformDisk)),
      },
      'fetch-export': { disk: RESULT_FILE_DISK },
    };
    return sizes[name] ?? {};
  }

  /** The variables that the function's handler parses: what its name asks for in `ENVIRONMENTS`, and no other. */
  private environmentOf(name: FunctionName, { memory, disk }: Size): Record<string, string> {
    const { lake, settings, configured, catalog } = this.props;
    const family = CALLERS[name];
    const values: Readonly<Record<string, string | undefined>> = {
      TENANT: this.tenant,
      LAKE_NAME: settings.name,
      LEDGER_TABLE: lake.ledger.table.tableName,
      LAKE_BUCKET: lake.bucket.seenFrom(Stack.of(this)).bucketName,
      KEY_ARN: lake.key.key.keyArn,
      CREDENTIALS_SECRET: configured.tenant.secret,
      HASH_KEY_SECRET: this.hashKeyOf(name)?.secret,
      HASH_KEY_VERSION: this.hashKeyOf(name)?.version,
      FAMILY: family && JSON.stringify(configured.families[family]),
      FAMILIES: JSON.stringify(
        Object.fromEntries(this.families.map((one) => [one, configured.families[one]])),
      ),
      GLUE_DATABASE: catalog.databaseName,
      AUDIT_KEY_ARN: lake.auditKey.key.keyArn,
      AUDIT_LOCK_DAYS: settings.auditLockDays === undefined ? undefined : `${settings.auditLockDays}`,
      ARCHIVE_LOCK_DAYS: settings.archiveLockDays === undefined ? undefined : `${settings.archiveLockDays}`,
      ARCHIVE_SEALING: configured.archive && JSON.stringify(configured.archive.sealing),
      WEBHOOK: configured.tenant.webhook && JSON.stringify(configured.tenant.webhook),
      DEAD_LETTER_QUEUE: this.props.deadLetters.queue.queueUrl,
      NOTICE_TOPIC: lake.topics.notices.topicArn,
      EGRESS_PROXY: settings.proxy,
      MEMORY_MEGABYTES: `${memory ?? FUNCTION_SIZES[name].memory}`,
      DISK_MEGABYTES: disk === undefined ? undefined : `${disk}`,
    };
    const { required, optional } = variablesOf(name);
    const environment: Record<string, string> = {};
    for (const variable of [...required, ...optional]) {
      const value = values[variable];
      if (value !== undefined) environment[variable] = value;
      else if (required.includes(variable)) throw new Error(`The function ${name} lacks ${variable}`);
    }
    return environment;
  }

  private grantStores({ name, role }: PipelineFunction): void {
    const { lake } = this.props;
    lake.ledger.grant(role, this.tenant, LEDGER_ACCESS[name]);
    const objects = LAKE_ACCESS[name];
    if (objects === undefined) return;
    lake.bucket.grantRead(role, this.tenant, objects.read);
    lake.bucket.grantWrite(role, this.tenant, objects.write);
  }

  /** How each capability is granted. */
  private get grants(): Readonly<
    Record<Capability, (role: PipelineFunction['role'], name: FunctionName) => void>
  > {
    const { lake, catalog, settings, configured, deadLetters } = this.props;
    return {
      readCredentials: (role) => this.grantSecret(role, configured.tenant.secret),
      readWebhookSecret: (role) => this.grantSecret(role, configured.tenant.webhook?.secret),
      readHashKey: (role, name) => {
        const hashKey = this.hashKeyOf(name);
        if (hashKey === undefined) return;
        this.grantSecret(role, hashKey.secret);
        lake.ledger.grant(role, this.tenant, { hashKey: name === 'doctor' ? ['GetItem'] : ['UpdateItem'] });
      },
      sendDeadLetters: (role) => deadLetters.grantSend(role),
      sealTokens: (role) => lake.key.grantSealTokens(role, this.tenant, this.families),
      publishPartitions: (role) => catalog.grantPublish(role),
      authenticateAudit: (role) => {
        lake.auditKey.grantAuthenticate(role);
        if (settings.auditLockDays !== undefined) lake.bucket.grantLock(role, this.tenant, ['audit']);
      },
      sealArchives: (role) => this.grantSealArchives(role),
      notify: (role) => lake.topics.grantNotify(role),
      lookUpRuns: (role) => this.grantLookUp(role),
    };
  }

  /** The hash key that a function works with: none where no dataset that it transforms has a hashed column. */
  private hashKeyOf(name: FunctionName): HashKeySettings | undefined {
    const { tenant, datasets } = this.props.configured;
    const works = datasets.filter(({ dataset }) => {
      if (name === 'doctor') return true;
      return name === (dataset === CDR_DATASET ? 'transform' : 'transform-records');
    });
    return works.some(({ mapping }) => isHashed(mapping)) ? tenant.hashKey : undefined;
  }

  /** Secrets Manager adds six characters to a secret's name. */
  private grantSecret(role: PipelineFunction['role'], name: string | undefined): void {
    if (name === undefined) throw new Error('A function needs a secret that the configuration does not name');
    const resource = `secret:${name}-??????`;
    role.addToPolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [Stack.of(this).formatArn({ service: 'secretsmanager', resource })],
      }),
    );
    this.props.lake.key.grantThrough(role, 'secretsmanager');
  }

  /** The key of each archive object: derived from the tenant's passphrase, or made by KMS for this tenant's archive alone. */
  private grantSealArchives(role: PipelineFunction['role']): void {
    const sealing = this.props.configured.archive?.sealing;
    if (sealing?.mode === 'passphrase') this.grantSecret(role, sealing.secret);
    else this.props.lake.key.grantSealArchives(role, this.tenant);
    if (this.props.settings.archiveLockDays !== undefined)
      this.props.lake.bucket.grantLock(role, this.tenant, ['archive']);
  }

  /** Whether a claim's owner lives, and what became of a run: asked of this tenant's machines only. */
  private grantLookUp(role: PipelineFunction['role']): void {
    const executions = this.props.machineNames.map((machine) =>
      Stack.of(this).formatArn({ service: 'states', resource: `execution:${machine}:*` }),
    );
    role.addToPolicy(new PolicyStatement({ actions: ['states:DescribeExecution'], resources: executions }));
  }
}

function holdsAll<Name extends FunctionName>(
  found: Partial<Record<FunctionName, PipelineFunction>>,
  names: readonly Name[],
): found is FunctionsByName<Name> {
  return names.every((name) => found[name] !== undefined);
}

/** `fetch-pages` as the id of a construct: `FetchPages`. */
function pascalCase(name: FunctionName): string {
  return name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
