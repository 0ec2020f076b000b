import { createHash } from 'node:crypto';
import { embeddedAccount, embeddedArn, embeddedRegion } from '../aws/names.ts';
import { secretArn } from '../aws/secrets.ts';

/** What `Ref` and `Fn::GetAtt` give of a resource here. */
export interface Identity {
  ref: string;
  attributes: Readonly<Record<string, string>>;
}

/** How the identity of a type of resource is made. */
interface IdentityRule {
  /** The property that names the resource, where it has one. */
  nameProperty?: string;
  /** Longest name, in characters; what is generated is shortened to it. */
  longestName: number;
  identify(name: string): Identity;
}

const named = (
  nameProperty: string,
  longestName: number,
  identify: IdentityRule['identify'],
): IdentityRule => ({
  nameProperty,
  longestName,
  identify,
});

const withArn =
  (service: string, prefix = '') =>
  (name: string) => {
    const arn = embeddedArn(service, `${prefix}${name}`);
    return { name, arn };
  };

const globalArn = (service: string, resource: string) => `arn:aws:${service}::${embeddedAccount}:${resource}`;

function refIsName(
  service: string,
  prefix: string,
  more: (name: string, arn: string) => Record<string, string> = () => ({}),
) {
  return (name: string): Identity => {
    const { arn } = withArn(service, prefix)(name);
    return { ref: name, attributes: { Arn: arn, ...more(name, arn) } };
  };
}

function refIsArn(
  service: string,
  prefix: string,
  more: (name: string, arn: string) => Record<string, string> = () => ({}),
) {
  return (name: string): Identity => {
    const { arn } = withArn(service, prefix)(name);
    return { ref: arn, attributes: { Arn: arn, ...more(name, arn) } };
  };
}

const rules: Readonly<Record<string, IdentityRule>> = {
  'AWS::Athena::WorkGroup': named('Name', 128, (name) => ({ ref: name, attributes: {} })),
  'AWS::CloudWatch::Alarm': named('AlarmName', 255, refIsName('cloudwatch', 'alarm:')),
  'AWS::CloudWatch::CompositeAlarm': named('AlarmName', 255, refIsName('cloudwatch', 'alarm:')),
  'AWS::CloudWatch::Dashboard': named('DashboardName', 255, (name) => ({ ref: name, attributes: {} })),
  'AWS::DynamoDB::GlobalTable': named('TableName', 255, refIsName('dynamodb', 'table/')),
  'AWS::DynamoDB::Table': named('TableName', 255, refIsName('dynamodb', 'table/')),
  'AWS::Events::EventBus': named(
    'Name',
    256,
    refIsName('events', 'event-bus/', (name) => ({ Name: name })),
  ),
  'AWS::Events::Rule': named('Name', 64, refIsName('events', 'rule/')),
  'AWS::Glue::Database': {
    longestName: 255,
    identify: (name) => ({ ref: name.toLowerCase(), attributes: {} }),
  },
  'AWS::Glue::Table': { longestName: 255, identify: (name) => ({ ref: name.toLowerCase(), attributes: {} }) },
  'AWS::IAM::ManagedPolicy': named('ManagedPolicyName', 128, (name) => ({
    ref: globalArn('iam', `policy/${name}`),
    attributes: { PolicyArn: globalArn('iam', `policy/${name}`) },
  })),
  'AWS::IAM::Role': named('RoleName', 64, (name) => ({
    ref: name,
    attributes: { Arn: globalArn('iam', `role/${name}`), RoleId: name },
  })),
  'AWS::KMS::Alias': named('AliasName', 256, (name) => ({ ref: name, attributes: {} })),
  'AWS::KMS::Key': {
    longestName: 128,
    identify: refIsName('kms', 'key/', (name) => ({ KeyId: name })),
  },
  'AWS::Lambda::Function': named('FunctionName', 64, refIsName('lambda', 'function:')),
  'AWS::Logs::LogGroup': named('LogGroupName', 512, (name) => ({
    ref: name,
    attributes: { Arn: embeddedArn('logs', `log-group:${name}:*`) },
  })),
  'AWS::S3::Bucket': named('BucketName', 63, (name) => ({
    ref: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${embeddedRegion}.amazonaws.com`,
    },
  })),
  'AWS::SNS::Topic': named(
    'TopicName',
    256,
    refIsArn('sns', '', (name, arn) => ({ TopicArn: arn, TopicName: name })),
  ),
  'AWS::SQS::Queue': named('QueueName', 80, (name) => {
    const url = `https://sqs.${embeddedRegion}.amazonaws.com/${embeddedAccount}/${name}`;
    return { ref: url, attributes: { Arn: embeddedArn('sqs', name), QueueName: name, QueueUrl: url } };
  }),
  'AWS::Scheduler::Schedule': named('Name', 64, refIsName('scheduler', 'schedule/default/')),
  'AWS::Scheduler::ScheduleGroup': named('Name', 64, refIsName('scheduler', 'schedule-group/')),
  'AWS::SecretsManager::Secret': named('Name', 512, (name) => ({
    ref: secretArn(name),
    attributes: { Id: secretArn(name) },
  })),
  'AWS::StepFunctions::Activity': named(
    'Name',
    80,
    refIsArn('states', 'activity:', (name) => ({ Name: name })),
  ),
  'AWS::StepFunctions::StateMachine': named(
    'StateMachineName',
    80,
    refIsArn('states', 'stateMachine:', (name) => ({ Name: name })),
  ),
};

/** The rule for a type of resource, or undefined where this platform does not know how to identify one. */
export function identityRule(type: string): IdentityRule | undefined {
  return Object.hasOwn(rules, type) ? rules[type] : undefined;
}

/**
 * The name of a resource that its template does not name: stack and logical id, shortened by a digest where that is
 * too long; lower case for buckets.
 */
export function generatedName(type: string, stack: string, logicalId: string, longest: number): string {
  const full = `${stack}-${logicalId}`;
  const cased = type === 'AWS::S3::Bucket' ? full.toLowerCase() : full;
  if (cased.length <= longest) return cased;
  const digest = createHash('sha256').update(full).digest('hex').slice(0, 8);
  return `${cased.slice(0, longest - digest.length - 1)}-${digest}`;
}
