import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const PREFIX = 'node_modules/@duckdb/node-bindings-';

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({ version: z.string().optional(), integrity: z.string().optional() }),
  ),
});

/** Thrown when a binding cannot be installed; the sentence says why. Nothing has been installed then. */
export class BindingRefused extends Error {
  override readonly name = 'BindingRefused';
}

/** What fetching a package and unpacking it takes of the world. */
export interface PackagePorts {
  /** Downloads a package, `name@version`, into a folder; returns the path of its .tgz. */
  download(specification: string, folder: string): string;
  /** Unpacks a .tgz into a folder. Packages of npm have one folder in them, `package`. */
  unpack(archive: string, folder: string): void;
}

/**
 * Installs DuckDB's binding for another platform than this machine's beside the packages that npm has installed: the version
 * of the lock file, and only if the download is what the lock file says. Throws `BindingRefused`.
 * @param root the folder with package-lock.json and node_modules
 * @param platform `linux-arm64`, for instance
 * @returns the folder of the installed package
 */
export function installBinding(root: string, platform: string, ports: PackagePorts): string {
  const locked = lockedBinding(readFileSync(join(root, 'package-lock.json'), 'utf8'), platform);
  const target = join(root, PREFIX + platform);
  mkdirSync(join(root, 'node_modules', '@duckdb'), { recursive: true });
  const work = mkdtempSync(join(root, 'node_modules', '.binding-'));
  try {
    const archive = ports.download(`@duckdb/node-bindings-${platform}@${locked.version}`, work);
    if (!isIntact(readFileSync(archive), locked.integrity))
      throw new BindingRefused(
        `What was downloaded for ${platform} is not what package-lock.json says: it was not installed`,
      );
    ports.unpack(archive, work);
    rmSync(target, { recursive: true, force: true });
    renameSync(join(work, 'package'), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}

function lockedBinding(lockText: string, platform: string): { version: string; integrity: string } {
  const { packages } = Lock.parse(JSON.parse(lockText));
  const { version, integrity } = packages[PREFIX + platform] ?? {};
  if (version !== undefined && integrity !== undefined) return { version, integrity };
  const known = Object.keys(packages).filter((path) => path.startsWith(PREFIX));
  const platforms = known.map((path) => path.slice(PREFIX.length)).join(', ');
  throw new BindingRefused(`package-lock.json has no binding for ${platform}; it has them for ${platforms}`);
}

/** Whether bytes have the digest that a lock file gives as `sha512-<base64>`. */
function isIntact(bytes: Buffer, integrity: string): boolean {
  return integrity === `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}
