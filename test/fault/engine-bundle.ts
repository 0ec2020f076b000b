import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { loadAssembly } from '../../local/assembly/assembly.ts';
import type { PreparedNights } from '../support/night-assembly.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = 'test/fault/engine-process';

/** CommonJS packages within ES modules look for it. */
const BANNER =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/** An engine's process as a few JavaScript files, which load in half the time of its sources: a matrix of crashes loads it a hundred times. */
export interface EngineBundle {
  script: string;
  /** Entries of the assembly's functions lie here by the names that the assembly gives them. */
  folder: string;
}

/** Bundles the engine's process and the functions of the assembly from their sources. */
export function bundleEngine({ home, assemblyFolder }: PreparedNights): EngineBundle {
  const folder = join(home, 'bundle');
  const entries = loadAssembly(assemblyFolder).functions.flatMap(({ entry }) => entry ?? []);
  buildSync({
    absWorkingDir: PROJECT,
    entryPoints: [`${SCRIPT}.ts`, ...entries],
    outdir: folder,
    outbase: PROJECT,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: ['@duckdb/*'],
    banner: { js: BANNER },
    keepNames: true,
    logLevel: 'error',
  });
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  for (const entry of new Set(entries)) symlinkSync(outputOf(folder, entry), join(folder, entry));
  mkdirSync(join(home, 'compiled'), { recursive: true });
  return { script: join(folder, `${SCRIPT}.mjs`), folder };
}

function outputOf(folder: string, entry: string): string {
  return join(folder, entry.replace(/\.ts$/, '.mjs'));
}
