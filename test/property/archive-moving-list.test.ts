import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogued } from '../../lambdas/model/errors.ts';
import {
  allArchived,
  archive,
  archiveWorld,
  auditOf,
  entryOf,
  knownObjects,
} from '../support/archive-world.ts';

const DAY = Date.parse('2024-05-15T00:00:00.000Z');
const HOUR_MILLISECONDS = 3_600_000;

/** What happens in the contact center after a page. */
const change = fc.record({
  what: fc.constantFrom('move', 'delete', 'close', 'nothing'),
  which: fc.nat(200),
});
const center = fc.record({
  /** Closing times, in minutes of the day: few enough to be the same now and then. */
  minutes: fc.array(fc.nat(26 * 60), { maxLength: 60 }),
  pageSize: fc.integer({ min: 2, max: 9 }),
  changes: fc.array(change, { maxLength: 40 }),
  secondChanges: fc.array(change, { maxLength: 40 }),
});

/** How many of the instants are the same, at the most. */
function mostAtOnce(minutes: readonly number[]): number {
  return Math.max(0, ...minutes.map((minute) => minutes.filter((other) => other === minute).length));
}

describe('a list that moves while it is read', () => {
  it('ARC-01 is archived once each, with nothing missed by the end of the next run', async () => {
    await fc.assert(
      fc.asyncProperty(center, async ({ minutes, pageSize, changes, secondChanges }) => {
        // As many interactions of one millisecond as a page holds have to be read by page token: the limit that docs/archive.md states.
        fc.pre(mostAtOnce(minutes) < pageSize);
        const world = archiveWorld();
        world.center.pageSize = pageSize;
        minutes.forEach((minute, index) => {
          world.center.close(`i-${index}`, DAY + minute * 60_000);
        });
        let left = changes;
        world.center.live = () => {
          const next = left[0];
          left = left.slice(1);
          const ids = [...world.center.all.keys()];
          const id = ids[(next?.which ?? 0) % Math.max(1, ids.length)];
          if (next?.what === 'close') world.center.close(`late-${ids.length}`, world.clock.now());
          if (id === undefined) return;
          const one = world.center.all.get(id);
          if (one === undefined || one.deleted || one.closedAt > world.clock.now()) return;
          if (next?.what === 'move') world.center.touch(id);
          if (next?.what === 'delete') one.deleted = true;
        };

        await archive(world, 'first');
        world.clock.set(world.clock.now() + 24 * HOUR_MILLISECONDS);
        left = secondChanges;
        const before = world.clock.now();
        await archive(world, 'second');

        // Whatever could be had when the second run began, and did not move once more, is archived, and in one object only.
        const archived = await allArchived(world);
        expect(new Set(archived.map(({ id }) => id)).size).toBe(archived.length);
        const due = [...world.center.all.values()].filter(
          ({ closedAt, updatedAt, deleted, fields }) =>
            !deleted && closedAt < before && (updatedAt < before || fields.size > 0),
        );
        for (const { id } of due)
          expect(await entryOf(world, id), id).toMatchObject({ state: 'marked', object: expect.any(String) });
        const { length } = archived;

        left = [];
        world.clock.set(world.clock.now() + 24 * HOUR_MILLISECONDS);
        await archive(world, 'third');
        world.clock.set(world.clock.now() + 24 * HOUR_MILLISECONDS);
        const unchanged = (await allArchived(world)).length;
        await archive(world, 'fourth');

        expect(unchanged).toBeGreaterThanOrEqual(length);
        expect((await allArchived(world)).length).toBe(unchanged);
      }),
      { numRuns: 60 },
    );
  });

  it('ARC-01 ALL-12 keeps to one record an interaction when runs meet faults, and ends with all of them', async () => {
    const fault = fc.constantFrom(
      'ServerFault',
      'ConnectionLost',
      'NotFound',
      'ScopeMissing',
      'RequestRefused',
    );
    // Six faults of its details and six of its marks at the most, in fewer nights than there are: one has to be left without a fault.
    const scripts = fc.uniqueArray(
      fc.record({ id: fc.nat(29), name: fault, times: fc.integer({ min: 1, max: 6 }) }),
      { maxLength: 12, selector: ({ id }) => id },
    );
    await fc.assert(
      fc.asyncProperty(scripts, scripts, async (details, marks) => {
        const world = archiveWorld();
        for (let index = 0; index < 30; index += 1) world.center.close(`i-${index}`, DAY + index * 2_000_000);
        for (const { id, name, times } of details)
          world.center.all
            .get(`i-${id}`)
            ?.details.unshift(...Array(times).fill(catalogued(name, 'By the test.')));
        for (const { id, name, times } of marks)
          world.center.all
            .get(`i-${id}`)
            ?.marks.unshift(...Array(times).fill(catalogued(name, 'By the test.')));

        for (let night = 0; night < 20; night += 1) {
          await archive(world, `night-${night}`, night < 9 ? {} : { retryPending: true }).catch(
            (error: unknown) => {
              // Five in a row are CXone's fault: the run ends, and the next one takes up what it left.
              expect(error).toMatchObject({ name: expect.stringMatching(/ServerFault|ConnectionLost/) });
            },
          );
          world.clock.set(world.clock.now() + 24 * HOUR_MILLISECONDS);
        }

        const archived = await allArchived(world);
        expect(new Set(archived.map(({ id }) => id)).size).toBe(archived.length);
        const { events, verdict } = await auditOf(world);
        expect(verdict).toMatchObject({ pending: 0, findings: [] });
        expect(
          events.flatMap(({ facts }) => (facts.step === 'object' ? [facts.object] : [])).toSorted(),
        ).toEqual(await knownObjects(world));
        for (const { id } of world.center.all.values()) {
          const entry = await entryOf(world, id);
          // What was not to be had (404, 403) is looked at again when it changes, or when it is asked for.
          if (entry?.state === 'unavailable') continue;
          expect(entry, id).toMatchObject({ state: 'marked' });
        }
      }),
      { numRuns: 20 },
    );
  });
});
