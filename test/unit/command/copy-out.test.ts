import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Day } from '../../../lambdas/model/days.ts';
import { DatasetId, GenerationId, TenantId } from '../../../lambdas/model/ids.ts';
import { committedWindows } from '../../../local/command/committed-windows.ts';
import { copyOut, pathOf } from '../../../local/command/copy-out.ts';
import { viewsOf } from '../../../local/command/query.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';

const BYTES = Buffer.from('PAR1 not really');
const ROWS = { parsed: 3, rowsOut: 3, duplicates: 0, superseded: 0, rejects: 0, outsideWindow: 0 };
const GENERATION = GenerationId.parse('0123456789abcdef0123456789abcdef');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cxone-copy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function prepare(
  tenants: readonly string[],
  sha256 = createHash('sha256').update(BYTES).digest('hex'),
) {
  const objects = memoryObjectStore();
  for (const tenant of tenants) {
    const prefix = `lake/${tenant}/cdr/dt=2024-05-15/gen=${GENERATION}`;
    const file = { key: `${prefix}/cdr.parquet`, format: 'parquet', bytes: BYTES.length, sha256, rows: 3 };
    const current = {
      dataset: DatasetId.parse('cdr'),
      day: Day.parse('2024-05-15'),
      generation: GENERATION,
      committedAt: '2024-05-16T03:31:00.000Z',
      rows: ROWS,
      manifestKey: `${prefix}/_manifest.json`,
      manifest: { window: { files: [file], more: 'of a later release' } },
    };
    objects.objects.set(file.key, BYTES);
    await objects.writeText(current.manifestKey, '{}', 'application/json');
    await objects.writeText(
      `current/${tenant}/cdr/dt=2024-05-15.json`,
      JSON.stringify(current),
      'application/json',
    );
  }
  return { objects, windows: await Array.fromAsync(committedWindows(objects)) };
}

describe('committed windows', () => {
  it('are those that current names, of all tenants or of one', async () => {
    const { objects, windows } = await prepare(['acme', 'bolt']);

    const ofOne = await Array.fromAsync(committedWindows(objects, TenantId.parse('bolt')));

    expect(windows.map(({ tenant, day }) => `${tenant} ${day}`)).toEqual([
      'acme 2024-05-15',
      'bolt 2024-05-15',
    ]);
    expect(ofOne.map(({ tenant }) => tenant)).toEqual(['bolt']);
  });

  it('are copied out under their keys, once', async () => {
    const { objects, windows } = await prepare(['acme']);

    const copied = [];
    for (const window of [...windows, ...windows]) copied.push(await copyOut(objects, window, folder));

    expect(copied).toEqual([
      { files: 1, bytes: BYTES.length },
      { files: 0, bytes: 0 },
    ]);
    expect(readFileSync(join(folder, `lake/acme/cdr/dt=2024-05-15/gen=${GENERATION}/cdr.parquet`))).toEqual(
      BYTES,
    );
    expect(existsSync(join(folder, 'current/acme/cdr/dt=2024-05-15.json'))).toBe(true);
  });

  it('leave nothing behind where a file does not read back as it was committed', async () => {
    const { objects, windows } = await prepare(['acme'], '0'.repeat(64));

    const copying = Promise.all(windows.map((window) => copyOut(objects, window, folder)));

    await expect(copying).rejects.toThrow('does not read back as it was committed');
    const left = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(left).toEqual([]);
  });

  it('are never copied out of the folder', () => {
    const lead = () => pathOf(folder, '../elsewhere');

    expect(lead).toThrow('leads out of');
  });
});

describe('views', () => {
  it('are named as the dataset; with two tenants there is one for each as well', async () => {
    const one = await prepare(['acme']);
    const two = await prepare(['acme', 'bolt-2']);

    const names = [viewsOf(one.windows, folder), viewsOf(two.windows, folder)].map((views) => [
      ...views.keys(),
    ]);

    expect(names).toEqual([['cdr'], ['acme_cdr', 'bolt_2_cdr', 'cdr']]);
  });
});
