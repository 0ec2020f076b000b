import { describe, expect, it } from 'vitest';
import { isUnfinished } from '../../../lambdas/archive/reconcile.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import type { ObjectStore } from '../../../lambdas/model/ports.ts';
import {
  type ArchiveWorld,
  archive,
  archiveWorld,
  auditOf,
  entryOf,
  goOn,
  knownObjects,
} from '../../support/archive-world.ts';
import { MAY_15, runCalled } from '../../support/window-ledger.ts';

const HOUR_MILLISECONDS = 3_600_000;

function day(count: number): ArchiveWorld {
  const world = archiveWorld();
  for (let index = 0; index < count; index += 1)
    world.center.close(`i-0${index}`, `2024-05-15T0${index}:00:00.000Z`);
  return world;
}

/** The world's bucket, which refuses what goes below a prefix. */
function refusing({ objects }: ArchiveWorld, prefix: string): ObjectStore {
  return {
    ...objects,
    writeText: async (key, ...given) => {
      if (key.startsWith(prefix)) throw catalogued('AuditChainBroken', 'By the test.');
      return objects.writeText(key, ...given);
    },
  };
}

describe('ALL-12 the audit records of an archive day', () => {
  it('say what was stored, sealed and marked, without an interaction by name', async () => {
    const world = day(3);
    world.center.all.get('i-02')?.details.unshift(catalogued('NotFound', 'By the test.'));

    await archive(world, 'night');

    const { events, verdict } = await auditOf(world);
    const [object] = await knownObjects(world);
    expect(verdict).toEqual({ records: 3, pending: 0, findings: [] });
    expect(events).toMatchObject([
      {
        kind: 'archive',
        run: runCalled('night'),
        facts: { step: 'object', day: MAY_15, object, records: 2 },
      },
      {
        kind: 'archive',
        facts: { step: 'sealing', day: MAY_15, archived: 2, unavailable: { notFound: 1 }, objects: 1 },
      },
      { kind: 'archive', facts: { step: 'marks', day: MAY_15, marked: 2, pending: {} } },
    ]);
    expect(JSON.stringify(events)).not.toMatch(/i-0\d/);
  });

  it('are none for a run that found nothing to archive', async () => {
    const world = day(3);
    await archive(world, 'first');
    const before = (await auditOf(world)).events.length;
    world.clock.set(world.clock.now() + HOUR_MILLISECONDS);

    await archive(world, 'second');
    world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
    await archive(world, 'third', { retryPending: true });

    expect((await auditOf(world)).events).toHaveLength(before);
  });

  it('that cannot be written end the day, and the next run writes them before it marks', async () => {
    const world = day(2);

    const stopped = await archive(world, 'first', {}, { objects: refusing(world, 'audit/') }).catch(
      (error: unknown) => error,
    );
    const unmarked = await entryOf(world, 'i-00');
    world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
    await archive(world, 'second');

    expect(stopped).toMatchObject({ name: 'AuditChainBroken' });
    expect(unmarked).toMatchObject({ state: 'archived' });
    expect(await entryOf(world, 'i-00')).toMatchObject({ state: 'marked', archivedBy: 'first' });
    const { events, verdict } = await auditOf(world);
    expect(events.map(({ facts }) => facts.step)).toEqual(['object', 'sealing', 'marks']);
    expect(verdict).toEqual({ records: 3, pending: 0, findings: [] });
  });

  it('that a day still owes leave the run unfinished, and its redrive takes the day up', async () => {
    const world = day(2);
    const startedAt = world.clock.now();
    const input = { date: MAY_15 };
    const through = { objects: refusing(world, 'audit/'), childrenFail: true };

    const left = await archive(world, 'night', input, through);
    const redriven = await goOn(world, { run: runCalled('night'), round: 1 }, startedAt);

    expect(left).toMatchObject({ unsealed: [], unmarked: [MAY_15], unrecorded: [MAY_15] });
    expect(isUnfinished(left)).toBe(true);
    expect(redriven).toMatchObject({ unsealed: [], unmarked: [], unrecorded: [] });
    expect(isUnfinished(redriven)).toBe(false);
    expect(await entryOf(world, 'i-00')).toMatchObject({ state: 'marked' });
    expect((await auditOf(world)).verdict).toEqual({ records: 3, pending: 0, findings: [] });
  });

  it('is missed when the end of the chain is cut from ledger, bucket and head', async () => {
    const world = day(2);
    await archive(world, 'night');
    const { ledger, objects, mac } = world;
    const cut = {
      ...ledger.table,
      get: async (key: { pk: string; sk: string }) =>
        key.pk.includes('#audit#') ? undefined : ledger.table.get(key),
      async *query(pk: string, range?: { from?: string; to?: string }) {
        if (!pk.includes('#audit#')) yield* ledger.table.query(pk, range);
      },
    };
    const bare = { ...objects, list: async function* () {} };

    const { verdict } = await auditOf({ ledger: { ...ledger, table: cut }, objects: bare, mac });

    expect(verdict.findings).toMatchObject([{ record: 1, problem: 'tailCut', place: 'ledger' }]);
  });
});
