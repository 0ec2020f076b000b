import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll } from 'vitest';
import { loadAssembly } from '../../../local/assembly/assembly.ts';
import type { Assembly } from '../../../local/assembly/types.ts';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'assembly-'));
  folders.push(folder);
  return folder;
}

/** A folder with one file, to be a function's code. */
export function codeFolder(file: string, text: string): string {
  const folder = join(temporaryFolder(), 'code');
  mkdirSync(folder);
  writeFileSync(join(folder, file), text);
  return folder;
}

/** Synthesises what `build` puts into an app, and gives the folder of the cloud assembly. */
export function synthesise(build: (app: App) => unknown): string {
  const app = new App({
    outdir: join(temporaryFolder(), 'cdk.out'),
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
    context: {
      '@aws-cdk/core:newStyleStackSynthesis': true,
      '@aws-cdk/aws-lambda:recognizeVersionProps': true,
    },
  });
  build(app);
  return app.synth().directory;
}

/** Synthesises and loads. */
export function assemblyOf(build: (app: App) => unknown): Assembly {
  return loadAssembly(synthesise(build));
}
