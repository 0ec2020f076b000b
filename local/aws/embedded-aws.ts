import { join } from 'node:path';
import { openDynamoDb, type TableDefinition } from './dynamodb.ts';
import { type EffectListener, EffectListeners } from './effects.ts';
import { environmentFor } from './endpoints.ts';
import { lockFolder } from './folder-lock.ts';
import { openGateway } from './gateway.ts';
import { glue } from './glue.ts';
import { GlueCatalog } from './glue-catalog.ts';
import { kms } from './kms.ts';
import { KeyStore } from './kms-keys.ts';
import { type Messaging, openMessaging } from './messaging.ts';
import { openS3, type S3 } from './s3/s3.ts';
import { SecretStore } from './secrets.ts';
import { secretsManager } from './secrets-manager.ts';
import { type StepFunctionsPort, stepFunctions } from './step-functions.ts';

/** How to start the embedded services. */
export interface StartAwsOptions {
  /** Holds everything; made where it is missing. One process at a time. */
  folder: string;
  /** Where services take their dates from. Default: the system's clock. */
  clock?: { now(): number };
  /** Told of every request from the start on; more can be added with `onEffect`. */
  onEffect?: EffectListener;
}

/** The embedded services, running. */
export interface EmbeddedAws {
  /** Where all of them answer: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Environment variables that point every AWS SDK client made after they are set at these services. */
  readonly environment: Readonly<Record<string, string>>;
  /** What a deployment does beside the services' APIs: each makes what is missing and leaves what is there. */
  readonly resources: {
    bucket: S3['ensureBucket'];
    table(definition: TableDefinition): Promise<void>;
    topic: Messaging['ensureTopic'];
    queue: Messaging['ensureQueue'];
    subscription: Messaging['ensureSubscription'];
    key: KeyStore['ensure'];
    keyAlias: KeyStore['ensureAlias'];
  };
  readonly secrets: SecretStore;
  readonly catalog: GlueCatalog;
  /** Puts a message on a queue, as a service that dead-letters does. */
  deadLetter(queueArn: string, body: string): void;
  /** Lets Step Functions answer for this engine. */
  attachEngine(engine: StepFunctionsPort): void;
  /** Adds a listener to every request; the function returned removes it. */
  onEffect(listener: EffectListener): () => void;
  close(): Promise<void>;
}

/**
 * Starts S3, DynamoDB, SNS, SQS, Secrets Manager, KMS, Glue and Step Functions on 127.0.0.1, on one free port. What they
 * acknowledge is on disk under the folder: SIGKILL loses none of it.
 *
 * @throws FolderInUse when another process has the folder
 */
export async function startAws(options: StartAwsOptions): Promise<EmbeddedAws> {
  // What has been opened is closed in reverse, at the end or as soon as something does not open.
  await using opened = new AsyncDisposableStack();
  const clock = options.clock ?? { now: () => Date.now() };
  const services = await openServices(join(options.folder, 'aws'), () => clock.now(), opened);
  const { keys, secrets, catalog, s3, messaging, dynamodb } = services;
  const listeners = new EffectListeners();
  if (options.onEffect) listeners.add(options.onEffect);
  let engine: StepFunctionsPort | undefined;
  // S3 takes whatever names no operation of another service, so it comes last.
  const backends = [
    dynamodb.backend,
    kms(keys),
    secretsManager(secrets),
    glue(catalog),
    stepFunctions(() => engine),
    ...messaging.backends,
    s3.backend,
  ];
  const gateway = await openGateway(backends, listeners);
  opened.defer(() => gateway.close());
  const closing = opened.move();
  return {
    url: gateway.url,
    environment: environmentFor(gateway.url),
    resources: resourcesOf(services),
    secrets,
    catalog,
    deadLetter: messaging.send,
    attachEngine(attached) {
      engine = attached;
    },
    onEffect: (listener) => listeners.add(listener),
    close: () => closing.disposeAsync(),
  };
}

async function openServices(folder: string, now: () => number, opened: AsyncDisposableStack) {
  opened.defer(lockFolder(folder));
  const keys = new KeyStore(join(folder, 'kms'), now);
  const secrets = new SecretStore(join(folder, 'secrets'), keys, now);
  const catalog = new GlueCatalog(join(folder, 'glue'), now);
  const s3 = openS3(join(folder, 's3'), now);
  opened.defer(() => s3.close());
  const messaging = openMessaging(join(folder, 'messages'));
  opened.defer(() => messaging.close());
  const dynamodb = await openDynamoDb(join(folder, 'dynamodb'));
  opened.defer(() => dynamodb.close());
  return { keys, secrets, catalog, s3, messaging, dynamodb };
}

function resourcesOf(services: Awaited<ReturnType<typeof openServices>>): EmbeddedAws['resources'] {
  const { keys, s3, messaging, dynamodb } = services;
  return {
    bucket: s3.ensureBucket,
    table: dynamodb.ensureTable,
    topic: messaging.ensureTopic,
    queue: messaging.ensureQueue,
    subscription: messaging.ensureSubscription,
    key: (id, usage, description) => keys.ensure(id, usage, description),
    keyAlias: (alias, id) => keys.ensureAlias(alias, id),
  };
}
