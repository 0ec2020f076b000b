import type { TenantId } from '../../lambdas/model/ids.ts';
import { isHashed } from '../../lambdas/model/mapping.ts';
import { Refusal } from '../../lambdas/model/refusal.ts';
import {
  type ConfiguredTenant,
  type LoadedConfiguration,
  loadConfiguration,
} from '../../lib/configuration-file.ts';
import type { PinnedMapping } from '../../lib/pinned-mapping.ts';
import { loadSecrets, type SecretsFile } from '../secrets-file.ts';
import { CommandRefused } from './exit-codes.ts';
import { failureOf } from './failures.ts';
import { shellWord } from './wording.ts';

/** The options that say where a run happens, as they were given. */
export interface Place {
  config: string;
  secrets?: string;
  data: string;
  skipWaits: 'no' | 'simulator' | 'force';
}

/** Everything that a run needs, checked. */
export interface Prepared {
  configuration: LoadedConfiguration;
  configured: ConfiguredTenant;
  secrets: SecretsFile;
}

/** What a run needs of configuration and secrets beside the place. */
export interface Needs {
  /** Problems found before. */
  problems?: readonly string[];
  /** Taken instead of the mapping that the configuration names. */
  pinned?: PinnedMapping | undefined;
  /** A run that calls nobody needs no credentials. Default: true. */
  credentials?: boolean;
}

/**
 * Loads configuration and secrets and chooses the tenant, the only one where none is named. Nothing is made. Throws
 * `CommandRefused` with the problems of all of them, those that were found before among them.
 */
export function prepare(
  place: Place,
  tenant: TenantId | undefined,
  { problems: found = [], pinned, credentials = true }: Needs = {},
): Prepared {
  const problems = [...found];
  const attempt = <Value>(work: () => Value): Value | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof CommandRefused)) throw error;
      problems.push(...failureOf(error).problems);
      return undefined;
    }
  };
  const configuration = attempt(() => loadConfiguration(place.config, pinned));
  const { secrets: file } = place;
  const secrets = file === undefined ? {} : attempt(() => loadSecrets(file));
  const configured = configuration && attempt(() => chooseTenant(configuration, tenant));
  if (credentials && configured !== undefined && secrets !== undefined)
    problems.push(...missingSecrets(place, configured, secrets));
  if (configuration === undefined || configured === undefined || secrets === undefined || problems.length > 0)
    throw new CommandRefused(
      problems,
      'Mend what is listed and give the same command again; nothing was started.',
    );
  return { configuration, configured, secrets };
}

function chooseTenant({ tenants }: LoadedConfiguration, named: TenantId | undefined): ConfiguredTenant {
  const ids = tenants.map(({ tenant }) => tenant.id).join(', ');
  const chosen =
    named === undefined ? tenants.slice(0, 1) : tenants.filter(({ tenant }) => tenant.id === named);
  const [one] = chosen;
  if (one === undefined)
    throw new CommandRefused([`There is no tenant ${named} in the configuration: it has ${ids}.`]);
  if (named === undefined && tenants.length > 1)
    throw new CommandRefused([`A run is of one tenant: choose one of ${ids} with --tenant.`]);
  return one;
}

function missingSecrets(
  { secrets: file, config }: Place,
  { tenant, datasets }: ConfiguredTenant,
  secrets: SecretsFile,
) {
  const { hashKey } = tenant;
  const hashes = datasets.some(({ mapping }) => isHashed(mapping));
  const sealing = tenant.pipelines.archive?.sealing;
  const needed = [
    { name: tenant.secret, whose: tenant.id, value: '{ "clientId": "…", "clientSecret": "…" }' },
    ...(tenant.webhook === undefined
      ? []
      : [
          {
            name: tenant.webhook.secret,
            whose: `the webhook of ${tenant.id}`,
            value: '{ "signingSecret": "whsec_…" }',
          },
        ]),
    ...(hashKey !== undefined && hashes
      ? [
          {
            name: hashKey.secret,
            whose: `the hashed columns of ${tenant.id}`,
            value: `{ "keys": { "${hashKey.version}": "…" } }`,
          },
        ]
      : []),
    ...(sealing?.mode === 'passphrase'
      ? [
          {
            name: sealing.secret,
            whose: `the archive of ${tenant.id}`,
            value: '{ "current": "v1", "passphrases": { "v1": "…" } }',
          },
        ]
      : []),
  ];
  return needed
    .filter(({ name }) => secrets[name] === undefined)
    .map(({ name, whose, value }) => {
      const form = `{ "${name}": ${value} }`;
      return file === undefined
        ? `The secret ${name}, which ${config} names for ${whose}, is missing: give --secrets FILE with ${form}.`
        : `The secrets file ${file} has no ${name}, which ${config} names for ${whose}: add ${form}.`;
    });
}

/** The options of a place as words of a command line, those with defaults left out. */
export function placeWords(place: Place, defaults: Pick<Place, 'config' | 'data'>): string {
  const words = [
    ...(place.config === defaults.config ? [] : ['--config', place.config]),
    ...(place.secrets === undefined ? [] : ['--secrets', place.secrets]),
    ...(place.data === defaults.data ? [] : ['--data', place.data]),
    ...(place.skipWaits === 'no'
      ? []
      : [place.skipWaits === 'force' ? '--skip-waits=force' : '--skip-waits']),
  ];
  return words.map((word) => ` ${shellWord(word)}`).join('');
}
