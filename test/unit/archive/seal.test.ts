import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { ArchiveRecord } from '../../../lambdas/archive/blocks.ts';
import type { Sealing } from '../../../lambdas/archive/keys.ts';
import { openObject, recordsOf } from '../../../lambdas/archive/open.ts';
import { type SealedObject, sealRecords } from '../../../lambdas/archive/seal.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { TenantId } from '../../../lambdas/model/ids.ts';
import type { ObjectStore } from '../../../lambdas/model/ports.ts';
import { heldDataKeys, passphrasesOf } from '../../support/archive-keys.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';

const TENANT = TenantId.parse('acme');
const DAY = Day.parse('2024-05-15');
const dataKeys = heldDataKeys();
const sealing: Sealing = { mode: 'kms', dataKeys };

function records(count: number, line = (id: string) => JSON.stringify({ id })): ArchiveRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const id = String(index).padStart(8, '0');
    return { id, line: line(id) };
  });
}

/** Batches of 1, 2, 3, … records. */
function* batchesOf(lines: readonly ArchiveRecord[]): Generator<readonly ArchiveRecord[]> {
  for (let from = 0, size = 1; from < lines.length; from += size++) yield lines.slice(from, from + size);
}

async function sealAll(
  objects: ObjectStore,
  lines: readonly ArchiveRecord[],
  objectBytes?: number,
  how: Sealing = sealing,
): Promise<SealedObject[]> {
  return Array.fromAsync(
    sealRecords(
      { objects, sealing: how, workFolder: tmpdir() },
      { tenant: TENANT, day: DAY },
      batchesOf(lines),
      objectBytes,
    ),
  );
}

async function linesIn(objects: ObjectStore, { key }: SealedObject): Promise<string[]> {
  const opened = await openObject({ objects, opening: { dataKeys } }, { tenant: TENANT, object: key });
  return Array.fromAsync(recordsOf(opened, key));
}

describe('ARC-05 archive objects', () => {
  it('ARC-05 are named by the digest of their records, each with a line feed after it', async () => {
    const objects = memoryObjectStore();

    const [sealed] = await sealAll(objects, records(3));

    const sha256 = createHash('sha256')
      .update('{"id":"00000000"}\n{"id":"00000001"}\n{"id":"00000002"}\n')
      .digest('hex');
    expect(sealed).toMatchObject({
      key: `archive/acme/2024-05-15/${sha256}.enc.json`,
      sha256,
      records: 3,
      lastId: '00000002',
      plainBytes: 54,
      uploaded: true,
      sealedBytes: objects.objects.get(`archive/acme/2024-05-15/${sha256}.enc.json`)?.length,
    });
  });

  it('ARC-05 that hold the same records are the same object, and uploaded once', async () => {
    const objects = memoryObjectStore();
    const [first] = await sealAll(objects, records(1_000));

    const [second] = await sealAll(objects, records(1_000));

    expect(second).toEqual({ ...first, uploaded: false });
    expect(objects.writes).toEqual([first?.key]);
  });

  it('ARC-05 are cut where the next block of records might not fit, and hold every record once', async () => {
    const objects = memoryObjectStore();
    const hardToCompress = () => JSON.stringify({ text: randomBytes(30_000).toString('base64') });
    const all = records(300, hardToCompress);

    const sealed = await sealAll(objects, all, 4 * 1024 * 1024);

    expect(sealed.length).toBeGreaterThan(2);
    expect(sealed.filter(({ sealedBytes }) => sealedBytes > 4 * 1024 * 1024)).toEqual([]);
    expect(sealed.slice(0, -1).filter(({ sealedBytes }) => sealedBytes < 2 * 1024 * 1024)).toEqual([]);
    const lines = (await Promise.all(sealed.map((one) => linesIn(objects, one)))).flat();
    expect(lines).toEqual(all.map(({ line }) => line));
    expect(sealed.reduce((sum, one) => sum + one.records, 0)).toBe(all.length);
    expect(sealed.at(-1)?.lastId).toBe(all.at(-1)?.id);
  });

  it('ARC-05 end at the same records every time', async () => {
    const text = randomBytes(1_000_000).toString('base64');
    const lines = records(200, (id) =>
      JSON.stringify({ id, text: text.slice(Number(id) * 100, 40_000 + Number(id) * 100) }),
    );
    const cut = async () =>
      (await sealAll(memoryObjectStore(), lines, 4 * 1024 * 1024)).map(({ key }) => key);

    const [first, second] = [await cut(), await cut()];

    expect(first.length).toBeGreaterThan(1);
    expect(second).toEqual(first);
  });

  it('ARC-05 are none where there is no record', async () => {
    const objects = memoryObjectStore();

    const sealed = await sealAll(objects, []);

    expect([sealed, objects.writes]).toEqual([[], []]);
  });

  it.each([
    ['out of order', ['b', 'a']],
    ['twice', ['a', 'a']],
  ])('ARC-05 are not made of records that come %s', async (_case, ids) => {
    const objects = memoryObjectStore();

    const sealing = sealAll(
      objects,
      ids.map((id) => ({ id, line: '{}' })),
    );

    await expect(sealing).rejects.toThrow('sorted by id');
    expect(objects.writes).toEqual([]);
  });

  it('ARC-04 take one key derivation each', async () => {
    const objects = memoryObjectStore();
    const passphrases = passphrasesOf({ '2026': 'correct horse battery staple' });
    const how: Sealing = { mode: 'passphrase', passphrases };

    await sealAll(objects, records(5_000), undefined, how);

    expect(passphrases.reads).toBe(1);
  });

  it('ARC-05 leave nothing visible where the upload fails', async () => {
    const objects = memoryObjectStore();
    const failing: ObjectStore = {
      ...objects,
      async writeStream(_key, body) {
        for await (const _chunk of body) throw new Error('the network is gone');
        throw new Error('there was no body');
      },
    };

    await expect(sealAll(failing, records(10))).rejects.toThrow('the network is gone');
    const [sealed] = await sealAll(objects, records(10));

    expect(sealed?.uploaded).toBe(true);
  });
});
