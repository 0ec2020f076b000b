import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isoInstant, lastSettledDay, startOf } from '../../lambdas/model/days.ts';
import { RunArn, TenantId } from '../../lambdas/model/ids.ts';
import { OPERATIONS_MACHINE, type PipelineName, WEBHOOK_MACHINE } from '../../lambdas/model/pipelines.ts';
import type { Clock } from '../../lambdas/model/ports.ts';
import { buildApp } from '../../lib/app.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../lib/configuration-file.ts';
import type { FunctionMode } from '../../local/assembly/functions.ts';
import type { EffectListener } from '../../local/aws/effects.ts';
import {
  type Credentials,
  type LoggedCall,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
  type Violation,
} from '../../local/cxone/index.ts';
import type { ExecutionDescription } from '../../local/engine/describe.ts';
import { openPlatform, type Platform } from '../../local/platform.ts';
import type { SecretsFile } from '../../local/secrets-file.ts';
import { steadyNumbers } from './steady-numbers.ts';
import { SIGNING_SECRET } from './webhook-receiver.ts';

/** The tenant of nights that name no other. */
export const TENANT = TenantId.parse('acme');

/** Its client. The secret is searched for where it must not be. */
export const CREDENTIALS: Credentials = { clientId: 'acme-client', clientSecret: 'acme-secret-kept' };

/** The instant at which the first night begins, epoch milliseconds. */
export const FIRST_NIGHT = Date.parse('2024-05-16T03:30:00.000Z');
const DAY_MILLISECONDS = 86_400_000;
/** Nights of one simulator lie so far apart that none meets another's windows, jobs or pauses. */
const BETWEEN_NIGHTS = 60 * DAY_MILLISECONDS;

/** What nights are prepared with. */
export interface NightsOptions {
  /** Days are of 200 calls in three parts unless told otherwise. */
  simulator?: SimulatorOptions;
  /** Settings of the tenants' CDR pipeline. */
  cdr?: Readonly<Record<string, unknown>>;
  /** Settings of the tenants' data download family. */
  family?: Readonly<Record<string, unknown>>;
  /** Settings of the tenants' other pipelines, by their names in the configuration. Default: they have none. */
  pipelines?: Readonly<Record<string, unknown>>;
  /** Settings of the tenants' other families. */
  families?: Readonly<Record<string, unknown>>;
  /** The pipeline that `start` and `run` start. Default: `cdr-export`. */
  pipeline?: PipelineName;
  /** Ids of the tenants, each with a secret of its own name. Default: one. */
  tenants?: readonly string[];
  /** Values of the secrets. Default: `CREDENTIALS` for all. */
  secrets?: Readonly<Record<string, Credentials>>;
  /** Settings of the tenants' webhook; its secret is there. Default: they have none. */
  webhook?: Readonly<Record<string, unknown>>;
  /** Settings of the lake. */
  lake?: Readonly<Record<string, unknown>>;
  /** How functions are run. Default: their source, in this process. */
  mode?: FunctionMode;
}

/** A simulator, a configuration and its assembly, in which nights are opened one after the other. */
export interface Nights {
  readonly simulator: Simulator;
  /** Opens a platform in a folder of its own, weeks after the night before. */
  open(options?: OpenOptions): Promise<Night>;
  /** Closes the nights that are still open, and removes all folders. */
  close(): Promise<void>;
}

/** How a night is opened. */
export interface OpenOptions {
  scenarios?: readonly string[];
  onEffect?: EffectListener;
}

/** A platform in virtual time and the simulator that it calls. */
export interface Night {
  readonly simulator: Simulator;
  readonly folder: string;
  /** The platform; another one after `restart`. */
  readonly platform: Platform;
  readonly configuration: LoadedConfiguration;
  /** The instant at which the night began, epoch milliseconds. */
  readonly startedAt: number;
  /** The day that a `{}` of now loads, or one so many days earlier. */
  day(earlier?: number): string;
  /** Calls and violations since the night was opened. */
  calls(): LoggedCall[];
  violations(): Violation[];
  start(input?: unknown, tenant?: TenantId): Promise<RunArn>;
  /** Carries out an input of the operations machine. */
  operate(input: unknown, tenant?: TenantId): Promise<Ended & { output?: string | undefined }>;
  /** Starts the pipeline and waits until it has ended and been recorded. */
  run(input?: unknown, tenant?: TenantId): Promise<Ended>;
  redrive(run: RunArn): Promise<Ended>;
  ended(run: RunArn): Promise<Ended>;
  /** Starts the machine of deliveries, which takes up what was given up. */
  deliverAgain(tenant?: TenantId): Promise<Ended>;
  /** Lets virtual time pass while nothing runs. */
  pass(milliseconds: number): Promise<void>;
  /** Closes the platform and opens it again on the same folder. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The stores of a night and the simulator beside them: what is left when its engine has ended. */
export type StoredNight = Pick<Night, 'simulator' | 'folder' | 'calls' | 'violations'> & {
  readonly platform: Pick<Platform, 'aws' | 'assembly' | 'bucket'> & { readonly clock: Clock };
};

/** How a run ended. */
export interface Ended extends Pick<ExecutionDescription, 'status' | 'error' | 'cause' | 'input'> {
  run: RunArn;
}

/** A simulator, and what was synthesised for it. */
export interface PreparedNights {
  /** A folder for everything else that nights need. */
  readonly home: string;
  readonly simulator: Simulator;
  readonly configuration: LoadedConfiguration;
  readonly assemblyFolder: string;
  /** Values of the tenants' secrets, by name. */
  readonly secrets: SecretsFile;
  /** Stops the simulator and removes the folder. */
  clear(): Promise<void>;
}

/** Starts a simulator and synthesises the pipeline for it. */
export async function prepareAssembly(options: NightsOptions = {}): Promise<PreparedNights> {
  const home = mkdtempSync(join(tmpdir(), 'cxone-export-nights-'));
  const secrets = options.secrets ?? {};
  const credentials = [CREDENTIALS, ...Object.values(secrets)];
  const simulator = await startSimulator({ rows: 200, parts: 3, credentials, ...options.simulator });
  const configuration = configure(home, simulator, options);
  const assemblyFolder = join(home, 'cdk.out');
  const bundling = (options.mode ?? 'source') !== 'source';
  buildApp(configuration, { outdir: assemblyFolder, bundling, validation: false }).synth();
  return {
    home,
    simulator,
    configuration,
    assemblyFolder,
    secrets: secretsOf(configuration, secrets),
    async clear() {
      await simulator.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Starts a simulator and synthesises the pipeline for it, once for a test file. */
export async function prepareNights(options: NightsOptions = {}): Promise<Nights> {
  const prepared = await prepareAssembly(options);
  const { home, simulator, configuration, assemblyFolder, secrets } = prepared;
  const opened: Night[] = [];
  return {
    simulator,
    async open({ scenarios = [], onEffect } = {}) {
      simulator.use(scenarios);
      const night = await openNight(simulator, configuration, {
        folder: join(home, `night-${opened.length}`),
        assemblyFolder,
        mode: options.mode ?? 'source',
        pipeline: options.pipeline ?? 'cdr-export',
        startAt: FIRST_NIGHT + opened.length * BETWEEN_NIGHTS,
        secrets,
        ...(onEffect ? { onEffect } : {}),
      });
      opened.push(night);
      return night;
    },
    async close() {
      for (const night of opened) await night.close();
      await prepared.clear();
    },
  };
}

function secretsOf(
  { tenants }: LoadedConfiguration,
  given: Readonly<Record<string, Credentials>>,
): SecretsFile {
  const secrets: SecretsFile = {};
  for (const { tenant } of tenants) {
    secrets[tenant.secret] = given[tenant.id] ?? CREDENTIALS;
    if (tenant.webhook) secrets[tenant.webhook.secret] = { signingSecret: SIGNING_SECRET };
  }
  return secrets;
}

function configure(home: string, simulator: Simulator, options: NightsOptions): LoadedConfiguration {
  const project = fileURLToPath(new URL('../..', import.meta.url));
  cpSync(join(project, 'config', 'mappings'), join(home, 'mappings'), { recursive: true });
  const file = join(home, 'configuration.json');
  const downloadHosts = [new URL(simulator.downloadUrl).host];
  const tenants = (options.tenants ?? [TENANT]).map((id) => ({
    id,
    secret: `cxone/${id}`,
    baseUrl: simulator.url,
    families: {
      dataDownload: { downloadHosts, ...options.family },
      interactions: { downloadHosts },
      ...options.families,
    },
    pipelines: { cdr: options.cdr ?? {}, ...options.pipelines },
    ...(options.webhook ? { webhook: { secret: `webhook/${id}`, ...options.webhook } } : {}),
  }));
  writeFileSync(file, JSON.stringify({ tenants, ...(options.lake ? { lake: options.lake } : {}) }));
  return loadConfiguration(file);
}

interface Opening {
  folder: string;
  assemblyFolder: string;
  mode: FunctionMode;
  pipeline: PipelineName;
  startAt: number;
  secrets: SecretsFile;
  onEffect?: EffectListener;
}

async function openNight(
  simulator: Simulator,
  configuration: LoadedConfiguration,
  opening: Opening,
): Promise<Night> {
  mkdirSync(opening.folder, { recursive: true });
  const before = { calls: simulator.calls.length, violations: simulator.violations.length };
  const open = () =>
    openPlatform({
      ...opening,
      configuration,
      skipWaits: true,
      tellTime: true,
      flow: false,
      random: steadyNumbers(),
    });
  let platform: Platform | undefined = await open();
  const live = () => {
    if (platform === undefined) throw new Error('The night is closed.');
    return platform;
  };
  const ended = async (run: RunArn): Promise<Ended> => {
    const { status, error, cause, input } = await live().engine.wait(run);
    await live().engine.idle();
    return {
      run,
      status,
      input,
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    };
  };
  const start = async (input: unknown = {}, tenant: TenantId = TENANT) => {
    const machine = live().machineOf(tenant, opening.pipeline);
    return RunArn.parse((await live().engine.start(machine, { input })).executionArn);
  };
  const operate = async (input: unknown, tenant: TenantId = TENANT) => {
    const machine = live().machineOf(tenant, OPERATIONS_MACHINE);
    const run = RunArn.parse((await live().engine.start(machine, { input })).executionArn);
    return { ...(await ended(run)), output: live().engine.describe(run).output };
  };
  const close = async () => {
    await platform?.close();
    platform = undefined;
  };
  return {
    simulator,
    folder: opening.folder,
    configuration,
    startedAt: opening.startAt,
    get platform() {
      return live();
    },
    day(earlier = 0) {
      const last = startOf(lastSettledDay(live().clock.now(), 2 * 3_600_000));
      return isoInstant(last - earlier * DAY_MILLISECONDS).slice(0, 10);
    },
    calls: () => simulator.calls.slice(before.calls),
    violations: () => simulator.violations.slice(before.violations),
    start,
    operate,
    run: async (input, tenant) => ended(await start(input, tenant)),
    async redrive(run) {
      await live().engine.redrive(run);
      return ended(run);
    },
    ended,
    async deliverAgain(tenant = TENANT) {
      const machine = live().machineOf(tenant, WEBHOOK_MACHINE);
      return ended(RunArn.parse((await live().engine.start(machine, { input: {} })).executionArn));
    },
    pass: (milliseconds) => live().clock.sleep(milliseconds),
    async restart() {
      await close();
      platform = await open();
    },
    close,
  };
}
