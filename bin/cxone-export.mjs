#!/usr/bin/env node
/*
 * Starts the command line under Node 24, which runs its TypeScript as it is: this Node where it is one, else the one that
 * is installed with the project.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const command = fileURLToPath(new URL('./cxone-export.ts', import.meta.url));
const installed = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= NEEDED) await import('./cxone-export.ts');
else if (existsSync(installed)) {
  const child = spawn(installed, [command, ...process.argv.slice(2)], { stdio: 'inherit' });
  // The child ends by itself and tells how: this process only passes on what it is sent.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 1;
    if (signal === 'SIGKILL')
      console.error('cxone-export was killed; the same command goes on where it stopped.');
  });
} else {
  console.error(
    `cxone-export needs Node ${NEEDED} and this is ${process.versions.node}: install it, or run npm ci where optional packages are not left out.`,
  );
  process.exitCode = 2;
}
