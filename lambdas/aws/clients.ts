import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

type Environment = Readonly<Record<string, string | undefined>>;

/** The SDK clients of one environment. */
export interface Clients {
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBDocumentClient;
  readonly secrets: SecretsManagerClient;
  readonly kms: KMSClient;
  readonly glue: GlueClient;
  readonly sfn: SFNClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

const SERVICES = ['S3', 'DYNAMODB', 'SECRETS_MANAGER', 'KMS', 'GLUE', 'SFN', 'SNS', 'SQS'] as const;
type Service = (typeof SERVICES)[number];

const made = new Map<string, Clients>();

/**
 * The clients for an environment, each made when it is first used and kept for later invocations. Endpoints are taken from
 * `AWS_ENDPOINT_URL_<SERVICE>` where set (the embedded platform), the region from `AWS_REGION`.
 */
export function clientsFor(env: Environment): Clients {
  const endpoints = SERVICES.map((service) => endpointOf(env, service));
  // Embedded, functions may share a process and each have credentials of their own.
  const caller = endpoints.some((endpoint) => endpoint !== undefined) ? env.AWS_ACCESS_KEY_ID : undefined;
  const identity = [env.AWS_REGION, caller, ...endpoints].join('|');
  const existing = made.get(identity);
  if (existing) return existing;
  const clients = lazily(env);
  made.set(identity, clients);
  return clients;
}

function endpointOf(env: Environment, service: Service): string | undefined {
  return env[`AWS_ENDPOINT_URL_${service}`];
}

function lazily(env: Environment): Clients {
  const settings = (service: Service) => {
    const endpoint = endpointOf(env, service);
    const region = env.AWS_REGION ?? 'us-east-1';
    if (endpoint === undefined) return { region };
    const credentials = {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? 'embedded',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? 'embedded',
    };
    return { region, endpoint, credentials };
  };
  const once = <Client>(make: () => Client) => {
    let client: Client | undefined;
    return () => {
      client ??= make();
      return client;
    };
  };
  const s3 = once(
    () => new S3Client({ ...settings('S3'), forcePathStyle: endpointOf(env, 'S3') !== undefined }),
  );
  const dynamodb = once(() =>
    DynamoDBDocumentClient.from(new DynamoDBClient(settings('DYNAMODB')), {
      marshallOptions: { removeUndefinedValues: true },
    }),
  );
  const secrets = once(() => new SecretsManagerClient(settings('SECRETS_MANAGER')));
  const kms = once(() => new KMSClient(settings('KMS')));
  const glue = once(() => new GlueClient(settings('GLUE')));
  const sfn = once(() => new SFNClient(settings('SFN')));
  const sns = once(() => new SNSClient(settings('SNS')));
  // The address of a queue says where it is; embedded, only the endpoint does.
  const sqs = once(
    () => new SQSClient({ ...settings('SQS'), useQueueUrlAsEndpoint: endpointOf(env, 'SQS') === undefined }),
  );
  return {
    get s3() {
      return s3();
    },
    get dynamodb() {
      return dynamodb();
    },
    get secrets() {
      return secrets();
    },
    get kms() {
      return kms();
    },
    get glue() {
      return glue();
    },
    get sfn() {
      return sfn();
    },
    get sns() {
      return sns();
    },
    get sqs() {
      return sqs();
    },
  };
}
