import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../lib/configuration-file.ts';
import { openPlatform } from '../../local/platform.ts';

const example = loadConfiguration(fileURLToPath(new URL('../../config/example.json', import.meta.url)));

describe('OPS-06 opening the embedded platform', () => {
  it('leaves the folder free again when it fails half-way', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cxone-export-opening-'));
    const options = { folder, configuration: example, secrets: {} };
    await expect(openPlatform({ ...options, assemblyFolder: join(folder, 'nothing') })).rejects.toThrow(
      'manifest',
    );

    const platform = await openPlatform(options);

    await platform.close();
    rmSync(folder, { recursive: true });
  });

  it('touches nothing of a folder that another process has', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cxone-export-opening-'));
    const options = { folder, configuration: example, secrets: {} };
    const first = await openPlatform(options);
    rmSync(join(folder, 'clock.json'));

    await expect(openPlatform(options)).rejects.toMatchObject({ name: 'FolderInUse' });

    expect(existsSync(join(folder, 'clock.json'))).toBe(false);
    await first.close();
    rmSync(folder, { recursive: true });
  });
});
