import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BindingRefused, installBinding, type PackagePorts } from '../lib/functions/binding-package.ts';

const ports: PackagePorts = {
  download(specification, folder) {
    execFileSync('npm', ['pack', specification, '--pack-destination', folder, '--silent'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    if (archive === undefined) throw new BindingRefused(`npm left no archive of ${specification}`);
    return join(folder, archive);
  },
  unpack(archive, folder) {
    execFileSync('tar', ['-xzf', archive, '-C', folder]);
  },
};

const [platform] = process.argv.slice(2);
if (platform === undefined) {
  console.error('Which platform? npm run binding -- linux-arm64');
  process.exitCode = 2;
} else {
  try {
    const folder = installBinding(fileURLToPath(new URL('..', import.meta.url)), platform, ports);
    console.log(`DuckDB's binding for ${platform} is in ${folder}`);
  } catch (error) {
    if (!(error instanceof BindingRefused)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
