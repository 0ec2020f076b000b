import { describe, expect, it } from 'vitest';
import { readArchiveDay } from '../../../lambdas/ledger/archive-days.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { allArchived, archive, archiveWorld, entryOf, reportOf } from '../../support/archive-world.ts';
import { MAY_15 } from '../../support/window-ledger.ts';

const HOUR_MILLISECONDS = 3_600_000;

function day(count: number) {
  const world = archiveWorld();
  for (let index = 0; index < count; index += 1)
    world.center.close(
      `i-${String(index).padStart(2, '0')}`,
      Date.parse('2024-05-15T00:00:00.000Z') + index * 60_000,
    );
  const marks = () => world.center.calls.filter(({ kind }) => kind === 'setField').length;
  const later = () => world.clock.set(world.clock.now() + HOUR_MILLISECONDS);
  return { world, marks, later };
}

const failure = (name: 'RequestRefused' | 'ScopeMissing' | 'ServerFault' | 'Throttled') =>
  catalogued(name, 'By the test.');

describe('marking an archive day', () => {
  it('ARC-06 comes after the objects are durable', async () => {
    const { world } = day(2);
    const { setField } = world.center;
    const durable: number[] = [];
    world.center.setField = async (...given) => {
      durable.push((await allArchived(world)).length);
      return setField(...given);
    };

    await archive(world, 'night');

    expect(durable).toEqual([2, 2]);
  });

  it('ARC-06 tries a call that met a fault three times more, and leaves it to the next run then', async () => {
    const { world, marks, later } = day(2);
    world.center.all.get('i-00')?.marks.unshift(...Array(4).fill(failure('ServerFault')));

    await archive(world, 'first');
    const pending = await entryOf(world, 'i-00');
    const tried = marks();
    later();
    await archive(world, 'second');

    expect([pending?.state, pending?.markFailure, tried]).toEqual(['markPending', 'serverFault', 5]);
    expect(await entryOf(world, 'i-00')).toMatchObject({ state: 'marked', markTries: 2 });
    expect((await reportOf(world, 'first')).report).toMatchObject({
      marked: 1,
      marksPending: { serverFault: 1 },
    });
    expect((await reportOf(world, 'second')).report).toMatchObject({ marked: 1, marksPending: {} });
  });

  it('ARC-06 leaves the rest of a day after ten refusals in a row, and takes it up when asked', async () => {
    const { world, marks, later } = day(60);
    for (const one of world.center.all.values()) one.marks = [failure('RequestRefused')];

    await archive(world, 'first');
    const tried = marks();
    const left = await readArchiveDay(world.ledger, MAY_15);
    for (const one of world.center.all.values()) one.marks = ['answer'];
    later();
    await archive(world, 'second', { retryPending: true });

    expect([tried, left.marksOpen, left.leaseUntil]).toEqual([10, true, 0]);
    expect((await allArchived(world)).length).toBe(60);
    for (const id of world.center.all.keys())
      expect(await entryOf(world, id)).toMatchObject({ state: 'marked' });
    expect(await readArchiveDay(world.ledger, MAY_15)).toMatchObject({ marksOpen: false });
  });

  it('ARC-06 does not try for good by itself what is refused every time', async () => {
    const { world, marks, later } = day(1);
    const one = world.center.all.get('i-00');
    if (one !== undefined) one.marks = [failure('ScopeMissing')];
    for (let night = 0; night < 14; night += 1) {
      await archive(world, `night-${night}`);
      later();
    }
    const tried = marks();

    await archive(world, 'asked', { retryPending: true });

    expect([tried, marks()]).toEqual([10, 11]);
  });

  it('ALL-08 notes what it has marked when it is throttled, and marks the rest afterwards', async () => {
    const { world, marks, later } = day(5);
    world.center.all.get('i-03')?.marks.unshift(failure('Throttled'));

    const throttled = await archive(world, 'night').catch((error: unknown) => error);
    const states = await Promise.all(
      [...world.center.all.keys()].map(async (id) => (await entryOf(world, id))?.state),
    );
    later();
    await archive(world, 'other');

    expect(throttled).toMatchObject({ name: 'Throttled' });
    expect(states).toEqual(['marked', 'marked', 'marked', 'archived', 'archived']);
    expect(marks()).toBe(6);
    for (const id of world.center.all.keys())
      expect(await entryOf(world, id)).toMatchObject({ state: 'marked' });
  });
});
