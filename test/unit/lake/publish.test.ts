import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { currentKey } from '../../../lambdas/lake/keys.ts';
import { type PublishPorts, publishWindow } from '../../../lambdas/lake/publish.ts';
import { commitGeneration } from '../../../lambdas/ledger/commits.ts';
import { windowKey } from '../../../lambdas/ledger/keys.ts';
import { fixStartDate } from '../../../lambdas/ledger/marks.ts';
import { readWindow } from '../../../lambdas/ledger/windows.ts';
import { openLedger, type TestLedger } from '../../support/ledger.ts';
import { memoryCatalog } from '../../support/memory-catalog.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  CDR_DATASET,
  claimed,
  factsOf,
  generationOf,
  MAY_15,
  runCalled,
  windowLedger,
} from '../../support/window-ledger.ts';

const A = generationOf('a');
const B = generationOf('b');
const MANIFEST = { files: ['one.parquet'] };

let test: TestLedger;
beforeAll(async () => {
  test = await openLedger();
});
afterAll(() => test.close());

async function prepare() {
  const { ledger, clock } = windowLedger(test.table);
  const objects = memoryObjectStore();
  const catalog = memoryCatalog();
  const ports: PublishPorts = { ledger, objects, catalog, bucket: 'lake-bucket' };
  for (const generation of [A, B])
    await objects.writeText(factsOf(generation).manifestKey, JSON.stringify(MANIFEST), 'application/json');
  await fixStartDate(ledger, CDR_DATASET, MAY_15);
  const claim = await claimed(ledger, runCalled('night'));
  const where = `s3://lake-bucket/lake/${ledger.tenant}/cdr/dt=2024-05-15`;
  const current = async (): Promise<Record<string, unknown>> =>
    JSON.parse(await objects.readText(currentKey(ledger.tenant, CDR_DATASET, MAY_15)));
  return { ledger, clock, objects, catalog, ports, claim, where, current };
}

describe('publishing', () => {
  it('ALL-04 shows the ledger’s generation in catalog, current.json and marks, and leaves', async () => {
    const { ledger, catalog, ports, claim, where, current } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A, '2024-05-15T22:00:00.000Z'));

    const published = await publishWindow(ports, claim);

    expect(published).toEqual({
      generation: A,
      marks: {
        startDate: '2024-05-15',
        loadedThrough: '2024-05-16T00:00:00.000Z',
        maxEvent: '2024-05-15T22:00:00.000Z',
      },
    });
    expect(catalog.locations.get('cdr/2024-05-15')).toBe(`${where}/gen=${A}/`);
    expect(await current()).toEqual({
      dataset: 'cdr',
      day: '2024-05-15',
      generation: A,
      committedAt: '2024-05-16T03:30:00.000Z',
      rows: factsOf(A).rows,
      maxEvent: '2024-05-15T22:00:00.000Z',
      files: factsOf(A).files,
      bytes: factsOf(A).bytesOut,
      manifestKey: factsOf(A).manifestKey,
      manifest: MANIFEST,
    });
    expect(await readWindow(ledger, CDR_DATASET, MAY_15)).toMatchObject({
      catalogGeneration: A,
      currentGeneration: A,
      publishedBy: claim.run,
      registrants: new Set(),
    });
  });

  it('ALL-03 again changes nothing: same bytes, same location, not written twice in the catalog', async () => {
    const { ledger, objects, catalog, ports, claim } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    await publishWindow(ports, claim);
    const before = new Map(objects.objects);
    const refusing = {
      ...catalog,
      point: async () => {
        throw new Error('The catalog is right already.');
      },
    };

    await publishWindow({ ...ports, catalog: refusing }, claim);

    expect(objects.objects).toEqual(before);
  });

  it('ALL-04 repeats a step during which the ledger went on, and ends on its generation', async () => {
    const { ledger, catalog, ports, claim, where, current } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    let moved = false;
    const slow = {
      ...catalog,
      point: async (...where: Parameters<typeof catalog.point>) => {
        if (!moved) await commitGeneration(ledger, claim, factsOf(B));
        moved = true;
        await catalog.point(...where);
      },
    };

    const { generation } = await publishWindow({ ...ports, catalog: slow }, claim);

    expect([generation, catalog.locations.get('cdr/2024-05-15')]).toEqual([B, `${where}/gen=${B}/`]);
    expect(await current()).toMatchObject({ generation: B, replaced: A });
  });

  it('ALL-04 goes back to the catalog when the ledger went on during a later step', async () => {
    const { ledger, objects, catalog, ports, claim, where, current } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    let moved = false;
    const slow = {
      ...objects,
      writeText: async (...given: Parameters<typeof objects.writeText>) => {
        if (!moved) await commitGeneration(ledger, claim, factsOf(B));
        moved = true;
        return objects.writeText(...given);
      },
    };

    const { generation } = await publishWindow({ ...ports, objects: slow }, claim);

    expect([generation, catalog.locations.get('cdr/2024-05-15')]).toEqual([B, `${where}/gen=${B}/`]);
    expect(await current()).toMatchObject({ generation: B });
  });

  it('ALL-04 gives up by name where the ledger never comes to rest', async () => {
    const { ledger, catalog, ports, claim } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    let digit = 0;
    const moving = {
      ...catalog,
      locationOf: async () => {
        digit += 1;
        await commitGeneration(ledger, claim, factsOf(generationOf((digit % 9).toString())));
        return undefined;
      },
    };

    const error = await thrownBy(publishWindow({ ...ports, catalog: moving }, claim));

    expect(error.name).toBe('CommitContended');
  });

  it('ALL-03 stops when the claim is lost, and stays registered for who comes after', async () => {
    const { ledger, catalog, ports, claim } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    const taken = {
      ...catalog,
      point: async () => {
        await claimed(ledger, runCalled('other'), { task: 'refresh' });
      },
    };

    const error = await thrownBy(publishWindow({ ...ports, catalog: taken }, claim));

    expect(error.name).toBe('ClaimLost');
    expect((await readWindow(ledger, CDR_DATASET, MAY_15)).registrants.size).toBe(1);
  });

  it('ALL-04 refuses a window without a generation, before anything is shown', async () => {
    const { objects, catalog, ports, claim } = await prepare();
    const before = objects.writes.length;

    const error = await thrownBy(publishWindow(ports, claim));

    expect([error.name, catalog.locations.size, objects.writes.length]).toEqual([
      'LedgerUnreadable',
      0,
      before,
    ]);
  });

  it('ALL-10 says so where the ledger has a generation without facts', async () => {
    const { ledger, ports, claim } = await prepare();
    await commitGeneration(ledger, claim, factsOf(A));
    await test.table.update(windowKey(ledger.tenant, CDR_DATASET, MAY_15), { update: 'REMOVE facts' });

    const error = await thrownBy(publishWindow(ports, claim));

    expect(error.name).toBe('LedgerUnreadable');
  });
});
