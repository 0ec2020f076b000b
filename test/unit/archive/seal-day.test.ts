import { describe, expect, it } from 'vitest';
import { readArchiveDay } from '../../../lambdas/ledger/archive-days.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import type { ObjectStore, Table } from '../../../lambdas/model/ports.ts';
import {
  type ArchiveWorld,
  allArchived,
  archive,
  archiveWorld,
  auditOf,
  entryOf,
  goOn,
  knownObjects,
  reportOf,
} from '../../support/archive-world.ts';
import { MAY_15, runCalled } from '../../support/window-ledger.ts';

const HOUR_MILLISECONDS = 3_600_000;

/** A day of interactions, in which nothing has been archived. */
function day(count = 12): ArchiveWorld {
  const world = archiveWorld();
  for (let index = 0; index < count; index += 1)
    world.center.close(
      `i-${String(index).padStart(2, '0')}`,
      `2024-05-15T${String(index).padStart(2, '0')}:00:00.000Z`,
    );
  return world;
}

class Killed extends Error {}

/** The world's ledger and bucket, which let so many calls pass and take one more without answering. */
function dyingAt(
  { table, objects }: ArchiveWorld,
  call: number,
): { table: Table; objects: ObjectStore; died: () => boolean } {
  let calls = 0;
  const through = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (calls > call) throw new Killed();
    calls += 1;
    const result = await work();
    if (calls > call) throw new Killed();
    return result;
  };
  return {
    died: () => calls > call,
    table: {
      ...table,
      get: (key) => through(() => table.get(key)),
      update: (key, write) => through(() => table.update(key, write)),
    },
    objects: {
      ...objects,
      writeStream: (key, body, type) => through(() => objects.writeStream(key, body, type)),
      writeText: (key, text, type) => through(() => objects.writeText(key, text, type)),
    },
  };
}

describe('an archive day', () => {
  it('ARC-05 is one object with ids sorted, known to the ledger with all its records', async () => {
    const world = day();

    await archive(world, 'night');

    const archived = await allArchived(world);
    expect(archived.map(({ id }) => id)).toEqual([...world.center.all.keys()].toSorted());
    expect(await knownObjects(world)).toEqual([archived[0]?.object]);
    for (const { id, object } of archived)
      expect(await entryOf(world, id)).toMatchObject({ state: 'marked', object, archivedBy: 'night' });
  });

  it('ARC-01 ALL-12 is archived and audited once, wherever its run is stopped, when the run goes on or another takes its place', async () => {
    let stops = 0;
    for (let call = 0; ; call += 1) {
      const world = day(4);
      const dying = dyingAt(world, call);
      const startedAt = world.clock.now();
      const stopped = await archive(world, 'night', {}, dying).catch((error: unknown) => error);
      if (!dying.died()) break;
      stops += 1;
      expect(stopped).toBeInstanceOf(Killed);

      world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
      if (call % 2 === 0) await archive(world, 'other');
      else
        await goOn(world, { run: runCalled('night'), round: 0 }, startedAt).catch(() =>
          archive(world, 'night'),
        );
      world.clock.set(world.clock.now() + 24 * HOUR_MILLISECONDS);
      await archive(world, 'later');

      const archived = await allArchived(world);
      expect(archived.map(({ id }) => id).toSorted(), `stopped at call ${call}`).toEqual([
        ...world.center.all.keys(),
      ]);
      expect(await knownObjects(world), `stopped at call ${call}`).toHaveLength(
        new Set(archived.map(({ object }) => object)).size,
      );
      for (const { id, object } of archived)
        expect(await entryOf(world, id), `stopped at call ${call}`).toMatchObject({
          state: 'marked',
          object,
        });
      const { events, verdict } = await auditOf(world);
      const recorded = events.flatMap(({ facts }) => (facts.step === 'object' ? [facts.object] : []));
      expect(recorded.toSorted(), `stopped at call ${call}`).toEqual(await knownObjects(world));
      expect(verdict, `stopped at call ${call}`).toMatchObject({ pending: 0, findings: [] });
      expect((await readArchiveDay(world.ledger, MAY_15)).unaudited.size).toBe(0);
    }
    expect(stops).toBeGreaterThan(50);
  });

  it('ARC-05 is cut where an object is full, each interaction in one of the objects', async () => {
    const world = day(20);

    // So little room that every block of records is an object of its own.
    await archive(world, 'night', {}, { objectBytes: 1 });

    const archived = await allArchived(world);
    expect(archived.map(({ id }) => id).toSorted()).toEqual([...world.center.all.keys()]);
  });

  it('ARC-05 goes on behind the last object where time was up', async () => {
    const world = day(20);
    let calls = 0;
    const goesOn = () => {
      calls += 1;
      return calls % 2 === 0;
    };

    await archive(world, 'night', {}, { objectBytes: 1, goesOn });

    const { report } = await reportOf(world, 'night');
    expect(report).toMatchObject({ total: 20, archived: 20, notDone: 0 });
    expect((await allArchived(world)).length).toBe(20);
  });

  it('ARC-01 keeps the later state of an interaction where a run that had looked before is redriven after others', async () => {
    const world = day(3);
    const change = (outcome: string) => {
      world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
      world.center.all.get('i-01')?.fields.set('outcome', outcome);
      world.center.touch('i-01');
      world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
    };
    await archive(world, 'first');
    change('offered');
    const startedAt = world.clock.now();
    const listDays = async (key: string, text: string, type: string) => {
      if (key.endsWith('/windows-1.json')) throw new Killed();
      return world.objects.writeText(key, text, type);
    };
    const stopped = await archive(
      world,
      'slow',
      {},
      { objects: { ...world.objects, writeText: listDays } },
    ).catch((error: unknown) => error);
    change('sold');
    await archive(world, 'quick');
    const later = await entryOf(world, 'i-01');

    await goOn(world, { run: runCalled('slow'), round: 0 }, startedAt);
    const after = await entryOf(world, 'i-01');

    expect(stopped).toBeInstanceOf(Killed);
    expect(later).toMatchObject({ archivedBy: 'quick', state: 'marked' });
    expect(after).toEqual(later);
    expect((await reportOf(world, 'slow')).report).toMatchObject({ archived: 0, unchanged: 3, notDone: 0 });
    const archived = await allArchived(world);
    expect(archived.filter(({ id }) => id === 'i-01').map(({ text }) => text.includes('offered'))).toEqual([
      false,
      false,
    ]);
  });

  it('ARC-01 archives anew what has changed, and leaves what has only been marked', async () => {
    const world = day(3);
    await archive(world, 'first');
    world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
    world.center.all.get('i-01')?.fields.set('outcome', 'sold');
    world.center.touch('i-01');

    world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
    await archive(world, 'second');

    const { report } = await reportOf(world, 'second');
    expect(report).toMatchObject({ archived: 1, unchanged: 2 });
    const archived = await allArchived(world);
    expect(archived.filter(({ id }) => id === 'i-01')).toHaveLength(2);
    expect(await entryOf(world, 'i-01')).toMatchObject({
      state: 'marked',
      archivedBy: 'second',
      day: MAY_15,
    });
  });

  it('ARC-01 keeps its archive day when an interaction moves to another one', async () => {
    const world = day(1);
    await archive(world, 'first');
    world.clock.set('2024-05-18T10:00:00.000Z');
    world.center.all.get('i-00')?.fields.set('outcome', 'sold');
    world.center.touch('i-00');
    world.clock.set('2024-05-18T11:00:00.000Z');

    await archive(world, 'second');

    const objects = (await allArchived(world)).map(({ object }) => object);
    expect(objects.every((key) => key.startsWith('archive/acme/2024-05-15/'))).toBe(true);
    expect(objects).toHaveLength(2);
  });

  it('ALL-03 that a living run holds is left to it, and the mark is not raised', async () => {
    const world = day(2);
    const objects: ObjectStore = {
      ...world.objects,
      writeStream: (key, body, type) =>
        key.startsWith('archive/')
          ? Promise.reject(new Killed())
          : world.objects.writeStream(key, body, type),
    };
    await archive(world, 'first', {}, { objects }).catch(() => undefined);
    const held = await readArchiveDay(world.ledger, MAY_15);

    const outcome = await archive(world, 'second', {}, { hasEnded: async () => false });

    expect(held.claimedBy).toBe(runCalled('first'));
    expect(outcome).toMatchObject({ elsewhere: [MAY_15], report: { archived: 0, notDone: 2 } });
    world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
    await archive(world, 'third');
    expect((await allArchived(world)).map(({ id }) => id).toSorted()).toEqual(['i-00', 'i-01']);
  });

  it('ARC-02 counts what is unavailable, with its reason, and archives the rest', async () => {
    const world = day(4);
    world.center.all
      .get('i-00')
      ?.details.unshift(catalogued('NotFound', 'By the test.', { requestId: 'r-1' }));
    world.center.all
      .get('i-01')
      ?.details.unshift(catalogued('ScopeMissing', 'By the test.', { requestId: 'r-2' }));

    const { report } = await archive(world, 'night');

    expect(report).toMatchObject({
      total: 4,
      archived: 2,
      unavailable: { notFound: 1, forbidden: 1 },
      failed: {},
      successRate: 1,
    });
    expect(world.findings).toEqual([
      { interaction: 'i-00', reason: 'notFound', requestId: 'r-1' },
      { interaction: 'i-01', reason: 'forbidden', requestId: 'r-2' },
    ]);
    expect(await entryOf(world, 'i-00')).toMatchObject({ state: 'unavailable', reason: 'notFound' });
  });

  it('ARC-02 keeps archived what can no longer be had', async () => {
    const world = day(1);
    await archive(world, 'first');
    world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
    world.center.touch('i-00');
    world.center.all
      .get('i-00')
      ?.details.unshift(
        catalogued('ScopeMissing', 'By the test.'),
        catalogued('ScopeMissing', 'By the test.'),
      );
    world.clock.set(world.clock.now() + HOUR_MILLISECONDS);

    const { report } = await archive(world, 'second');

    expect(report).toMatchObject({ unavailable: { forbidden: 1 }, archived: 0 });
    expect(await entryOf(world, 'i-00')).toMatchObject({
      state: 'marked',
      reason: 'forbidden',
      archivedBy: 'first',
    });
  });
});
