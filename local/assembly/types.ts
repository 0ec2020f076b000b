import type { TableDefinition } from '../aws/dynamodb.ts';
import type { KeyUsage } from '../aws/kms-keys.ts';

/** Where a resource comes from. */
export interface Origin {
  stack: string;
  logicalId: string;
  /** The resource's metadata, as the template has it. */
  metadata: Readonly<Record<string, unknown>>;
}

export interface LambdaFunction extends Origin {
  arn: string;
  name: string;
  timeoutSeconds: number;
  memoryMegabytes: number;
  /** Size of `/tmp`. */
  diskMegabytes: number;
  environment: Readonly<Record<string, string>>;
  runtime: string;
  /** Such as `index.handler`. */
  handler: string;
  /** The unpacked asset's folder; undefined where the code is in the template itself. */
  assetPath?: string;
  /** The source that the asset is bundled from, relative to the project, where the construct tells it. */
  entry?: string;
  /** ARNs of the published versions, number 1 first. */
  versions: readonly string[];
  /** ARNs of the aliases. */
  aliases: readonly string[];
}

export interface StateMachine extends Origin {
  arn: string;
  name: string;
  /** Amazon States Language, everything resolved. */
  definition: string;
  type: 'STANDARD' | 'EXPRESS';
  tags: Readonly<Record<string, string>>;
}

export interface Bucket extends Origin {
  name: string;
  arn: string;
}

export interface Table extends Origin {
  name: string;
  arn: string;
  /** Input of CreateTable. */
  definition: TableDefinition;
  /** The attribute that items expire by. */
  timeToLive?: string;
}

export interface Key extends Origin {
  id: string;
  arn: string;
  usage: KeyUsage;
  description: string;
  /** Alias names, with `alias/` before them. */
  aliases: readonly string[];
}

export interface Secret extends Origin {
  name: string;
  arn: string;
  description?: string;
  /** The value that the template itself gives. */
  value?: string;
}

export interface Topic extends Origin {
  name: string;
  arn: string;
}

export interface TopicSubscription extends Origin {
  topicArn: string;
  /** `sqs`, `email`, `https`, …; the embedded platform delivers to `sqs` alone. */
  protocol: string;
  endpoint: string;
  /** SNS's subscription attributes. */
  attributes: Readonly<Record<string, string>>;
}

export interface Queue extends Origin {
  name: string;
  arn: string;
  url: string;
  /** SQS's attributes by their names. */
  attributes: Readonly<Record<string, string>>;
}

export interface RuleTarget {
  id: string;
  arn: string;
  input?: string;
  inputPath?: string;
  inputTransformer?: { paths: Readonly<Record<string, string>>; template: string };
  deadLetterArn?: string;
}

export interface EventRule extends Origin {
  name: string;
  arn: string;
  enabled: boolean;
  /** Name of the bus; `default` unless the template says otherwise. */
  bus: string;
  pattern?: Readonly<Record<string, unknown>>;
  scheduleExpression?: string;
  targets: readonly RuleTarget[];
}

export interface Schedule extends Origin {
  name: string;
  arn: string;
  enabled: boolean;
  /** `cron(…)`, `rate(…)` or `at(…)`. */
  expression: string;
  /** IANA zone. */
  timezone: string;
  target: {
    arn: string;
    /** JSON with EventBridge Scheduler's `<aws.scheduler.…>` attributes still in it. */
    input?: string;
    deadLetterArn?: string;
    retries: { attempts: number; ageSeconds: number };
  };
}

export interface GlueDatabase extends Origin {
  name: string;
  /** Glue's `DatabaseInput`. */
  input: unknown;
}

export interface GlueTable extends Origin {
  database: string;
  name: string;
  /** Glue's `TableInput`. */
  input: unknown;
}

export interface Alarm extends Origin {
  name: string;
  arn: string;
  /** Undefined where the alarm is over an expression. */
  metric?: {
    namespace: string;
    name: string;
    dimensions: Readonly<Record<string, string>>;
    statistic?: string;
  };
  threshold?: number;
  comparison?: string;
  periodSeconds?: number;
  /** Periods that are looked at. */
  periods?: number;
  /** What a period without data counts as. */
  missing?: string;
  description?: string;
  actions: readonly string[];
}

/** What an application's stacks consist of, resolved to local names and ARNs. */
export interface Assembly {
  /** Stacks in the order of the manifest. */
  stacks: readonly string[];
  functions: readonly LambdaFunction[];
  stateMachines: readonly StateMachine[];
  buckets: readonly Bucket[];
  tables: readonly Table[];
  keys: readonly Key[];
  secrets: readonly Secret[];
  topics: readonly Topic[];
  subscriptions: readonly TopicSubscription[];
  queues: readonly Queue[];
  rules: readonly EventRule[];
  schedules: readonly Schedule[];
  databases: readonly GlueDatabase[];
  glueTables: readonly GlueTable[];
  alarms: readonly Alarm[];
  /** The function of an ARN: its own, one of a version or of an alias. */
  functionOf(arn: string): LambdaFunction | undefined;
  /** A stack's output. Throws `Unresolvable` where there is none or it cannot be resolved here. */
  output(stack: string, name: string): unknown;
}
