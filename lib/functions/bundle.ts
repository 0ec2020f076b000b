import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, buildSync } from 'esbuild';
import { z } from 'zod';
import type { LakeSettings } from '../../lambdas/model/configuration.ts';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import { copyDuckDb } from './duckdb-binding.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Bytes that a function's code may have unpacked. Source: Lambda's quotas. */
const LAMBDA_BYTES = 250 * 1024 * 1024;

/** Functions that run DuckDB. */
const WITH_DUCKDB: readonly FunctionName[] = ['transform', 'transform-records'];

/** CommonJS packages within an ES module look for these. */
const BANNER = [
  "import { createRequire as requireOf } from 'node:module';",
  "import { dirname as folderOf } from 'node:path';",
  "import { fileURLToPath as pathOf } from 'node:url';",
  'const require = requireOf(import.meta.url);',
  'const __filename = pathOf(import.meta.url);',
  'const __dirname = folderOf(__filename);',
].join('\n');

/** How esbuild makes handlers' code, whatever goes into which file. */
export const BUILDING = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  banner: { js: BANNER },
  minify: true,
  keepNames: true,
  logLevel: 'error',
} satisfies BuildOptions;

/** The packages that are beside the code of functions that run DuckDB, not in it. */
export const DUCKDB_PACKAGES = ['@duckdb/*'];

/** The handler's source file, as a path within the project. */
export function entryOf(name: FunctionName): string {
  return `lambdas/handlers/${name}.ts`;
}

/**
 * The code of a function as one ES module, `index.mjs`, made by esbuild on this machine. Functions that run DuckDB have its
 * packages beside it. Where bundling is off nothing is built and the asset is a mere reference to the sources.
 */
export function functionCode(name: FunctionName, architecture: LakeSettings['architecture']): Code {
  return Code.fromAsset(join(ROOT, 'lambdas'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Required by the type and never pulled: the local bundling below never declines.
      image: DockerImage.fromRegistry('never-used'),
      // Part of the key by which assets are reused within one synth.
      command: [name, architecture],
      local: {
        tryBundle: (folder) => {
          bundle(name, architecture, folder);
          return true;
        },
      },
    },
  });
}

/** Writes the code of a function into a folder. Throws `BindingMissing`, esbuild's failures, and `BundleTooLarge`. */
export function bundle(name: FunctionName, architecture: LakeSettings['architecture'], folder: string): void {
  const duckDb = WITH_DUCKDB.includes(name);
  if (duckDb) copyDuckDb(architecture, join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  buildSync({
    ...BUILDING,
    entryPoints: [entryOf(name)],
    outfile: join(folder, 'index.mjs'),
    external: duckDb ? DUCKDB_PACKAGES : [],
    sourcemap: 'linked',
    sourcesContent: false,
  });
  nameSources(join(folder, 'index.mjs.map'));
  const bytes = bytesIn(folder);
  if (bytes > LAMBDA_BYTES) throw new BundleTooLarge(name, bytes);
}

/**
 * Names a map's sources by their paths within the project. As esbuild writes them they lead out of the folder that the bundle was
 * made in, so that the same code would be another asset wherever it is built.
 */
function nameSources(file: string): void {
  const map = z.looseObject({ sources: z.array(z.string()) }).parse(JSON.parse(readFileSync(file, 'utf8')));
  const sources = map.sources.map((source) => relative(ROOT, resolve(dirname(file), source)));
  writeFileSync(file, JSON.stringify({ ...map, sources }));
}

/** Thrown when a function's code would be refused by Lambda for its size. */
export class BundleTooLarge extends Error {
  override readonly name = 'BundleTooLarge';

  constructor(name: FunctionName, bytes: number) {
    super(`The code of ${name} has ${bytes} bytes unpacked; Lambda takes ${LAMBDA_BYTES}`);
  }
}

/** Bytes of all files in a folder and in the folders below it. */
export function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
