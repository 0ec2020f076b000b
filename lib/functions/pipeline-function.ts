import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  CfnFunction,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { LakeSettings } from '../../lambdas/model/configuration.ts';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import { FUNCTION_SIZES } from '../../lambdas/model/function-sizes.ts';
import type { TenantId } from '../../lambdas/model/ids.ts';
import type { LakeKey } from '../storage/lake-key.ts';
import { entryOf, functionCode } from './bundle.ts';

/** Megabytes of `/tmp` that every function has without asking. */
const DEFAULT_DISK = 512;

/** Props of `PipelineFunction`. */
export interface PipelineFunctionProps {
  name: FunctionName;
  tenant: TenantId;
  lake: LakeSettings;
  key: LakeKey;
  /** Megabytes; a share of a processor comes with them, a whole one at 1,769. Default: as `FUNCTION_SIZES` says. */
  memory?: number;
  /** Megabytes of `/tmp`. Default: 512. */
  disk?: number;
  /** Every variable that `ENVIRONMENTS` lists for the function. */
  environment: Readonly<Record<string, string>>;
}

/**
 * One function of a pipeline with our defaults: its own role that may write its own log and nothing else until granted,
 * traces, a log group with retention and the lake's key, and a published version that stays when the next one comes.
 */
export class PipelineFunction extends Construct {
  readonly name: FunctionName;
  readonly role: Role;
  readonly function: LambdaFunction;
  /** What machines call: the version of this very code and environment. */
  readonly version: LambdaFunction['currentVersion'];

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    this.name = props.name;
    const logs = this.logGroup(props);
    this.role = this.ownRole(logs, props.lake);
    this.function = new LambdaFunction(this, 'Function', {
      description: `${props.tenant}: ${props.name}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: props.lake.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      code: functionCode(props.name, props.lake.architecture),
      handler: 'index.handler',
      role: this.role,
      logGroup: logs,
      tracing: Tracing.ACTIVE,
      memorySize: props.memory ?? FUNCTION_SIZES[props.name].memory,
      timeout: Duration.seconds(FUNCTION_SIZES[props.name].seconds),
      ephemeralStorageSize: Size.mebibytes(props.disk ?? DEFAULT_DISK),
      environment: { ...props.environment, NODE_OPTIONS: '--enable-source-maps' },
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    this.describeAsset();
    this.enterNetwork(props.lake);
    this.version = this.function.currentVersion;
  }

  /** Lets the grantee call every version of the function: an execution that began under an earlier release goes on with its own. */
  grantInvoke(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [this.function.functionArn, `${this.function.functionArn}:*`],
      }),
    );
  }

  private logGroup({ lake, tenant, name, key }: PipelineFunctionProps): LogGroup {
    const days: RetentionDays = lake.retention.logDays;
    return new LogGroup(this, 'Logs', {
      logGroupName: `/${lake.name}/${tenant}/${name}`,
      retention: days,
      encryptionKey: key.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private ownRole(logs: LogGroup, lake: LakeSettings): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logs.logGroupArn],
      }),
    );
    if (lake.vpc !== undefined)
      role.addToPolicy(
        // Lambda makes and removes network interfaces with the function's role; these actions know no narrower resource.
        new PolicyStatement({
          actions: [
            'ec2:AssignPrivateIpAddresses',
            'ec2:CreateNetworkInterface',
            'ec2:DeleteNetworkInterface',
            'ec2:DescribeNetworkInterfaces',
            'ec2:DescribeSubnets',
            'ec2:UnassignPrivateIpAddresses',
          ],
          resources: ['*'],
        }),
      );
    return role;
  }

  /** Tells readers of the template which source the function is made of, and whether the asset holds its bundle. */
  private describeAsset(): void {
    const resource = this.resource();
    resource.addMetadata('cxone-export:entry', entryOf(this.name));
    resource.addMetadata('cxone-export:bundled', Stack.of(this).bundlingRequired);
  }

  private enterNetwork({ vpc }: LakeSettings): void {
    if (vpc === undefined) return;
    this.resource().vpcConfig = { subnetIds: vpc.subnetIds, securityGroupIds: vpc.securityGroupIds };
  }

  private resource(): CfnFunction {
    const resource = this.function.node.defaultChild;
    if (resource instanceof CfnFunction) return resource;
    throw new Error(`The function ${this.name} has no resource of its own`);
  }
}
