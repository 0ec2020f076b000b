import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LakeSettings } from '../../lambdas/model/configuration.ts';

/** Lambda's architectures by the names that npm packages have for them. */
const PLATFORMS: Readonly<Record<LakeSettings['architecture'], string>> = {
  x86_64: 'linux-x64',
  arm64: 'linux-arm64',
};

/** What DuckDB's Node client consists of, beside the binding: the names that a bundle must leave to node_modules. */
const PACKAGES = ['@duckdb/node-api', '@duckdb/node-bindings', 'detect-libc'];

/** Thrown when node_modules lacks DuckDB's binding for the functions' architecture. */
export class BindingMissing extends Error {
  override readonly name = 'BindingMissing';

  constructor(platform: string) {
    super(
      `DuckDB's binding for ${platform} is not in node_modules: fetch it once with npm run binding -- ${platform}`,
    );
  }
}

/**
 * Copies DuckDB with the binding of the architecture from one node_modules folder into another. Offline.
 * Throws `BindingMissing`.
 */
export function copyDuckDb(architecture: LakeSettings['architecture'], from: string, to: string): void {
  const platform = PLATFORMS[architecture];
  const binding = `@duckdb/node-bindings-${platform}`;
  if (!existsSync(join(from, binding, 'duckdb.node'))) throw new BindingMissing(platform);
  for (const name of [...PACKAGES, binding])
    cpSync(join(from, name), join(to, name), {
      recursive: true,
      dereference: true,
      filter: (source) => !/\.(d\.ts|map|md)$/.test(source),
    });
}
