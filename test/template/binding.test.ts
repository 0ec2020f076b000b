import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BindingRefused, installBinding, type PackagePorts } from '../../lib/functions/binding-package.ts';
import { scratchFolder } from './synthesised.ts';

const PLATFORM = 'linux-arm64';
const INSTALLED = join('node_modules', '@duckdb', `node-bindings-${PLATFORM}`);

/** A package as npm would hand it out. */
function archiveOf(content: string): Buffer {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'package'));
  writeFileSync(join(folder, 'package', 'duckdb.node'), content);
  execFileSync('tar', ['-czf', join(folder, 'binding.tgz'), '-C', folder, 'package']);
  return readFileSync(join(folder, 'binding.tgz'));
}

/** A project whose lock file expects an archive. */
function projectThatExpects(archive: Buffer): string {
  const root = scratchFolder();
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  const packages = { [INSTALLED]: { version: '1.5.5', integrity } };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
  return root;
}

function registryWith(archive: Buffer): PackagePorts & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    download(specification, folder) {
      asked.push(specification);
      const file = join(folder, 'download.tgz');
      writeFileSync(file, archive);
      return file;
    },
    unpack: (file, folder) => {
      execFileSync('tar', ['-xzf', file, '-C', folder]);
    },
  };
}

const leftovers = (root: string) =>
  readdirSync(join(root, 'node_modules')).filter((name) => name !== '@duckdb');

describe('installBinding', () => {
  const archive = archiveOf('the binding');

  it('OPS-01 installs the version of the lock file', () => {
    const root = projectThatExpects(archive);
    const registry = registryWith(archive);

    const folder = installBinding(root, PLATFORM, registry);

    expect(folder).toBe(join(root, INSTALLED));
    expect(readFileSync(join(folder, 'duckdb.node'), 'utf8')).toBe('the binding');
    expect(registry.asked).toEqual([`@duckdb/node-bindings-${PLATFORM}@1.5.5`]);
    expect(leftovers(root)).toEqual([]);
  });

  it('OPS-01 replaces what an interrupted installation left', () => {
    const root = projectThatExpects(archive);
    mkdirSync(join(root, INSTALLED), { recursive: true });
    writeFileSync(join(root, INSTALLED, 'half.node'), 'half');

    installBinding(root, PLATFORM, registryWith(archive));

    expect(readdirSync(join(root, INSTALLED))).toEqual(['duckdb.node']);
  });

  it('OPS-01 installs nothing that is not what the lock file says', () => {
    const root = projectThatExpects(archive);

    const install = () => installBinding(root, PLATFORM, registryWith(archiveOf('something else')));

    expect(install).toThrow(BindingRefused);
    expect(existsSync(join(root, INSTALLED))).toBe(false);
    expect(leftovers(root)).toEqual([]);
  });

  it('OPS-01 leaves nothing when the download fails', () => {
    const root = projectThatExpects(archive);
    const registry = registryWith(archive);

    const install = () =>
      installBinding(root, PLATFORM, {
        ...registry,
        download: () => {
          throw new Error('no network');
        },
      });

    expect(install).toThrow('no network');
    expect(leftovers(root)).toEqual([]);
  });

  it('OPS-01 names the platforms that the lock file has', () => {
    const root = projectThatExpects(archive);

    const install = () => installBinding(root, 'plan9-mips', registryWith(archive));

    expect(install).toThrow(`package-lock.json has no binding for plan9-mips; it has them for ${PLATFORM}`);
  });
});
