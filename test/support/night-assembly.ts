import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TenantId } from '../../lambdas/model/ids.ts';
import type { PipelineName } from '../../lambdas/model/pipelines.ts';
import { buildApp } from '../../lib/app.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../lib/configuration-file.ts';
import type { FunctionMode } from '../../local/assembly/functions.ts';
import {
  type Credentials,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../local/cxone/index.ts';
import type { SecretsFile } from '../../local/secrets-file.ts';
import { SIGNING_SECRET } from './webhook-receiver.ts';

/** The tenant of nights that name no other. */
export const TENANT = TenantId.parse('acme');

/** Its client. The secret is searched for where it must not be. */
export const CREDENTIALS: Credentials = { clientId: 'acme-client', clientSecret: 'acme-secret-kept' };

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
  /** Seeds of tenants whose contact centers are others, each a simulator of its own. Default: all have the same one. */
  seeds?: Readonly<Record<string, string>>;
  /** Values of the secrets. Default: `CREDENTIALS` for all. */
  secrets?: Readonly<Record<string, Credentials>>;
  /** Settings of the tenants' webhook; its secret is there. Default: they have none. */
  webhook?: Readonly<Record<string, unknown>>;
  /** Mapping files by name, beside those that ship or instead of them. */
  mappings?: Readonly<Record<string, unknown>>;
  /** The tenants' hash keys, in base64, by version: the last one is hashed with. Default: they have none. */
  hashKeys?: Readonly<Record<string, string>>;
  /** Settings of the lake. */
  lake?: Readonly<Record<string, unknown>>;
  /** How functions are run. Default: their source, in this process. */
  mode?: FunctionMode;
}

/** A simulator, and what was synthesised for it. */
export interface PreparedNights {
  /** A folder for everything else that nights need. */
  readonly home: string;
  readonly simulator: Simulator;
  /** Simulators of tenants that have their own. */
  readonly others: Readonly<Record<string, Simulator>>;
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
  const settings = simulatorSettings(options);
  const simulator = await startSimulator(settings);
  const others: Record<string, Simulator> = {};
  for (const [tenant, seed] of Object.entries(options.seeds ?? {}))
    others[tenant] = await startSimulator({ ...settings, seed });
  const configuration = configure(home, simulator, options, others);
  const assemblyFolder = join(home, 'cdk.out');
  const bundling = (options.mode ?? 'source') !== 'source';
  buildApp(configuration, { outdir: assemblyFolder, bundling, validation: false }).synth();
  return {
    home,
    simulator,
    others,
    configuration,
    assemblyFolder,
    secrets: secretsOf(configuration, secrets, options.hashKeys ?? {}),
    async clear() {
      for (const one of [simulator, ...Object.values(others)]) await one.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Synthesises other settings for the same simulator: what is deployed later, or was before. Gives the folder. */
export function synthesiseOther(
  { home, simulator }: Pick<PreparedNights, 'home' | 'simulator'>,
  name: string,
  options: NightsOptions,
): string {
  const folder = join(home, name);
  mkdirSync(folder);
  const outdir = join(folder, 'cdk.out');
  buildApp(configure(folder, simulator, options), { outdir, bundling: false, validation: false }).synth();
  return outdir;
}

/** What the simulator of nights is started with. */
export function simulatorSettings(options: NightsOptions): SimulatorOptions {
  const credentials = [CREDENTIALS, ...Object.values(options.secrets ?? {})];
  return { rows: 200, parts: 3, credentials, ...options.simulator };
}

/** Where a simulator answers. */
type Addresses = Pick<Simulator, 'url' | 'downloadUrl'>;

/**
 * Copies an assembly for another simulator: a simulator's addresses are all that templates hold of it, and to replace them
 * takes a hundredth of the time of a synthesis. Gives the folder.
 */
export function copyAssembly(
  from: string,
  to: string,
  [old, other]: readonly [Addresses, Addresses],
): string {
  cpSync(from, to, { recursive: true });
  const host = (url: string) => new URL(url).host;
  for (const name of readdirSync(to).filter((file) => file.endsWith('.json'))) {
    const text = readFileSync(join(to, name), 'utf8')
      .replaceAll(host(old.url), host(other.url))
      .replaceAll(host(old.downloadUrl), host(other.downloadUrl));
    writeFileSync(join(to, name), text);
  }
  return to;
}

function secretsOf(
  { tenants }: LoadedConfiguration,
  given: Readonly<Record<string, Credentials>>,
  hashKeys: Readonly<Record<string, string>>,
): SecretsFile {
  const secrets: SecretsFile = {};
  for (const { tenant } of tenants) {
    secrets[tenant.secret] = given[tenant.id] ?? CREDENTIALS;
    if (tenant.webhook) secrets[tenant.webhook.secret] = { signingSecret: SIGNING_SECRET };
    if (tenant.hashKey) secrets[tenant.hashKey.secret] = { keys: { ...hashKeys } };
  }
  return secrets;
}

/** Writes the configuration of nights, with its mappings, into a folder and loads it. */
export function configure(
  home: string,
  simulator: Pick<Simulator, 'url' | 'downloadUrl'>,
  options: NightsOptions,
  others: Readonly<Record<string, Pick<Simulator, 'url' | 'downloadUrl'>>> = {},
): LoadedConfiguration {
  const project = fileURLToPath(new URL('../..', import.meta.url));
  cpSync(join(project, 'config', 'mappings'), join(home, 'mappings'), { recursive: true });
  for (const [name, mapping] of Object.entries(options.mappings ?? {}))
    writeFileSync(join(home, 'mappings', `${name}.json`), JSON.stringify(mapping));
  const version = Object.keys(options.hashKeys ?? {}).at(-1);
  const file = join(home, 'configuration.json');
  const tenants = (options.tenants ?? [TENANT]).map((id) => {
    const { url, downloadUrl } = others[id] ?? simulator;
    const downloadHosts = [new URL(downloadUrl).host];
    return {
      id,
      secret: `cxone/${id}`,
      baseUrl: url,
      families: {
        dataDownload: { downloadHosts, ...options.family },
        interactions: { downloadHosts },
        ...options.families,
      },
      pipelines: { cdr: options.cdr ?? {}, ...options.pipelines },
      ...(version === undefined ? {} : { hashKey: { secret: `hash/${id}`, version } }),
      ...(options.webhook ? { webhook: { secret: `webhook/${id}`, ...options.webhook } } : {}),
    };
  });
  writeFileSync(file, JSON.stringify({ tenants, ...(options.lake ? { lake: options.lake } : {}) }));
  return loadConfiguration(file);
}
