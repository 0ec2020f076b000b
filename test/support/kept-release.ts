import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { loadAssembly } from '../../local/assembly/assembly.ts';
import type { Assembly } from '../../local/assembly/types.ts';

/** Where the services of nights are reached: a simulator's two addresses, and that of a webhook's receiver. */
export interface Addresses {
  url: string;
  downloadUrl: string;
  receiverUrl: string;
}

/** Where the previous release is kept. */
export const KEPT_RELEASES = fileURLToPath(new URL('../releases/', import.meta.url));

/** How the name of a kept release's file ends, after its version. */
export const KEPT_ENDING = '.json.br';

/** What stands in a kept release for the addresses that are known only when it is deployed. */
export const KEPT_ADDRESSES: Addresses = {
  url: 'http://127.0.0.1:65001',
  downloadUrl: 'http://127.0.0.1:65002',
  receiverUrl: 'https://127.0.0.1:65003/ingest',
};

/** A release as it is kept: texts of files by their names. */
export const KeptRelease = z.strictObject({
  version: z.string(),
  /** The cloud assembly that was synthesised, without assets. */
  assembly: z.record(z.string(), z.string()),
  /** The handlers' code: a module a handler, and what they share. Packages of DuckDB are not in it. */
  code: z.record(z.string(), z.string()),
});
export type KeptRelease = z.infer<typeof KeptRelease>;

/** The release that is kept. Throws where there is none, or more than one. */
export function keptRelease(): KeptRelease {
  const files = readdirSync(KEPT_RELEASES).filter((name) => name.endsWith(KEPT_ENDING));
  const [file] = files;
  if (file === undefined || files.length > 1)
    throw new Error(`One release must be kept in test/releases, there are ${files.length}.`);
  const packed = readFileSync(join(KEPT_RELEASES, file));
  return KeptRelease.parse(JSON.parse(brotliDecompressSync(packed).toString('utf8')));
}

/** Lays a kept release into a folder and loads it, for services at these addresses. Its functions run from their own code. */
export function unpackRelease(release: KeptRelease, folder: string, addresses: Addresses): Assembly {
  const code = join(folder, 'code');
  const outdir = join(folder, 'cdk.out');
  mkdirSync(code, { recursive: true });
  mkdirSync(outdir, { recursive: true });
  for (const [name, text] of Object.entries(release.code)) writeFileSync(join(code, name), text);
  for (const [name, text] of Object.entries(release.assembly))
    writeFileSync(join(outdir, name), addressed(text, addresses));
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(code, 'node_modules'));
  const assembly = loadAssembly(outdir);
  const functions = assembly.functions.map(({ entry = '', ...found }) => {
    const [, handler = ''] = /([\w-]+)\.ts$/.exec(entry) ?? [];
    return { ...found, assetPath: code, handler: `${handler}.handler` };
  });
  return { ...assembly, functions, functionOf: lookUp(functions) };
}

/** A release deployed over an earlier one. */
export interface Upgraded extends Assembly {
  /** Versions and functions that have been asked for, by ARN: with those of the earlier release among them. */
  readonly called: Set<string>;
}

/**
 * What an account holds after `current` has been deployed over `previous`: the machines, rules and schedules of the new release,
 * which call the versions that it has published, and the retained versions of the old one, for executions of its time.
 */
export function deployedOver(previous: Assembly, current: Assembly): Upgraded {
  // Both are numbered from 1 here; in an account, the later versions of a function have the higher numbers.
  const published = (text: string) => text.replaceAll(/(:function:[\w-]+):1(?!\d)/g, '$1:2');
  const functions = current.functions.map((found) => ({
    ...found,
    versions: found.versions.map(published),
  }));
  const stateMachines = current.stateMachines.map((machine) => ({
    ...machine,
    definition: published(machine.definition),
  }));
  const rules = current.rules.map((rule) => ({
    ...rule,
    targets: rule.targets.map((target) => ({ ...target, arn: published(target.arn) })),
  }));
  const newer = lookUp(functions);
  const called = new Set<string>();
  return {
    ...current,
    functions,
    stateMachines,
    rules,
    called,
    functionOf(arn) {
      called.add(arn);
      return newer(arn) ?? previous.functionOf(arn);
    },
  };
}

function lookUp(functions: Assembly['functions']): Assembly['functionOf'] {
  const byArn = new Map(
    functions.flatMap((one) => [one.arn, ...one.versions, ...one.aliases].map((arn) => [arn, one] as const)),
  );
  return (arn) => byArn.get(arn);
}

function addressed(text: string, addresses: Addresses): string {
  const pairs = [
    [KEPT_ADDRESSES.url, addresses.url],
    [KEPT_ADDRESSES.downloadUrl, addresses.downloadUrl],
    [KEPT_ADDRESSES.receiverUrl, addresses.receiverUrl],
  ] as const;
  return pairs.reduce(
    (left, [kept, real]) => left.replaceAll(kept, real).replaceAll(new URL(kept).host, new URL(real).host),
    text,
  );
}
